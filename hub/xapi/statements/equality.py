"""When two statements are the same one, sent again (xAPI 1.0.3 Data 2.3.1; 2.0, 4.2.1).

What the store may set or change does not count: id, stored, authority, version, the definitions of activities, how
verbs are displayed, the order of a group's members, whether a context activity stands in a list, the time zone in
which an instant is written, durations finer than 0.01 s, the order of keys and how a number is written.
"""

from typing import Any

import msgspec

from hub.ids import content_hash
from hub.xapi.statements.instants import format_instant, parse_instant, shorten_duration
from hub.xapi.statements.strict_json import WideNumber, parse_json

_SET_BY_STORE = ("id", "stored", "authority", "version")


def statement_hash(statement: dict[str, Any]) -> str:
    """SHA-256 of what counts of a valid statement, decoded by ``parse_json``. UnicodeEncodeError for lone surrogates."""
    told = _comparable(statement)
    for name in _SET_BY_STORE:
        told.pop(name, None)
    return content_hash(_canonical(told))


def stored_hashes(payload: bytes) -> set[str]:
    """``statement_hash`` of a stored statement, and of the same before the store set its timestamp, if it may have."""
    stored = parse_json(payload)
    hashes = {statement_hash(stored)}
    if stored.get("timestamp") == stored.get("stored"):
        stored.pop("timestamp", None)
        hashes.add(statement_hash(stored))
    return hashes


def _write_wide(value: Any) -> msgspec.Raw:
    """As Python does, which wrote the first hashes that were stored."""
    if not isinstance(value, WideNumber):
        raise NotImplementedError(type(value))
    return msgspec.Raw(float.__repr__(value).encode())


_canonical = msgspec.json.Encoder(order="deterministic", enc_hook=_write_wide).encode


def _comparable(statement: dict[str, Any]) -> dict[str, Any]:
    told = dict(statement)
    told["actor"] = _actor(told["actor"])
    told["verb"] = told["verb"]["id"]
    told["object"] = _object(told["object"])
    if "timestamp" in told:
        told["timestamp"] = format_instant(parse_instant(told["timestamp"]))
    if "context" in told:
        told["context"] = _context(told["context"])
    if "duration" in told.get("result", ()):
        told["result"] = told["result"] | {"duration": shorten_duration(told["result"]["duration"])}
    return told


def _actor(actor: dict[str, Any]) -> dict[str, Any]:
    told = {"objectType": "Agent"} | actor
    if "member" in told:
        told["member"] = sorted((_actor(member) for member in told["member"]), key=_canonical)
    if "mbox" in told:  # the domain of an e-mail address has no case
        name, _, domain = told["mbox"].rpartition("@")
        told["mbox"] = f"{name}@{domain.lower()}"
    return told


def _object(thing: dict[str, Any]) -> Any:
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        return thing["id"]
    if kind == "SubStatement":
        return _comparable(thing)
    return thing | {"id": thing["id"].lower()} if kind == "StatementRef" else _actor(thing)


def _context(context: dict[str, Any]) -> dict[str, Any]:
    told = dict(context)
    for name in ("instructor", "team"):
        if name in told:
            told[name] = _actor(told[name])
    if "contextActivities" in told:
        told["contextActivities"] = {
            relation: [activity["id"] for activity in (found if isinstance(found, list) else [found])]
            for relation, found in told["contextActivities"].items()
        }
    for name, inner in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in told:
            told[name] = [entry | {inner: _actor(entry[inner])} for entry in told[name]]
    return told
