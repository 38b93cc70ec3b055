"""Saying everything that is wrong with a part of a statement, by its type.

msgspec stops at the first mistake, which is right for the statements that are right: nearly all. For the others this
walks over the same types and asks msgspec about each value alone, so that there is one set of rules and no mistake
hides another.
"""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import UnsetType

from hub.errors import Problem
from hub.xapi.statements.problems import MAX_PROBLEMS, Broken, below


def explain(kind: Any, value: Any, place: str) -> Iterator[Problem]:
    """Every problem of a decoded JSON value that should be of a type; none when it is."""
    kind = _choose(kind, value)
    origin = get_origin(kind)
    if isinstance(origin or kind, type) and issubclass(origin or kind, msgspec.Struct):
        yield from _explain_object(kind, value, place)
    elif origin is list:
        if not isinstance(value, list):
            yield Problem("must be an array", place)
            return
        for index, item in enumerate(value):
            yield from explain(get_args(kind)[0], item, f"{place}[{index}]")
    elif origin is dict:
        if not isinstance(value, dict):
            yield Problem("must be an object", place)
            return
        yield from _explain_map(kind, value, place)
    else:
        yield from _explain_value(kind, value, place)


def _choose(kind: Any, value: Any) -> Any:
    """The member of a union that the value looks like; optional properties are unions with "unset"."""
    if get_origin(kind) not in (Union, UnionType):
        return kind
    members = [member for member in get_args(kind) if member is not UnsetType]
    lists = [member for member in members if get_origin(member) is list]
    others = [member for member in members if member not in lists]
    return lists[0] if lists and (isinstance(value, list) or not others) else others[0]


def _explain_object(kind: Any, value: Any, place: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem("must be an object", place)
        return
    fields = _fields(kind)
    found = []
    if "objectType" in value and "objectType" in fields:
        found = list(explain(fields["objectType"].type, value["objectType"], below(place, "objectType")))
    if found:  # what it should be is unknown, so nothing else can be said
        yield from found
        return
    sound = {}
    can_be_built = True
    for name, field in fields.items():
        problems = [Problem("is missing", below(place, name))] if field.required else []
        if name in value:
            problems = list(islice(explain(field.type, value[name], below(place, name)), MAX_PROBLEMS))
        if name in value and not problems:
            sound[name] = value[name]
        can_be_built &= not (problems and field.required)
        found += problems
    unknown = islice((key for key in value if key not in fields), MAX_PROBLEMS)
    found += [Problem("is no property that is allowed here", below(place, key)) for key in unknown]
    yield from found
    if can_be_built:
        # A rule that misses what is there but wrong has nothing new to say.
        known = tuple(problem.place for problem in found)
        yield from (p for p in _explain_rules(kind, sound, place) if not _is_above(p.place, known))


@cache
def _fields(kind: Any) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def _explain_map(kind: Any, value: dict[str, Any], place: str) -> Iterator[Problem]:
    key_kind, value_kind = get_args(kind)
    for key, item in value.items():
        for problem in _explain_value(key_kind, key, below(place, key)):
            yield Problem(f"the key {problem.message}", problem.place)
        yield from explain(value_kind, item, below(place, key))


def _explain_value(kind: Any, value: Any, place: str) -> Iterator[Problem]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        descriptions = (
            [meta.description for meta in get_args(kind)[1:]] if get_origin(kind) is Annotated else []
        )
        yield Problem(f"must be {descriptions[0] if descriptions else kind}", place)


def _explain_rules(kind: Any, value: dict[str, Any], place: str) -> Iterator[Problem]:
    """What the object breaks although each property is well-formed."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        if not isinstance(error.__cause__, Broken):
            yield Problem(str(error), place)
            return
        for inner, message in error.__cause__.found:
            yield Problem(message, f"{place}.{inner}" if place and inner else place or inner)


def _is_above(place: str, known: tuple[str, ...]) -> bool:
    return any(other == place or other.startswith((f"{place}.", f"{place}[")) for other in known)
