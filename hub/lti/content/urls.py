"""Addresses from outside that a browser will be sent to."""

import re
from urllib.parse import SplitResult, urlsplit

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
MAX_LENGTH = 2_000


def web_address(text: object) -> SplitResult | None:
    """The parts of an http(s) address without user name; None for everything else, such as ``javascript:``.

    Browsers read backslashes and control characters their own way, so no address has them.
    """
    if not isinstance(text, str) or not 0 < len(text) <= MAX_LENGTH or _ODD.search(text):
        return None
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
        return None
    return parts


def is_loopback(address: SplitResult) -> bool:
    """Whether plain http is good enough: nobody listens on the way."""
    return address.hostname in _LOOPBACK


def origin(address: SplitResult) -> str:
    """The origin of an address, as policies for browsers name it."""
    return f"{address.scheme}://{address.netloc}"
