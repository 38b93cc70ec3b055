"""The bytes that are stored: the statement as it was sent, with what the standard lets the store set.

Nothing is decoded and written again: a number stays as it was typed, and what reads a statement years later reads what
its sender wrote. (xAPI 1.0.3 Data 2.2.s2.b5, 2.3.1 and 2.4.6.2.s4.b3; 2.0, 4.2.1.)
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from hub.xapi.statements.activities import Activity
from hub.xapi.statements.kinds import AnyStatement
from hub.xapi.statements.statement import Context, SubStatement
from hub.xapi.storing.incoming import Incoming

_RAW_OBJECT = msgspec.json.Decoder(dict[str, Raw])


def build_payload(incoming: Incoming, store_sets: Mapping[str, object]) -> bytes:
    """JSON of a statement with the properties that the store sets, which replace what was sent under these names."""
    told = incoming.statement
    if told.stored is UNSET and told.authority is UNSET and not _has_single_activities(told):
        return incoming.raw[:-1] + b"," + msgspec.json.encode(store_sets)[1:]
    parts: dict[str, Any] = _RAW_OBJECT.decode(incoming.raw)
    if _has_single(told.context):
        parts["context"] = _with_lists(parts["context"])
    if isinstance(told.object, SubStatement) and _has_single(told.object.context):
        thing: dict[str, Any] = _RAW_OBJECT.decode(parts["object"])
        parts["object"] = thing | {"context": _with_lists(thing["context"])}
    return msgspec.json.encode(parts | dict(store_sets))


def _has_single_activities(told: AnyStatement) -> bool:
    return _has_single(told.context) or (
        isinstance(told.object, SubStatement) and _has_single(told.object.context)
    )


def _has_single(context: Context | msgspec.UnsetType) -> bool:
    """Whether a context activity stands without the list in which it must come back."""
    if context is UNSET or context.context_activities is UNSET:
        return False
    activities = context.context_activities
    return any(
        isinstance(found, Activity)
        for found in (activities.parent, activities.grouping, activities.category, activities.other)
    )


def _with_lists(context: Raw) -> dict[str, Any]:
    parts: dict[str, Any] = _RAW_OBJECT.decode(context)
    parts["contextActivities"] = {
        relation: activities if bytes(activities).lstrip().startswith(b"[") else [activities]
        for relation, activities in _RAW_OBJECT.decode(parts["contextActivities"]).items()
    }
    return parts
