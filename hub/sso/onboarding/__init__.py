"""Connecting a partner's sign-in by a setup link: products, domains, trials, and the watch over what expires."""
