"""Reporting what is wrong with a statement: every problem at once, each with its place."""

import re

MAX_PROBLEMS = 100
"""More are not listed: whoever sends a batch with a hundred mistakes has one mistake."""

_PLAIN_KEY = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,63}\Z")


class Broken(ValueError):
    """Rules that a well-formed part breaks: pairs of a place inside the part and a message."""

    def __init__(self, *found: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{place} {message}" for place, message in found))
        self.found = found


def below(place: str, key: str) -> str:
    """The place of a property: ``verb.id``, or ``verb.display["x y"]`` where the key is no plain word."""
    if _PLAIN_KEY.match(key):
        return f"{place}.{key}" if place else key
    shown = "".join(c for c in key[:60] if c.isprintable())
    return f'{place}["{shown}"]'
