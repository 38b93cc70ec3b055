"""How many people conditions reach: from bitmaps where these are sure, and by one query about whoever is left."""

from collections.abc import Collection
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any

import sqlalchemy as sa
from pyroaring import BitMap

from hub.audiences.counting.maps import Maps, open_maps
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.matches import MEMORY, SAMPLES, matches
from hub.network.attributes import read_kinds
from hub.network.tables import appointment
from hub.network.validity.intervals import Interval
from hub.store import UnitOfWork

LEFT = 20_000
"""How many people are looked at by a query at most, where there are not many more; of more it is quicker to ask about everybody."""


def most_left(maps: Maps) -> int:
    """How many people may be left to a query: one in twenty is far quicker than all."""
    return max(LEFT, maps.size // 20)


@dataclass(frozen=True)
class Count:
    """How many people something holds for now or later, how many of them through external and through internal appointments.

    ``samples`` are the ids of the first; ``digest`` stands for all of them.
    """

    people: int
    external: int
    internal: int
    samples: tuple[str, ...]
    digest: int


def count_with_maps(
    uow: UnitOfWork,
    conditions: Conditions,
    during: Interval | None,
    aside: sa.Select[Any] | None = None,
) -> Count | None:
    """Whom conditions reach from now on, within a rule's times if they are one's, but for those ``aside``; exact.

    None where bitmaps cannot tell: there are none, or too much is left over.
    """
    maps = open_maps(uow)
    if maps is None:
        return None
    most = most_left(maps)
    others: set[str] = set(uow.connection.scalars(aside.limit(most + 1))) if aside is not None else set()
    if len(others) > most:
        return None
    sure, perhaps, _ = maps.reached(conditions, during)
    external, internal = maps.of_class("external"), maps.of_class("internal")
    left = maps.people(perhaps) - maps.people(sure)
    for ours in (external, internal):
        left |= maps.people(perhaps & ours) - maps.people(sure & ours)
    left |= BitMap(maps.numbers(maps.stale).values())
    without = BitMap(maps.numbers(others).values())
    ids = ({*maps.ids(left - without), *maps.stale} if len(left) <= most else set()) - others
    if len(left) > most or len(ids) > most:
        return None
    known = without | left
    everybody = maps.people(sure) - known
    counted = _look_at(uow, conditions, during, ids)
    if not maps.are_still_there():
        return None
    digest = maps.digest(everybody)
    for row in counted:
        digest ^= row.digest
    samples = merge(maps.ids(islice(everybody, SAMPLES)), sorted(str(row.person_id) for row in counted))
    return Count(
        len(everybody) + len(counted),
        len(maps.people(sure & external) - known) + sum(row.outside for row in counted),
        len(maps.people(sure & internal) - known) + sum(row.inside for row in counted),
        tuple(islice(samples, SAMPLES)),
        digest,
    )


def _look_at(
    uow: UnitOfWork, conditions: Conditions, during: Interval | None, person_ids: Collection[str]
) -> list[sa.Row[tuple[str, bool, bool, int]]]:
    """Rows (person_id, outside, inside, digest) of those among some people whom it holds for."""
    if not person_ids:
        return []
    uow.connection.exec_driver_sql(MEMORY)
    ours = uow.among(appointment.c.person_id, sorted(person_ids))
    rows = matches(conditions, during, read_kinds(uow), uow.now, ours).subquery("rows")
    query = sa.select(
        rows.c.person_id,
        sa.func.bool_or(rows.c.outside).label("outside"),
        sa.func.bool_or(~rows.c.outside).label("inside"),
        sa.func.uuid_hash_extended(rows.c.person_id, 0).label("digest"),
    )
    return list(uow.connection.execute(query.group_by(rows.c.person_id)))
