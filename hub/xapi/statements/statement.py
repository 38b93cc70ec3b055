"""Statements: who did what, with which result, in which context (xAPI 1.0.3 Data 2.4; 2.0, 4.2.2)."""

from typing import Generic, TypeVar

from msgspec import UNSET, UnsetType

from hub.journal.statements import VOIDED
from hub.xapi.statements.activities import Activity
from hub.xapi.statements.actors import MAX_INDEXED, MAY_BE_TOO_LONG, Actor, Part, too_long
from hub.xapi.statements.instants import parse_instant
from hub.xapi.statements.problems import Broken
from hub.xapi.statements.types import (
    ContextAgentKind,
    ContextGroupKind,
    Duration,
    Extensions,
    Flag,
    Iri,
    LanguageMap,
    LanguageTag,
    MediaType,
    Number,
    Octets,
    Scaled,
    Sha2,
    StatementRefKind,
    SubStatementKind,
    Text,
    Timestamp,
    Uuid,
    Version,
)


class Verb(Part):
    """What was done."""

    id: Iri
    display: LanguageMap | UnsetType = UNSET

    def __post_init__(self) -> None:
        """What can be looked up."""
        if len(self.id) > MAY_BE_TOO_LONG and too_long(self.id):
            raise Broken(("id", f"must not be longer than {MAX_INDEXED} bytes"))


class StatementRef(Part):
    """Another statement, by its id."""

    object_type: StatementRefKind
    id: Uuid


class Score(Part):
    """How well it went."""

    scaled: Scaled | UnsetType = UNSET
    raw: Number | UnsetType = UNSET
    min: Number | UnsetType = UNSET
    max: Number | UnsetType = UNSET

    def __post_init__(self) -> None:
        """``min`` < ``max``, and ``raw`` lies between them."""
        if self.min is not UNSET and self.max is not UNSET and self.min >= self.max:
            raise Broken(("min", "must be less than max"))
        if self.raw is not UNSET and self.min is not UNSET and self.raw < self.min:
            raise Broken(("raw", "must not be less than min"))
        if self.raw is not UNSET and self.max is not UNSET and self.raw > self.max:
            raise Broken(("raw", "must not be greater than max"))


class Result(Part):
    """What came of it."""

    score: Score | UnsetType = UNSET
    success: Flag | UnsetType = UNSET
    completion: Flag | UnsetType = UNSET
    response: Text | UnsetType = UNSET
    duration: Duration | UnsetType = UNSET
    extensions: Extensions | UnsetType = UNSET


class ContextActivities(Part):
    """Activities around the one the statement is about; a single one may stand for a list of one."""

    parent: Activity | list[Activity] | UnsetType = UNSET
    grouping: Activity | list[Activity] | UnsetType = UNSET
    category: Activity | list[Activity] | UnsetType = UNSET
    other: Activity | list[Activity] | UnsetType = UNSET


class ContextAgent(Part):
    """A person around the statement, and in which ways (2.0 only)."""

    object_type: ContextAgentKind
    agent: Actor
    relevant_types: list[Iri] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """An Agent, and no empty list of types."""
        if self.agent.is_group:
            raise Broken(("agent", "must be an Agent"))
        if self.relevant_types == []:
            raise Broken(("relevantTypes", "must not be empty"))


class ContextGroup(Part):
    """A group around the statement, and in which ways (2.0 only)."""

    object_type: ContextGroupKind
    group: Actor
    relevant_types: list[Iri] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """A Group, and no empty list of types."""
        if not self.group.is_group:
            raise Broken(("group", "must be a Group"))
        if self.relevant_types == []:
            raise Broken(("relevantTypes", "must not be empty"))


class Context(Part):
    """Where and with whom it happened."""

    registration: Uuid | UnsetType = UNSET
    instructor: Actor | UnsetType = UNSET
    team: Actor | UnsetType = UNSET
    context_activities: ContextActivities | UnsetType = UNSET
    context_agents: list[ContextAgent] | UnsetType = UNSET
    context_groups: list[ContextGroup] | UnsetType = UNSET
    revision: Text | UnsetType = UNSET
    platform: Text | UnsetType = UNSET
    language: LanguageTag | UnsetType = UNSET
    statement: StatementRef | UnsetType = UNSET
    extensions: Extensions | UnsetType = UNSET

    def __post_init__(self) -> None:
        """A team is a group."""
        if self.team is not UNSET and not self.team.is_group:
            raise Broken(("team", "must be a Group"))


class Attachment(Part):
    """A file that belongs to the statement."""

    usage_type: Iri
    display: LanguageMap
    content_type: MediaType
    length: Octets
    sha2: Sha2
    description: LanguageMap | UnsetType = UNSET
    file_url: Iri | UnsetType = UNSET


Thing = TypeVar("Thing")
"""What a statement is about: Activity, Actor, StatementRef or a SubStatement of one of these."""


class Told(Part, Generic[Thing]):
    """What statements and SubStatements have in common."""

    actor: Actor
    verb: Verb
    object: Thing
    result: Result | UnsetType = UNSET
    context: Context | UnsetType = UNSET
    timestamp: Timestamp | UnsetType = UNSET
    attachments: list[Attachment] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Rules that hold between the parts."""
        found = self._broken()
        if found:
            raise Broken(*found)

    def _broken(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        if self.context is not UNSET and not isinstance(self.object, Activity):
            found += [
                (f"context.{name}", "must only be used when the object is an Activity")
                for name in ("revision", "platform")
                if getattr(self.context, name) is not UNSET
            ]
        if self.timestamp is not UNSET:
            found += _instant_problems("timestamp", self.timestamp)
        return found


class SubStatement(Told[Thing], Generic[Thing], kw_only=True):
    """A statement that did not happen by itself; it has no id, stored, version or authority."""

    object_type: SubStatementKind


class Statement(Told[Thing], Generic[Thing]):
    """A statement as it is sent."""

    id: Uuid | UnsetType = UNSET
    stored: Timestamp | UnsetType = UNSET
    authority: Actor | UnsetType = UNSET
    version: Version | UnsetType = UNSET

    def _broken(self) -> list[tuple[str, str]]:
        found = super()._broken()
        if self.verb.id == VOIDED and not isinstance(self.object, StatementRef):
            found.append(("object", "must be a StatementRef: the statement voids another one"))
        if self.stored is not UNSET:
            found += _instant_problems("stored", self.stored)
        if self.authority is not UNSET and not _can_assert(self.authority):
            found.append(("authority", "must be an Agent, or a group of two agents without an identifier"))
        return found


def _can_assert(authority: Actor) -> bool:
    """An Agent, or the application and the person of a three-legged OAuth exchange."""
    return not authority.is_group or (authority.identifier is None and len(authority.member or ()) == 2)


def _instant_problems(name: str, text: str) -> list[tuple[str, str]]:
    try:
        parse_instant(text)
    except ValueError as error:
        return [(name, f"must be a timestamp, such as 2026-05-04T09:00:00Z ({error})")]
    return []
