"""The types of statements, by what they are about: msgspec has to know before it decodes."""

from typing import Any

import msgspec

from hub.xapi.statements.activities import Activity
from hub.xapi.statements.actors import Actor
from hub.xapi.statements.statement import Statement, StatementRef, SubStatement

AnyStatement = Statement[Any]

_KINDS: dict[str, Any] = {
    "Activity": Statement[Activity],
    "Agent": Statement[Actor],
    "Group": Statement[Actor],
    "StatementRef": Statement[StatementRef],
}
_NESTED: dict[str, Any] = {
    "Activity": Statement[SubStatement[Activity]],
    "Agent": Statement[SubStatement[Actor]],
    "Group": Statement[SubStatement[Actor]],
    "StatementRef": Statement[SubStatement[StatementRef]],
}
_DECODERS: dict[Any, msgspec.json.Decoder[AnyStatement]] = {
    kind: msgspec.json.Decoder(kind) for kind in (*_KINDS.values(), *_NESTED.values())
}


def kind_of(statement: Any) -> Any:
    """The type of a decoded statement by its object's type; an unknown one is taken for an activity, and refused as that."""
    thing = statement.get("object") if isinstance(statement, dict) else None
    name = _object_type(thing)
    if name == "SubStatement" and isinstance(thing, dict):
        return _NESTED.get(_object_type(thing.get("object")), _NESTED["Activity"])
    return _KINDS.get(name, _KINDS["Activity"])


def decode_statement(raw: bytes, kind: Any) -> AnyStatement:
    """The statement, checked against every rule that its type states; msgspec.ValidationError for the first it breaks."""
    return _DECODERS[kind].decode(raw)


def guess_statement(raw: bytes) -> AnyStatement:
    """``decode_statement`` for a statement of any kind. Most are about activities, so that is tried first."""
    try:
        return _about_activity(raw)
    except msgspec.ValidationError:
        kind = kind_of(msgspec.json.decode(raw))
        if kind is _KINDS["Activity"]:
            raise
    return decode_statement(raw, kind)


_about_activity = _DECODERS[_KINDS["Activity"]].decode


def _object_type(thing: Any) -> str:
    name = thing.get("objectType", "Activity") if isinstance(thing, dict) else "Activity"
    return name if isinstance(name, str) else ""
