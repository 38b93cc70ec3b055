"""Changing many locations at once: planned, then done by the worker in chunks that can stop anywhere, with progress."""
