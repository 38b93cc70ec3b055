"""Telling other systems who is certified: what each of them has got, and what has changed since."""
