"""Terms: what a statement can be found by, each as a number, so that every list is a range of one narrow index.

A term is a 64-bit hash of the sending connection, a kind and a value. Two values that share a hash would be found
together, once in some billion values; whoever sends statements cannot reach those of another connection that way,
because lists compare the connection as well.
"""

from collections.abc import Collection, Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Any

AGENT = "agent"
RELATED_AGENT = "related agent"
ACTIVITY = "activity"
RELATED_ACTIVITY = "related activity"
VERB = "verb"
REGISTRATION = "registration"

Told = dict[str, Any]
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


def find_keys(statement: Told, *, with_authority: bool = True) -> set[Key]:
    """What a valid statement's JSON can be found by itself (xAPI 1.0.3 Communication 2.1.3; 2.0, 4.1.6.1).

    A related term is left out where the same agent or activity stands in the first place: who asks for what is related
    asks for both kinds. ``with_authority`` is false where the store will set another one: see ``add_authority``.
    """
    keys = {(VERB, statement["verb"]["id"])}
    registration = statement.get("context", {}).get("registration")
    if registration:
        keys.add((REGISTRATION, registration.lower()))
    agents = set(_identifiers(statement["actor"]))
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        keys.add((ACTIVITY, thing["id"]))
    elif kind in ("Agent", "Group"):
        agents.update(_identifiers(thing))
    keys.update([(AGENT, f"{form}:{subject}") for form, subject in agents])
    related = set(_related(statement))
    if with_authority and "authority" in statement:
        related.update(_agents(statement["authority"]))
    for term in related:
        if (AGENT if term[0] is RELATED_AGENT else ACTIVITY, term[1]) not in keys:
            keys.add(term)
    return keys


def add_authority(keys: set[Key], value: str) -> None:
    """Add the agent that the store names as a statement's authority, as ``form:subject``."""
    if (AGENT, value) not in keys:
        keys.add((RELATED_AGENT, value))


def _related(statement: Told) -> Iterator[Key]:
    """What stands around the actor and the object, in the context and inside a SubStatement."""
    context = statement.get("context")
    if context:
        for activities in context.get("contextActivities", {}).values():
            for activity in activities if isinstance(activities, list) else (activities,):
                yield RELATED_ACTIVITY, activity["id"]
        for name in ("instructor", "team"):
            if name in context:
                yield from _agents(context[name])
        for entry in context.get("contextAgents", ()):
            yield from _agents(entry["agent"])
        for entry in context.get("contextGroups", ()):
            yield from _agents(entry["group"])
    thing = statement["object"]
    if thing.get("objectType") == "SubStatement":
        yield from _inside(thing)


def _inside(statement: Told) -> Iterator[Key]:
    yield from _agents(statement["actor"])
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        yield RELATED_ACTIVITY, thing["id"]
    elif kind in ("Agent", "Group"):
        yield from _agents(thing)
    yield from _related(statement)


def _agents(actor: Told) -> Iterator[Key]:
    for form, subject in _identifiers(actor):
        yield RELATED_AGENT, f"{form}:{subject}"


def _identifiers(actor: Told) -> Iterator[Key]:
    """Form and subject of the actor itself and, of a group, of its members."""
    if "account" in actor:
        yield "account", f"{actor['account']['homePage']}|{actor['account']['name']}"
    elif "mbox" in actor:
        yield "mbox", actor["mbox"]
    elif "openid" in actor:
        yield "openid", actor["openid"]
    elif "mbox_sha1sum" in actor:
        yield "mbox_sha1sum", actor["mbox_sha1sum"].lower()
    for member in actor.get("member", ()):
        yield from _identifiers(member)
