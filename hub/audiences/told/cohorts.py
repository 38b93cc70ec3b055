"""Dividing people into those who are told of together, as ``access.floor`` says."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, cast

import sqlalchemy as sa

from hub.access.floor import LEAST, UNCOUNTED, Cohort, Group, Part, divide
from hub.audiences.told.tables import told_cohort, told_person
from hub.ids import new_id
from hub.network import tables as network
from hub.store import UnitOfWork
from hub.store.insert import insert_for
from hub.store.types import Id

Move = tuple[str | None, str, str]
"""From which cohort, in which sets they really are, and to which cohort."""


def divide_cohorts(uow: UnitOfWork, truth: sa.FromClause, floors: Sequence[int]) -> dict[int, int]:
    """How many people are told of each set, by its bit; sets of which nothing is told are not there.

    ``truth``: rows (person_id, sets) of whoever is in any set; ``floors`` by bit.
    """
    _keep(uow, truth)
    cohorts = _cohorts(uow)
    truths = _groups(uow, max(*floors, *(cohort.floor for cohort in cohorts)))
    told: dict[int, int] = defaultdict(int)
    moves: list[Move] = []
    for cohort in cohorts:
        parts = divide(cohort, truths[cohort.id], floors)
        moves += _settle(uow, cohort, parts)
        for part in parts:
            for bit in range(part.sets.bit_length()):
                if part.sets >> bit & 1:
                    told[bit] += part.people
    _move(uow, moves)
    nobody = sa.and_(told_person.c.cohort_id.is_(None), told_person.c.sets == "0")
    uow.connection.execute(sa.delete(told_person).where(nobody))
    return dict(told)


def _keep(uow: UnitOfWork, truth: sa.FromClause) -> None:
    """Write down in which sets everybody is now."""
    uow.connection.execute(sa.update(told_person).values(sets="0").where(told_person.c.sets != "0"))
    rows = sa.select(truth.c.person_id, truth.c.sets).where(
        sa.true()
    )  # without it SQLite takes ON for a join
    insert = insert_for(told_person, is_sqlite=uow.is_sqlite).from_select(["person_id", "sets"], rows)
    uow.connection.execute(
        insert.on_conflict_do_update(index_elements=["person_id"], set_={"sets": insert.excluded.sets})
    )


def _groups(uow: UnitOfWork, floor: int) -> dict[str | None, dict[int, Group]]:
    """How many people of which cohort really are in which sets, and who sees nearly all of them."""
    its, sets = told_person.c.cohort_id, told_person.c.sets
    counted = sa.select(its, sets, sa.func.count()).group_by(its, sets)
    found: dict[str | None, dict[int, Group]] = defaultdict(dict)
    for cohort_id, truth, people in uow.connection.execute(counted):
        found[cohort_id][int(truth)] = Group(people, {})
    seen = _seen().subquery("seen")
    by = (seen.c.partner_id, seen.c.way)
    shares = sa.select(its, sets, *by, sa.func.count()).group_by(its, sets, *by)
    joined = shares.join(seen, seen.c.person_id == told_person.c.person_id)
    for cohort_id, truth, partner_id, way, people in uow.connection.execute(
        joined, execution_options={"yield_per": 10_000}
    ):
        group = found[cohort_id][int(truth)]
        if people > group.people - floor:
            cast(dict[str, int], group.seen)[f"{partner_id} {way}"] = people
    return found


def _seen() -> sa.CompoundSelect[Any]:
    """Rows (person_id, partner_id, way): in which way a partner sees somebody. It may take off all whom it sees in one of them.

    It sees by name whom it employs, lists those of them who work at its locations, and may know who else works there.
    """
    person, a, location = network.person, network.appointment, network.location
    employed = sa.select(person.c.id.label("person_id"), person.c.partner_id)
    there = sa.select(a.c.person_id, location.c.partner_id).join(location, location.c.id == a.c.location_id)
    listed = there.join(person, person.c.id == a.c.person_id).where(
        person.c.partner_id == location.c.partner_id
    )
    ways = {"employed": (employed,), "listed": (listed,), "known": (employed, there)}
    return sa.union(
        *(
            query.add_columns(sa.literal_column(f"'{way}'").label("way"))
            for way, queries in ways.items()
            for query in queries
        )
    )


def _cohorts(uow: UnitOfWork) -> list[Cohort]:
    rows = uow.connection.execute(sa.select(told_cohort).order_by(told_cohort.c.id))
    return [Cohort(UNCOUNTED, 0, LEAST), *(Cohort(row.id, int(row.sets), row.floor) for row in rows)]


def _settle(uow: UnitOfWork, cohort: Cohort, parts: Sequence[Part]) -> Iterator[Move]:
    """Write down what became of a cohort, but for who goes. The first part is what is left of it."""
    first, *others = parts
    if (first.sets, first.floor) != (cohort.sets, cohort.floor):
        changed = sa.update(told_cohort).where(told_cohort.c.id == cohort.id)
        uow.connection.execute(changed.values(sets=str(first.sets), floor=first.floor))
    for part in others:
        id = new_id()
        uow.insert(told_cohort, id=id, sets=str(part.sets), floor=part.floor)
        yield from ((cohort.id, str(truth), id) for truth in part.truths)


def _move(uow: UnitOfWork, moves: Sequence[Move]) -> None:
    """All at once, however many cohorts there are."""
    for was_counted in (False, True):
        rows = [move for move in moves if (move[0] is not UNCOUNTED) == was_counted]
        if not rows:
            continue
        going = uow.listed({"old": Id(), "sets": sa.Text(), "new": Id()}, rows)
        its = told_person.c.cohort_id
        same = its == going.c.old if was_counted else its.is_(None)
        change = sa.update(told_person).where(same, told_person.c.sets == going.c.sets)
        uow.connection.execute(change.values(cohort_id=going.c.new))
