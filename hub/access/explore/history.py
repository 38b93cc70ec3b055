"""What was changed about something of the network, as the journal has it: what, when and by whom, in names instead of ids.

For operators, and for partner admins about their own partner and locations. Reads only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from hub.access.explore.field import people_seen
from hub.access.reach import Sight
from hub.ids import is_id
from hub.journal.tables import change
from hub.network import tables
from hub.network.validity.intervals import Interval
from hub.network.views import names_of_people
from hub.store import UnitOfWork

KINDS: Mapping[str, tuple[str, ...]] = {
    "partner": ("partner_changed", "partner_links_changed"),
    "location": ("location_changed",),
    "node": ("node_changed",),
    "person": ("person_changed", "rep_changed", "manager_relations_changed"),
}
"""Kinds of change by what they are about."""
SHOWN = 20
_LISTS = ("brands", "nodes", "kinds", "upstream", "parents", "appointments", "assignments", "relations")
_DATES = ("id", "valid_from", "valid_to")
_UNTOLD = frozenset({"id", "person_id", "partner_id", "manager_id"})


class Part(NamedTuple):
    """One thing a field said, in names; ``during`` is the time for which it did, of parts that are dated."""

    words: str
    during: Interval | None = None


@dataclass(frozen=True)
class Difference:
    """What is different: ``field`` as snapshots call it, ``before`` and ``after``; empty for nothing."""

    field: str
    before: tuple[Part, ...]
    after: tuple[Part, ...]


@dataclass(frozen=True)
class Happened:
    """One change. ``actor`` is a name; empty for imports, for the hub itself and for people who are not seen."""

    position: int
    at: datetime
    actor: str
    actor_id: str | None
    is_first: bool
    differences: tuple[Difference, ...]


def read_history(
    uow: UnitOfWork,
    sight: Sight,
    kind: str,
    subject_id: str,
    before: int | None = None,
    unseen: Mapping[str, str] | None = None,
) -> tuple[list[Happened], int | None]:
    """The last SHOWN changes of a partner, location, node or person, the newest first; and before which position it goes on.

    None for whoever may not see what was: a partner sees that of itself and its locations. The caller has looked
    whether the thing itself is seen. What stands in for names behind the wall is ``unseen``: of partner, location, node and person.
    """
    if sight.reach.kind == "person" or (
        sight.reach.kind == "partner" and kind not in ("partner", "location")
    ):
        return [], None
    mine = sa.and_(change.c.kind.in_(KINDS[kind]), change.c.subject_id == subject_id)
    query = sa.select(change).where(mine).order_by(change.c.position.desc()).limit(SHOWN + 1)
    if before is not None:
        query = query.where(change.c.position < before)
    rows = uow.connection.execute(query).all()
    pairs = [(row, _earlier(rows, at, row.kind)) for at, row in enumerate(rows)]
    if len(rows) > SHOWN:
        pairs = pairs[:SHOWN]
    names = _names(uow, sight, [body for row, old in pairs for body in (row.body, old or {})], unseen or {})
    actors = {row.actor_id for row, _ in pairs if row.actor_id}
    told = names_of_people(uow, people_seen(uow, sight, actors))
    happened = [
        Happened(
            row.position,
            row.at,
            told.get(row.actor_id, ""),
            row.actor_id if row.actor_id in told else None,
            old is None,
            _differences(old or {}, row.body, names),
        )
        for row, old in pairs
    ]
    return happened, rows[SHOWN - 1].position if len(rows) > SHOWN else None


def _earlier(rows: Sequence[Any], at: int, kind: str) -> Mapping[str, Any] | None:
    return next((row.body for row in rows[at + 1 :] if row.kind == kind), None)


def _differences(
    old: Mapping[str, Any], new: Mapping[str, Any], names: Mapping[str, str]
) -> tuple[Difference, ...]:
    found = []
    for field in new:
        if field in _UNTOLD or old.get(field) == new[field]:
            continue
        if field in _LISTS:
            before, after = _parts(old.get(field, ()), names), _parts(new[field], names)
            gone = tuple(each for each in before if each not in after)
            come = tuple(each for each in after if each not in before)
            if gone or come:
                found.append(Difference(field, gone, come))
        elif old or new[field] not in (None, "", False):
            found.append(Difference(field, _plain(old.get(field), names), _plain(new[field], names)))
    return tuple(found)


def _plain(value: Any, names: Mapping[str, str]) -> tuple[Part, ...]:
    """A value that is no list; an instant is one since which something holds."""
    if value is None or value == "":
        return ()
    at = _instant(value)
    return (Part("", (at, at)) if at else Part(names.get(str(value), str(value))),)


def _parts(parts: Iterable[Any], names: Mapping[str, str]) -> list[Part]:
    """What each dated part is, and for which time."""
    found = []
    for part in parts:
        if not isinstance(part, Mapping):
            found.append(Part(names.get(str(part), str(part))))
            continue
        told = {
            key: value for key, value in part.items() if key not in _DATES and value not in (None, "", [])
        }
        words = [
            ", ".join(
                names.get(str(one), str(one)) for one in (value if isinstance(value, list) else [value])
            )
            for _, value in sorted(told.items(), key=lambda each: (not each[0].endswith("_id"), each[0]))
        ]
        start, end = _instant(part.get("valid_from")), _instant(part.get("valid_to"))
        found.append(Part(" · ".join(words), (start, end) if start else None))
    return sorted(found, key=lambda each: (each.words, str(each.during)))


def _instant(value: Any) -> datetime | None:
    """The instant that a snapshot writes so; None for anything else."""
    if not isinstance(value, str) or len(value) < 19 or value[10:11] != "T":
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _names(
    uow: UnitOfWork, sight: Sight, bodies: Iterable[Mapping[str, Any]], unseen: Mapping[str, str]
) -> dict[str, str]:
    """What the ids in these snapshots are called: partners, locations, nodes and people only where they are seen now."""
    ids = {text for body in bodies for text in _texts(body) if is_id(text)}
    found: dict[str, str] = {}
    for table, column, seen in (
        (tables.brand, "name", sa.true()),
        (tables.node, "name", sight.nodes),
        (tables.location, "name", sight.locations),
        (tables.position, "title", sa.true()),
        (tables.partner, "name", sight.partners),
    ):
        rows = uow.connection.execute(
            sa.select(table.c.id, table.c[column], seen.label("seen")).where(uow.among(table.c.id, ids))
        )
        found.update({row[0]: row[1] if row.seen else unseen.get(table.name, "") for row in rows})
    people = ids - found.keys()
    told = people_seen(uow, sight, people)
    names = names_of_people(uow, people)
    found.update({id: name if id in told else unseen.get("person", "") for id, name in names.items()})
    return found


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
