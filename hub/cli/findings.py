"""What a check of ``hub doctor`` comes to."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, how it is, and what to do where it is not well."""

    check: str
    state: Literal["ok", "warning", "problem"]
    found: str
    help: str = ""


def ok(check: str, found: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", found)


def warning(check: str, found: str, help: str) -> Finding:
    """It works, and somebody should look at it."""
    return Finding(check, "warning", found, help)


def problem(check: str, found: str, help: str = "") -> Finding:
    """It does not work as it is."""
    return Finding(check, "problem", found, help)
