"""Identifiers that do not count: seen from outside, no id tells how many there are."""

import hashlib
import os
import re
import time
import uuid

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def new_id() -> str:
    """A new UUIDv7 (RFC 9562, section 5.7) as text: random, yet rows written together lie together."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def random_id() -> str:
    """A new UUIDv4 as text, for ids that other systems read: some clients take only versions 1 to 5 for UUIDs."""
    return str(uuid.uuid4())


def is_id(text: str) -> bool:
    """Whether the text has the form of a UUID; asked before a database sees a foreign id."""
    return _UUID.fullmatch(text) is not None


def derived_id(*parts: str) -> str:
    """A UUIDv5 of the parts, for rows that must get the same id whenever they are derived again."""
    return str(uuid.uuid5(_DERIVED, "\x1f".join(parts)))


def content_hash(content: bytes) -> str:
    """SHA-256 of the content in hex, to tell whether the same thing came again."""
    return hashlib.sha256(content).hexdigest()


_DERIVED = uuid.UUID("6f1c37a4-5d0c-5a58-9d0e-6d2d1f4c1b11")
