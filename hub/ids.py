"""Identifiers that do not count: seen from outside, no id tells how many there are."""

import hashlib
import os
import re
import time
import uuid
from collections import deque

_DIGITS = 20
_random_digits: deque[str] = deque()
"""Hex digits of the system's randomness, as many as an id takes, for many ids: each time the system is asked, other threads get their turn
before this one goes on. Taking some is one step for all threads."""
os.register_at_fork(after_in_child=_random_digits.clear)  # a copy of this process has the same
_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def new_id() -> str:
    """A new UUIDv7 (RFC 9562, section 5.7) as text: random, yet rows written together lie together."""
    at = f"{time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF:012x}"
    try:
        random = _random_digits.pop()
    except IndexError:
        random = _more_digits()
    # Version 7 stands in one digit, the variant in the first two bits of another.
    return f"{at[:8]}-{at[8:]}-7{random[1:4]}-{_VARIANT[random[4]]}{random[5:8]}-{random[8:]}"


def _more_digits() -> str:
    digits = os.urandom(_DIGITS << 12).hex()
    some = [digits[start : start + _DIGITS] for start in range(0, len(digits), _DIGITS)]
    _random_digits.extend(some[1:])
    return some[0]


def random_id() -> str:
    """A new UUIDv4 as text, for ids that other systems read: some clients take only versions 1 to 5 for UUIDs."""
    return str(uuid.uuid4())


def is_id(text: str) -> bool:
    """Whether the text has the form of a UUID; asked before a database sees a foreign id."""
    return _UUID.fullmatch(text) is not None


def derived_id(*parts: str) -> str:
    """A UUIDv5 (RFC 9562, section 5.5) of the parts, for rows that must get the same id whenever they are derived again.

    Worked out here and not by ``uuid``, which takes four times as long: there are millions of them in a large network.
    """
    name = _NAMESPACE + "\x1f".join(parts).encode()
    text = hashlib.sha1(name, usedforsecurity=False).hexdigest()
    # Version 5 stands in one digit, the variant in the first two bits of another.
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"


def content_hash(content: bytes) -> str:
    """SHA-256 of the content in hex, to tell whether the same thing came again."""
    return hashlib.sha256(content).hexdigest()


_DERIVED = uuid.UUID("6f1c37a4-5d0c-5a58-9d0e-6d2d1f4c1b11")
_NAMESPACE = _DERIVED.bytes
