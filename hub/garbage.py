"""Python's collector of garbage, which looks for circles among things, and work that makes very many of them and none in circles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for circles seldom until the block ends: looking for them all the time takes a quarter more.

    It holds for the whole process; of blocks in several threads the one that ends last may leave it so.
    """
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
