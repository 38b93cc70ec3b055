"""Statements as they were sent, with ids alone, or with what is known of activities (xAPI 1.0.3 Communication 2.1.3).

Only agents, verbs and activities are written anew; everything else stays as it was typed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Raw

from hub.xapi.finding.languages import Ranges, choose_language

Told = dict[str, Any]
_PARTS = msgspec.json.Decoder(dict[str, Raw])
_IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
_COMPONENTS = ("choices", "scale", "source", "target", "steps")


def with_ids_only(payload: bytes) -> bytes:
    """A stored statement in which agents, groups, verbs and activities hold no more than what identifies them."""
    return _rewrite(payload, verb=_verb_id, activity=_activity_id, actor=_identify)


def with_known_definitions(payload: bytes, definitions: Mapping[str, Told], ranges: Ranges) -> bytes:
    """A stored statement whose activities have the definitions that are known, by activity id; one language each.

    An activity of which nothing is known keeps what the statement itself says.
    """

    def describe(activity: Told) -> Told:
        definition = definitions.get(activity["id"], activity.get("definition"))
        return activity | {"definition": in_one_language(definition, ranges)} if definition else activity

    def display(verb: Told) -> Told:
        return verb | {"display": _one(verb["display"], ranges)} if "display" in verb else verb

    return _rewrite(payload, verb=display, activity=describe, actor=None)


def in_one_language(definition: Told, ranges: Ranges) -> Told:
    """A definition with one language in each of its language maps."""
    chosen: Told = {
        name: _one(definition[name], ranges) for name in ("name", "description") if name in definition
    }
    for name in _COMPONENTS:
        if name in definition:
            chosen[name] = [
                each | {"description": _one(each["description"], ranges)} if "description" in each else each
                for each in definition[name]
            ]
    return definition | chosen


def activity_ids(payloads: Iterable[bytes]) -> set[str]:
    """The ids of all activities in stored statements."""
    return {id for payload in payloads for id in _activity_ids(msgspec.json.decode(payload))}


def _activity_ids(statement: Told) -> Iterator[str]:
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        yield thing["id"]
    elif kind == "SubStatement":
        yield from _activity_ids(thing)
    for activities in statement.get("context", {}).get("contextActivities", {}).values():
        yield from (activity["id"] for activity in activities)


Change = Callable[[Told], Told]


def _rewrite(statement: bytes | Raw, *, verb: Change, activity: Change, actor: Change | None) -> bytes:
    parts: dict[str, Any] = _PARTS.decode(statement)
    parts["verb"] = verb(msgspec.json.decode(parts["verb"]))
    thing = msgspec.json.decode(parts["object"])
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        parts["object"] = activity(thing)
    elif kind == "SubStatement":
        parts["object"] = Raw(_rewrite(parts["object"], verb=verb, activity=activity, actor=actor))
    elif actor is not None and kind in ("Agent", "Group"):
        parts["object"] = {"objectType": kind} | actor(thing)
    if actor is not None:
        for name in ("actor", "authority"):
            if name in parts:
                parts[name] = actor(msgspec.json.decode(parts[name]))
    if "context" in parts:
        parts["context"] = _rewrite_context(parts["context"], activity, actor)
    return msgspec.json.encode(parts)


def _rewrite_context(context: Raw, activity: Change, actor: Change | None) -> Told:
    parts: dict[str, Any] = _PARTS.decode(context)
    if "contextActivities" in parts:
        parts["contextActivities"] = {
            relation: [activity(each) for each in activities]
            for relation, activities in msgspec.json.decode(parts["contextActivities"]).items()
        }
    if actor is None:
        return parts
    for name in ("instructor", "team"):
        if name in parts:
            parts[name] = actor(msgspec.json.decode(parts[name]))
    for name, inner in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in parts:
            parts[name] = [each | {inner: actor(each[inner])} for each in msgspec.json.decode(parts[name])]
    return parts


def _verb_id(verb: Told) -> Told:
    return {"id": verb["id"]}


def _activity_id(activity: Told) -> Told:
    return {"id": activity["id"]}


def _identify(actor: Told) -> Told:
    """The identifier; of a group also that it is one, and of an anonymous group its members."""
    kind = {"objectType": "Group"} if actor.get("objectType") == "Group" else {}
    identifier = {name: actor[name] for name in _IDENTIFIERS if name in actor}
    if identifier or not kind:
        return kind | identifier
    return kind | {"member": [_identify(each) for each in actor["member"]]}


def _one(languages: Mapping[str, str], ranges: Ranges) -> dict[str, str]:
    chosen = choose_language(languages, ranges)
    return {} if chosen is None else {chosen: languages[chosen]}
