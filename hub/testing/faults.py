"""Switchable faults of the simulated outside systems: how a test makes a bad partner."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from flask import Flask


class Faults:
    """The faults one simulated system knows, those that are on, and how often each path was called.

    In a test of the same process: ``with faults_of(app).on("wrong_nonce"): ...``. From another process: ``POST /faults``.
    Several faults may be on at once, because some only bite together (an unsigned token and metadata that lists `none`).
    """

    def __init__(self, known: Mapping[str, str], slow_seconds: float = 5.0) -> None:
        """`known` maps each fault's name to one sentence about it; `slow_seconds` is the delay of the slow ones."""
        self.known = dict(known)
        self.active: frozenset[str] = frozenset()
        self.slow_seconds = slow_seconds
        self._calls: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __contains__(self, name: str) -> bool:
        if name not in self.known:
            raise ValueError(f"no such fault: {name}")
        return name in self.active

    def switch(self, *names: str) -> None:
        """Turn on exactly the named faults; no name clears them. Raises ValueError for an unknown name."""
        unknown = sorted(set(names) - self.known.keys())
        if unknown:
            raise ValueError(f"no such fault: {', '.join(unknown)}")
        self.active = frozenset(names)

    @contextmanager
    def on(self, *names: str) -> Iterator[None]:
        """Turn on exactly the named faults for the time of the block, then go back to what was on before."""
        before = self.active
        self.switch(*names)
        try:
            yield
        finally:
            self.active = before

    def count(self, path: str) -> None:
        """Note one request for `path`."""
        with self._lock:
            self._calls[path] += 1

    def calls(self, path: str) -> int:
        """How many requests came for `path` since the start, `/jwks` for example."""
        return self._calls[path]

    def report(self) -> dict[str, object]:
        """What `GET /faults` answers."""
        with self._lock:
            calls = dict(self._calls)
        return {
            "active": sorted(self.active),
            "known": self.known,
            "slow_seconds": self.slow_seconds,
            "calls": calls,
        }


def faults_of(app: Flask) -> Faults:
    """The faults of an app that one of the `create_*` functions made."""
    faults = app.extensions["faults"]
    if not isinstance(faults, Faults):
        raise TypeError("this app has no switchable faults")
    return faults
