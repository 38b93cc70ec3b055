"""Whether a statement is one that was asked for: the filters of GET on stored JSON (xAPI 1.0.3 Communication 2.1.3)."""

from collections.abc import Iterator
from typing import Any

from hub.xapi.finding.parameters import Query

Told = dict[str, Any]


def matches(statement: Told, query: Query) -> bool:
    """Whether the statement itself fits the filters; times, and statements it refers to, are not looked at."""
    if query.verb is not None and statement["verb"]["id"] != query.verb:
        return False
    if query.registration is not None and _registration(statement) != query.registration:
        return False
    if query.activity is not None and query.activity not in _activities(statement, query.related_activities):
        return False
    return query.agent is None or query.agent in _identifiers(statement, query.related_agents)


def referred_id(statement: Told) -> str | None:
    """The id of the statement that is this one's object, in lower case; None for other objects."""
    thing = statement["object"]
    return str(thing["id"]).lower() if thing.get("objectType") == "StatementRef" else None


def _registration(statement: Told) -> str | None:
    registration = statement.get("context", {}).get("registration")
    return registration.lower() if registration else None


def _activities(statement: Told, related: bool) -> Iterator[str]:
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        yield thing["id"]
    if related:
        for activities in statement.get("context", {}).get("contextActivities", {}).values():
            yield from (activity["id"] for activity in activities)
        if kind == "SubStatement":
            yield from _activities(thing, related)


def _identifiers(statement: Told, related: bool) -> Iterator[tuple[str, str]]:
    actors = [statement["actor"]]
    thing = statement["object"]
    if thing.get("objectType") in ("Agent", "Group"):
        actors.append(thing)
    if related:
        context = statement.get("context", {})
        actors += [
            found
            for found in (statement.get("authority"), context.get("instructor"), context.get("team"))
            if found
        ]
        actors += [entry["agent"] for entry in context.get("contextAgents", ())]
        actors += [entry["group"] for entry in context.get("contextGroups", ())]
        if thing.get("objectType") == "SubStatement":
            yield from _identifiers(thing, related)
    for actor in actors:
        yield from _identifiers_of(actor)


def _identifiers_of(actor: Told) -> Iterator[tuple[str, str]]:
    """The actor's own identifier and, of a group, those of its members."""
    if "account" in actor:
        yield "account", f"{actor['account']['homePage']}|{actor['account']['name']}"
    for form in ("mbox", "openid"):
        if form in actor:
            yield form, actor[form]
    if "mbox_sha1sum" in actor:
        yield "mbox_sha1sum", actor["mbox_sha1sum"].lower()
    for member in actor.get("member", ()):
        yield from _identifiers_of(member)
