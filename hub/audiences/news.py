"""What happened, as plugins are told of it many at a time: read when it is told, without reviews and without what no longer holds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, cast

import sqlalchemy as sa

from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.profiles.compile import read_audiences
from hub.audiences.profiles.profile import told_of
from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.rules.conditions import match
from hub.audiences.rules.rule import Audience
from hub.network import tables as network
from hub.store import UnitOfWork
from hub.training import tables as training
from hub.training.events import GoalAdded
from hub.training.goals.goal import REVIEW

NewsKind = Literal["goal_added", "credit_granted", "credit_revoked", "audience_joined"]
_ABOUT_GOALS = frozenset({"credit_granted", "credit_revoked"})


@dataclass(frozen=True)
class News:
    """One thing that happened. ``id`` is the same whenever it is told; ``audiences`` are the keys of those the person is in now.

    ``title`` is that of the course or path, or the name of the audience somebody joined; ``target`` is its key there, and
    ``at`` is when it was announced, except that of somebody who joined, which is when that begins. ``settings`` are what the
    profiles of these audiences say for the plugin that is told, by the audience's key.
    """

    id: str
    kind: NewsKind
    at: datetime
    person_id: str
    name: str
    audiences: tuple[str, ...]
    title: str
    target_kind: str
    target: str
    due_at: datetime | None = None
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def is_news(event: sa.Row[Any]) -> bool:
    """Whether a row of the log of events is, or holds, something of which plugins are told."""
    if event.kind == "plan_changed":
        return bool(event.body["added"])
    return event.kind == "audience_joined" or event.kind in _ABOUT_GOALS


def goals_added(uow: UnitOfWork, events: Sequence[sa.Row[Any]]) -> Iterator[tuple[sa.Row[Any], GoalAdded]]:
    """The goals that plans got, each with the event that says so; those that are no reviews and are still asked for."""
    goals = _goals(uow, {id for e in events if e.kind == "plan_changed" for id in e.body["added"]})
    for event in events:
        for goal_id in event.body["added"] if event.kind == "plan_changed" else ():
            goal = goals.get(goal_id)
            if goal is not None and goal.is_asked:
                yield (
                    event,
                    GoalAdded(
                        goal.person_id, goal_id, goal.target_kind, goal.target_id, goal.dimension, goal.due_at
                    ),
                )


def read_news(uow: UnitOfWork, events: Sequence[sa.Row[Any]], plugin: str) -> list[News]:
    """What there is to tell a plugin of these events now, in their order."""
    audiences, setups = read_audiences(uow), read_setups(uow)
    said = {key: dict(values) for key in audiences if (values := told_of(setups.get(key), plugin)[0])}
    people = sorted({event.person_id for event in events})
    names, theirs = _names(uow, people), _audiences_of(uow, people, audiences)
    goals = _goals(uow, {id for event in events for id in _goals_of(event)})
    found = []
    for event in events:
        if event.person_id not in names:
            continue  # erased since
        person = event.person_id, names[event.person_id], theirs.get(event.person_id, ())
        if event.kind == "audience_joined":
            audience = audiences.get(event.body["audience"])
            if audience is not None and audience.key in person[2]:
                starts = datetime.fromisoformat(event.body["starts"])
                found.append(
                    News(event.id, event.kind, starts, *person, audience.name, "audience", audience.key)
                )
        else:
            found += _of_goals(event, person, goals)
    return [_with_settings(one, said) for one in found]


def _with_settings(news: News, said: Mapping[str, Mapping[str, Any]]) -> News:
    mine = {key: said[key] for key in news.audiences if key in said}
    return replace(news, settings=mine) if mine else news


def _of_goals(
    event: sa.Row[Any], person: tuple[str, str, tuple[str, ...]], goals: Mapping[str, sa.Row[Any]]
) -> Iterator[News]:
    kind = "goal_added" if event.kind == "plan_changed" else event.kind
    for goal_id in _goals_of(event):
        goal = goals.get(goal_id)
        if goal is None or not _holds(kind, goal):
            continue
        id = f"{event.id}:{goal_id}" if kind == "goal_added" else event.id
        due = goal.due_at if kind == "goal_added" else None
        news_kind = cast(NewsKind, kind)
        yield News(id, news_kind, event.at, *person, goal.title, goal.target_kind, goal.key, due)


def _holds(kind: str, goal: sa.Row[Any]) -> bool:
    """Whether it is still so: nobody is told of a goal that was withdrawn or reached meanwhile."""
    if kind == "goal_added":
        return bool(goal.is_asked) and goal.reached_at is None
    return (goal.reached_at is not None) is (kind == "credit_granted")


def _goals_of(event: sa.Row[Any]) -> Sequence[str]:
    if event.kind == "plan_changed":
        return cast(Sequence[str], event.body["added"])
    return (event.body["goal_id"],) if event.kind in _ABOUT_GOALS else ()


def _goals(uow: UnitOfWork, ids: Iterable[str]) -> dict[str, sa.Row[Any]]:
    """Goals that are no reviews, with title and key of what is to be reached, and with what asks for them."""
    goal, source, offering, path = training.goal, training.goal_source, training.offering, training.path
    asking = sa.and_(
        source.c.goal_id == goal.c.id, sa.or_(source.c.valid_to.is_(None), source.c.valid_to > uow.now)
    )
    due = sa.select(sa.func.min(source.c.due_at)).where(asking).scalar_subquery()
    query = (
        sa.select(
            goal,
            sa.func.coalesce(offering.c.title, path.c.title, "").label("title"),
            sa.func.coalesce(offering.c.key, path.c.key, "").label("key"),
            sa.exists().where(asking).label("is_asked"),
            sa.type_coerce(due, source.c.due_at.type).label("due_at"),
        )
        .outerjoin(offering, sa.and_(goal.c.target_kind == "offering", offering.c.id == goal.c.target_id))
        .outerjoin(path, sa.and_(goal.c.target_kind == "path", path.c.id == goal.c.target_id))
        .where(uow.among(goal.c.id, sorted(ids)), goal.c.kind != REVIEW)
    )
    return {row.id: row for row in uow.connection.execute(query)}


def _names(uow: UnitOfWork, people: Sequence[str]) -> dict[str, str]:
    """By id, of everybody who is there; nobody is found by an id that was erased."""
    detail = network.person_detail
    query = sa.select(detail.c.person_id, detail.c.given_name, detail.c.family_name)
    rows = uow.connection.execute(query.where(uow.among(detail.c.person_id, people)))
    return {row.person_id: f"{row.given_name} {row.family_name}".strip() for row in rows}


def _audiences_of(
    uow: UnitOfWork, people: Sequence[str], audiences: Mapping[str, Audience]
) -> dict[str, tuple[str, ...]]:
    """Keys of the audiences that people are in now or will be, by person."""
    found: dict[str, tuple[str, ...]] = {}
    for person_id, appointments in read_facts(uow, people).items():
        matches = {
            key: [m for each in appointments if (m := match(audience.conditions, each))]
            for key, audience in audiences.items()
        }
        found[person_id] = tuple(
            key
            for key, ones in matches.items()
            if any(end is None or end > uow.now for one in ones for _, end in one.during)
        )
    return found
