"""Terms: what a statement can be found by, each as a number, so that every list is a range of one narrow index.

A term is a 64-bit hash of the sending connection, a kind and a value. Two values that share a hash would be found
together, once in some billion values; whoever sends statements cannot reach those of another connection that way,
because lists compare the connection as well.
"""

from collections.abc import Collection
from functools import lru_cache
from hashlib import blake2b

AGENT = "agent"
RELATED_AGENT = "related agent"
ACTIVITY = "activity"
RELATED_ACTIVITY = "related activity"
VERB = "verb"
REGISTRATION = "registration"

Key = tuple[str, str]
"""Kind and value of a term."""


def hash_term(connection_id: str, kind: str, value: str) -> int:
    """The number of a term, signed, of 64 bits. It is stored: it must never change."""
    digest = blake2b(f"{connection_id}\x1f{kind}\x1f{value}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


_hash_known = lru_cache(maxsize=16_384)(hash_term)


def hash_terms(connection_id: str, keys: Collection[Key]) -> list[int]:
    """The numbers of several terms. Those that come again and again are remembered; a registration is not of them."""
    return [
        hash_term(connection_id, kind, value)
        if kind is REGISTRATION
        else _hash_known(connection_id, kind, value)
        for kind, value in keys
    ]


def add_authority(keys: set[Key], value: str) -> None:
    """Add the agent that the store names as a statement's authority, as ``form:subject``."""
    if (AGENT, value) not in keys:
        keys.add((RELATED_AGENT, value))
