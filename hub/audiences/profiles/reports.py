"""Reports of an audience: one figure for each group of its people, as of an instant (B84).

Whoever gets a report may see each of these people one by one, so that no group is too small for it: operators see everybody, a partner
the people it employs, at its own locations. What is told of others is in ``audiences.told``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.reach import Reach
from hub.audiences.profiles.periods import PeriodName, last_period
from hub.audiences.profiles.profile import Setup
from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.profiles.tallies import count_in_sets, count_one_by_one
from hub.audiences.rules.rule import read_audience
from hub.errors import Missing
from hub.network import tables as network
from hub.store import UnitOfWork


@dataclass(frozen=True)
class ReportDefinition:
    """A report of one audience as its profile says it. ``since`` is when it was first said."""

    audience: str
    key: str
    title: str
    metric: str
    by: str
    period: PeriodName
    layout: str
    recipients: tuple[str, ...]
    since: datetime


@dataclass(frozen=True)
class ReportRow:
    """A group by its id and name. A rate is from 0 to 1, None where nothing is assigned."""

    id: str
    name: str
    value: float | None


@dataclass(frozen=True)
class Report:
    """The figures of a report at an instant, the groups by name; all of the audience together are ``total``.

    ``partner_id`` where it is about a partner's own people; ``people`` are all who are counted.
    """

    definition: ReportDefinition
    at: datetime
    partner_id: str | None
    people: int
    rows: tuple[ReportRow, ...]
    total: ReportRow


def reports_of(audience: str, setup: Setup) -> list[ReportDefinition]:
    """The reports of an audience, by key."""
    return [
        ReportDefinition(
            audience,
            key,
            entry["title"],
            entry["metric"],
            entry["by"],
            entry["period"],
            entry["layout"],
            tuple(entry["recipients"]),
            datetime.fromisoformat(entry["since"]),
        )
        for key, entry in sorted(setup.items("reports").items())
    ]


def run_report(
    uow: UnitOfWork, audience: str, key: str, at: datetime | None = None, partner_id: str | None = None
) -> Report:
    """A report now or as of an instant, of all or of a partner's own people at its own locations.

    Missing ``no_audience``, ``no_report``.
    """
    found, definition = read_audience(uow, audience), read_definition(uow, audience, key)
    at = at or uow.now
    count = count_one_by_one if uow.is_sqlite else count_in_sets
    groups, whole = count(uow, found, definition.by, at, partner_id)
    names = _names(uow, definition.by, groups)
    rows = [ReportRow(id, names.get(id, id), tally.value(definition.metric)) for id, tally in groups.items()]
    rows = [] if definition.by == "audience" else sorted(rows, key=lambda row: (row.name.casefold(), row.id))
    total = ReportRow("", found.name, whole.value(definition.metric))
    return Report(definition, at, partner_id, whole.people, tuple(rows), total)


def read_last_report(uow: UnitOfWork, reach: Reach, audience: str, key: str) -> Report:
    """A report as it stood when its last period ended, as it was mailed to operators or to a partner's admins.

    Raises as ``run_report``; for a person there is none.
    """
    definition = read_definition(uow, audience, key)
    if reach.kind == "person":
        raise _no_report()
    _, end = last_period(definition.period, uow.now)
    return run_report(uow, audience, key, end, reach.partner_id)


def read_definition(uow: UnitOfWork, audience: str, key: str) -> ReportDefinition:
    """How a report is defined. Missing ``no_report``."""
    setup = read_setups(uow).get(audience)
    definition = next((r for r in reports_of(audience, setup) if r.key == key), None) if setup else None
    if definition is None:
        raise _no_report()
    return definition


def _no_report() -> Missing:
    return Missing("no_report", "There is no such report of this audience.")


def _names(uow: UnitOfWork, by: str, ids: Iterable[str]) -> dict[str, str]:
    column = {
        "partner": network.partner.c.name,
        "location": network.location.c.name,
        "position": network.position.c.title,
    }.get(by)
    if column is None:
        return {}
    table: Any = column.table
    rows = uow.connection.execute(sa.select(table.c.id, column).where(uow.among(table.c.id, sorted(ids))))
    return {row[0]: row[1] for row in rows}
