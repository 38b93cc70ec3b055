"""What a change of rules does, counted by PostgreSQL: sets of people instead of people one by one.

Whoever has decisions of people or opinions of plugins about the same goals is left out here (``set_aside``), and looked at by
``effects.Reckoning``; for everybody else goals are what the rules say, and two rules' times are compared as sets.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.assigning.reassign import people_matching
from hub.audiences.counting.count_people import Count, count_with_maps
from hub.audiences.plans.count_in_bitmaps import count_in_bitmaps
from hub.audiences.plans.diff import AudienceChange, Effects, ItemChange, PathChange, SwitchChange
from hub.audiences.plans.parts import AFTER, BEFORE, GOAL, Counted, Part, goal_of, parts_of, rules_of
from hub.audiences.rules.matches import MEMORY, first_people, matches
from hub.network.attributes import read_kinds
from hub.store import UnitOfWork
from hub.training import tables as training
from hub.training.goals.due_policy import FROM_START, DuePolicy


def set_aside(uow: UnitOfWork, changes: Sequence[ItemChange]) -> sa.Select[tuple[str]]:
    """Ids of everybody whose goals of the kind in question do not come from rules alone."""
    decision, opinion = training.goal_decision, tables.opinion
    goals = sorted({goal_of(rule) for rule in rules_of(changes)})
    about = [
        sa.select(table.c.person_id).where(sa.tuple_(*(table.c[name] for name in GOAL)).in_(goals))
        for table in (decision, opinion)
    ]
    keys = [change.after.key for change in changes if isinstance(change, AudienceChange)]
    keys += [change.audience.key for change in changes if isinstance(change, SwitchChange)]
    about.append(sa.select(opinion.c.person_id).where(opinion.c.audience.in_(keys)))
    about += [
        sa.select(opinion.c.person_id).where(
            opinion.c.plugin == change.plugin,
            opinion.c.person_id.in_(people_matching(change.audience.conditions)),
        )
        for change in changes
        if isinstance(change, SwitchChange) and change.partner_id is not None
    ]
    either = sa.union(*about).subquery("aside")
    return sa.select(either.c.person_id)


def count_in_sql(uow: UnitOfWork, changes: Sequence[ItemChange]) -> Counted:
    """What the changes do to everybody but those ``set_aside``; a few queries, however many people it is about."""
    uow.connection.exec_driver_sql(MEMORY)
    parts = parts_of(uow, changes)
    if len(changes) == 1 and len(parts) == 1:
        return _count_alone(uow, parts[0], set_aside(uow, changes))
    aside = set_aside(uow, changes)
    found = None
    if not any(isinstance(change, PathChange) for change in changes):
        found = count_in_bitmaps(
            uow, len(changes), parts, aside, lambda *only: _compared(uow, changes, parts, aside, *only)
        )
    return found or _compared(uow, changes, parts, aside)


def _compared(
    uow: UnitOfWork,
    changes: Sequence[ItemChange],
    parts: Sequence[Part],
    aside: sa.Select[tuple[str]],
    *only: sa.ColumnElement[bool],
) -> Counted:
    """The same by queries alone; ``only`` narrows the table ``appointment``."""
    affected = dict.fromkeys(range(len(changes)), 0)
    rows = _rows(uow, parts, aside, *only)
    touched = _touched(uow, changes, parts, rows)
    if touched is None:
        return Counted([*affected.values()], 0, Effects())
    per_change = sa.select(touched.c.place, sa.func.count(touched.c.person_id.distinct()))
    for place, number in uow.connection.execute(per_change.group_by(touched.c.place)):
        affected[place] = number
    people = sum(affected.values())
    if len(changes) > 1:
        people = uow.connection.scalar(sa.select(sa.func.count(touched.c.person_id.distinct()))) or 0
    effects = _effects(uow, rows) if rows is not None and any(part.goal >= 0 for part in parts) else Effects()
    return Counted([*affected.values()], people, effects)


def _rows(
    uow: UnitOfWork, parts: Sequence[Part], aside: sa.Select[tuple[str]], *only: sa.ColumnElement[bool]
) -> sa.CTE | None:
    """All parts as one table of the query."""
    kinds = read_kinds(uow)
    selects = []
    for part in parts:
        found = matches(part.conditions, part.during, kinds, uow.now, *only).subquery()
        said = [
            sa.literal_column(str(getattr(part, name)), sa.Integer).label(name)
            for name in ("place", "goal", "terms", "label", "sides")
        ]
        columns = [found.c[name] for name in ("person_id", "appointment_id", "outside", "starts", "ends")]
        calendar = _calendar(part.due, found).label("calendar")
        selects.append(sa.select(*said, calendar, *columns).where(found.c.person_id.not_in(aside)))
    return (
        sa.union_all(*selects).cte("rows").prefix_with("MATERIALIZED", dialect="postgresql")
        if selects
        else None
    )


def _calendar(due: DuePolicy | None, found: sa.Subquery) -> sa.ColumnElement[str]:
    """What tells due dates of the same beginning apart: how far the location's clock is off, and the day for anniversaries."""
    if due is None:
        return sa.literal_column("''", sa.Text)
    told: list[Any] = [
        sa.func.timezone(found.c.zone, sa.literal_column(f"'2026-{day}T00:00Z'::timestamptz"))
        for day in ("01-01", "07-01")
    ]
    if due.value == FROM_START:
        told.append(sa.func.to_char(sa.func.timezone(found.c.zone, found.c.began), "MM-DD"))
    return sa.func.concat_ws(" ", *told)


def _touched(
    uow: UnitOfWork, changes: Sequence[ItemChange], parts: Sequence[Part], rows: sa.CTE | None
) -> sa.Subquery | None:
    """Rows (place, person_id): whom each change touches."""
    selects: list[sa.Select[Any]] = []
    if rows is not None:
        what = (
            rows.c.place,
            rows.c.person_id,
            rows.c.appointment_id,
            rows.c.starts,
            rows.c.ends,
            rows.c.label,
        )
        differs = sa.func.bit_or(rows.c.sides) != BEFORE | AFTER
        each = sa.select(rows.c.place, rows.c.person_id).where(rows.c.place >= 0)
        selects.append(each.group_by(*what).having(differs))
    goal = training.goal
    aside = set_aside(uow, changes)
    for place, change in enumerate(changes):
        if isinstance(change, PathChange) and change.path_id:
            held = sa.select(sa.literal_column(str(place), sa.Integer).label("place"), goal.c.person_id)
            selects.append(held.where(goal.c.target_id == change.path_id, goal.c.person_id.not_in(aside)))
    return sa.union_all(*selects).subquery("touched") if selects else None


def _count_alone(uow: UnitOfWork, part: Part, aside: sa.Select[tuple[str]]) -> Counted:
    """A rule that is new or goes, and is alone with its goal, or an audience: whoever it holds for is touched, and gains or loses that."""
    found = count_with_maps(uow, part.conditions, part.during, aside) or _count_matches(uow, part, aside)
    if part.goal < 0:
        return Counted([found.people], found.people, Effects())
    gained, lost = (found.people, 0) if part.sides == AFTER else (0, found.people)
    effects = Effects(gained, lost, 0, 0, gained, lost, found.external, found.samples, str(found.digest))
    return Counted([found.people], found.people, effects)


def _count_matches(uow: UnitOfWork, part: Part, aside: sa.Select[tuple[str]]) -> Count:
    rows = matches(part.conditions, part.during, read_kinds(uow), uow.now).subquery("rows")
    outside = sa.func.bool_or(rows.c.outside)
    each = sa.select(
        rows.c.person_id, outside.label("outside"), sa.func.bool_or(~rows.c.outside).label("inside")
    )
    people = each.where(rows.c.person_id.not_in(aside)).group_by(rows.c.person_id).cte("people")
    found = uow.connection.execute(
        sa.select(
            sa.func.count().label("people"),
            sa.func.count().filter(people.c.outside).label("outside"),
            sa.func.count().filter(people.c.inside).label("inside"),
            sa.func.bit_xor(sa.func.uuid_hash_extended(people.c.person_id, 0)).label("digest"),
            first_people(people).label("samples"),
        ).select_from(people)
    ).one()
    samples = tuple(str(id) for id in found.samples)
    return Count(found.people, found.outside, found.inside, samples, found.digest or 0)


def _effects(uow: UnitOfWork, rows: sa.CTE) -> Effects:
    """Times of each goal of each person are compared as sets."""
    both = BEFORE | AFTER
    times = (
        sa.select(
            rows.c.goal,
            rows.c.person_id,
            sa.func.bit_or(rows.c.sides).label("sides"),
            sa.func.bit_or(rows.c.sides).filter(rows.c.outside).label("outside"),
        )
        .where(rows.c.goal >= 0)
        .group_by(rows.c.goal, rows.c.person_id, rows.c.starts, rows.c.ends, rows.c.terms, rows.c.calendar)
        .subquery("times")
    )
    was = sa.func.bool_or(times.c.sides.op("&")(BEFORE) != 0)
    becomes = sa.func.bool_or(times.c.sides.op("&")(AFTER) != 0)
    what = sa.case(
        (becomes & ~was, 1),
        (was & ~becomes, 2),
        (sa.func.bool_or(times.c.sides != both), 3),
        else_=0,
    )
    goals = (
        sa.select(
            times.c.goal,
            times.c.person_id,
            what.label("what"),
            sa.func.coalesce(sa.func.bool_or(times.c.outside != both), sa.false()).label("outside"),
        )
        .group_by(times.c.goal, times.c.person_id)
        .subquery("goals")
    )
    digest = sa.func.bit_xor(
        _turned(sa.func.uuid_hash_extended(goals.c.person_id, 0), goals.c.goal, goals.c.what)
    )
    number = {name: sa.func.count().filter(goals.c.what == code) for code, name in _WHAT.items()}
    people = (
        sa.select(
            goals.c.person_id,
            *(each.label(name) for name, each in number.items()),
            sa.func.bool_or(goals.c.outside).label("outside"),
            digest.label("digest"),
        )
        .where((goals.c.what > 0) | goals.c.outside)
        .group_by(goals.c.person_id)
        .cte("people")
    )
    found = uow.connection.execute(
        sa.select(
            *(sa.func.coalesce(sa.func.sum(people.c[name]), 0).label(name) for name in number),
            sa.func.count().filter(people.c.gained > 0).label("gaining"),
            sa.func.count().filter(people.c.lost > 0).label("losing"),
            sa.func.count().filter(people.c.outside).label("outside"),
            sa.func.bit_xor(people.c.digest).label("digest"),
            first_people(people, people.c.gained + people.c.lost + people.c.changed > 0).label("samples"),
        ).select_from(people)
    ).one()
    return Effects(
        int(found.gained),
        int(found.lost),
        int(found.changed),
        0,
        found.gaining,
        found.losing,
        found.outside,
        tuple(str(id) for id in found.samples),
        str(found.digest or 0),
    )


def _turned(
    digest: sa.ColumnElement[Any], goal: sa.ColumnElement[int], what: sa.ColumnElement[int]
) -> sa.ColumnElement[Any]:
    """As ``count_in_bitmaps.turned`` does it, in 64 bits with a sign."""
    by = (goal * 4 + what) % 63
    ones = sa.literal_column("1::bigint").op("<<")(by) - 1
    return digest.op("<<")(by).op("|")(digest.op(">>")(64 - by).op("&")(ones))


_WHAT: Mapping[int, str] = {1: "gained", 2: "lost", 3: "changed"}
