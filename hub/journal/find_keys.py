"""What a statement can be found by, read from the statement itself (xAPI 1.0.3 Communication 2.1.3; 2.0, 4.1.6.1)."""

from typing import Any, Protocol

from msgspec import UNSET, Struct, UnsetType, json

from hub.journal.terms import ACTIVITY, AGENT, REGISTRATION, RELATED_ACTIVITY, RELATED_AGENT, VERB, Key


class _Part(Struct, gc=False, rename="camel"):
    """A JSON object, of which only some is read."""


class _Account(_Part):
    home_page: str
    name: str


class _Actor(_Part, rename={"object_type": "objectType"}):
    object_type: str | UnsetType = UNSET
    mbox: str | UnsetType = UNSET
    mbox_sha1sum: str | UnsetType = UNSET
    openid: str | UnsetType = UNSET
    account: _Account | UnsetType = UNSET
    member: "list[_Actor] | UnsetType" = UNSET


class _Verb(_Part):
    id: str


class _Activity(_Part):
    id: str


class _ContextActivities(_Part):
    parent: _Activity | list[_Activity] | UnsetType = UNSET
    grouping: _Activity | list[_Activity] | UnsetType = UNSET
    category: _Activity | list[_Activity] | UnsetType = UNSET
    other: _Activity | list[_Activity] | UnsetType = UNSET


class _ContextAgent(_Part):
    agent: _Actor


class _ContextGroup(_Part):
    group: _Actor


class _Context(_Part):
    registration: str | UnsetType = UNSET
    instructor: _Actor | UnsetType = UNSET
    team: _Actor | UnsetType = UNSET
    context_activities: _ContextActivities | UnsetType = UNSET
    context_agents: list[_ContextAgent] | UnsetType = UNSET
    context_groups: list[_ContextGroup] | UnsetType = UNSET


class _Thing(_Actor, rename={"object_type": "objectType"}):
    """What a statement is about: an activity, an agent or group, another statement or a SubStatement."""

    id: str = ""
    actor: _Actor | UnsetType = UNSET
    object: "_Thing | UnsetType" = UNSET
    context: _Context | UnsetType = UNSET


class _Stored(_Part):
    actor: _Actor | UnsetType = UNSET
    verb: _Verb | UnsetType = UNSET
    object: _Thing | UnsetType = UNSET
    context: _Context | UnsetType = UNSET
    authority: _Actor | UnsetType = UNSET


class Told(Protocol):
    """A statement as an object whose attributes are its properties; UNSET stands for what it does not have."""

    actor: Any
    verb: Any
    object: Any
    context: Any
    authority: Any


_decode = json.Decoder(_Stored).decode


def read_keys(payload: bytes) -> set[Key]:
    """The keys of a statement's JSON; none of what has no actor, verb or object."""
    stored = _decode(payload)
    return set() if UNSET in (stored.actor, stored.verb, stored.object) else find_keys(stored)


def find_keys(statement: Told, *, with_authority: bool = True) -> set[Key]:
    """The keys of a valid statement.

    A related key is left out where the same agent or activity stands in the first place: who asks for what is related
    asks for both kinds. ``with_authority`` is false where the store will set another one: see ``add_authority``.
    """
    keys: set[Key] = {(VERB, statement.verb.id)}
    agents: set[str] = set()
    _add_actor(agents, statement.actor)
    thing, context = statement.object, statement.context
    kind = thing.object_type
    if kind is UNSET or kind == "Activity":
        keys.add((ACTIVITY, thing.id))
    elif kind in ("Agent", "Group"):
        _add_actor(agents, thing)
    for agent in agents:
        keys.add((AGENT, agent))
    related_agents: set[str] = set()
    related_activities: set[str] = set()
    if context is not UNSET:
        if context.registration is not UNSET and context.registration:
            keys.add((REGISTRATION, context.registration.lower()))
        _add_context(related_agents, related_activities, context)
    if kind == "SubStatement":
        _add_inner(related_agents, related_activities, thing)
    if with_authority and statement.authority is not UNSET:
        _add_actor(related_agents, statement.authority)
    for agent in related_agents:
        if agent not in agents:
            keys.add((RELATED_AGENT, agent))
    for activity in related_activities:
        if (ACTIVITY, activity) not in keys:
            keys.add((RELATED_ACTIVITY, activity))
    return keys


def _add_context(agents: set[str], activities: set[str], context: Any) -> None:
    around = context.context_activities
    if around is not UNSET:
        for found in (around.parent, around.grouping, around.category, around.other):
            if isinstance(found, list):
                for activity in found:
                    activities.add(activity.id)
            elif found is not UNSET:
                activities.add(found.id)
    for actor in (context.instructor, context.team):
        if actor is not UNSET:
            _add_actor(agents, actor)
    if context.context_agents is not UNSET:
        for entry in context.context_agents:
            _add_actor(agents, entry.agent)
    if context.context_groups is not UNSET:
        for entry in context.context_groups:
            _add_actor(agents, entry.group)


def _add_inner(agents: set[str], activities: set[str], inner: Any) -> None:
    """A SubStatement, all of which is only related."""
    _add_actor(agents, inner.actor)
    thing = inner.object
    kind = thing.object_type
    if kind is UNSET or kind == "Activity":
        activities.add(thing.id)
    elif kind in ("Agent", "Group"):
        _add_actor(agents, thing)
    if inner.context is not UNSET:
        _add_context(agents, activities, inner.context)


def _add_actor(agents: set[str], actor: Any) -> None:
    """The actor itself, as ``form:subject``, and the members of a group."""
    if actor.account is not UNSET:
        agents.add(f"account:{actor.account.home_page}|{actor.account.name}")
    elif actor.mbox is not UNSET:
        agents.add(f"mbox:{actor.mbox}")
    elif actor.openid is not UNSET:
        agents.add(f"openid:{actor.openid}")
    elif actor.mbox_sha1sum is not UNSET:
        agents.add(f"mbox_sha1sum:{actor.mbox_sha1sum.lower()}")
    if actor.member is not UNSET:
        for member in actor.member:
            _add_actor(agents, member)
