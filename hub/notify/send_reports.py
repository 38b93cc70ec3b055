"""Sending the reports of profiles by mail when a period is over, once for each."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.access.tables import partner_admin
from hub.audiences.profiles.periods import last_period
from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.profiles.reports import Report, ReportDefinition, ReportRow, reports_of, run_report
from hub.audiences.profiles.tables import report_run
from hub.audiences.told.sizes import Size, read_told
from hub.errors import BadInput
from hub.logging import get_logger
from hub.network import tables as network
from hub.notify.letter import Value
from hub.notify.send_mail import send_mail
from hub.store import UnitOfWork
from hub.store.insert import insert_once
from hub.words.phrase import Amount, say

if TYPE_CHECKING:
    from hub.runtime import Hub

logger = get_logger(__name__)
PAUSE_SECONDS = 60.0
BETWEEN_LOOKS = timedelta(minutes=10)
METRICS = {
    "people": "people",
    "assigned": "goals asked for",
    "completed": "goals reached",
    "completion_rate": "of the goals reached",
    "overdue": "goals overdue",
}

Letter = tuple[str, Report, Size | None]
"""To whom, the figures, and what else is told of the audience."""


@dataclass
class Reports:
    """An errand of the worker, in a thread of its own, so that it delays no reader."""

    hub: "Hub"
    looked_at: datetime | None = None

    def turn(self) -> bool:
        """Send what is due, if nobody has looked lately; whether there was anything."""
        now = self.hub.clock.now()
        if self.looked_at is not None and now - self.looked_at < BETWEEN_LOOKS:
            return False
        self.looked_at = now
        return send_reports(self.hub) > 0

    def run(self, stop: threading.Event) -> None:
        """Send what is due until ``stop`` is set; what fails is logged and tried again."""
        while not stop.is_set():
            try:
                self.turn()
            except Exception:
                logger.exception("reports_failed")
            stop.wait(PAUSE_SECONDS)


def send_reports(hub: "Hub") -> int:
    """Send every report whose period is over and that has not gone out for it; how many. A report is worked out before it is written."""
    with hub.reading() as uow:
        due = list(_due(uow))
    sent = 0
    for definition, period in due:
        with hub.reading() as uow:
            letters = list(_letters(uow, definition, period))
        with hub.unit_of_work() as uow:
            sent += _send(uow, definition, period, letters)
    return sent


def _due(uow: UnitOfWork) -> Iterator[tuple[ReportDefinition, str]]:
    run = report_run.c
    for audience, setup in read_setups(uow).items():
        for definition in reports_of(audience, setup):
            first, end = last_period(definition.period, uow.now)
            if end <= definition.since:
                continue
            gone = sa.select(run.at).where(
                run.audience == audience, run.report == definition.key, run.period == first.isoformat()
            )
            if uow.connection.execute(gone).first() is None:
                yield definition, first.isoformat()


def _letters(uow: UnitOfWork, definition: ReportDefinition, period: str) -> Iterator[Letter]:
    """Who gets which figures: operators those of all, partner admins those of their own people, and the size of the whole."""
    _, end = last_period(definition.period, uow.now)
    if "operators" in definition.recipients:
        whole = run_report(uow, definition.audience, definition.key, end)
        for person_id in _operators(uow):
            yield person_id, whole, None
    if "partner_admins" in definition.recipients:
        admins = uow.connection.execute(
            sa.select(partner_admin)
            .join(network.person, network.person.c.id == partner_admin.c.person_id)
            .where(sa.not_(network.person.c.disabled))
            .order_by(partner_admin.c.partner_id, partner_admin.c.person_id)
        ).all()
        own: dict[str, Report] = {}
        size = read_told(uow, definition.audience)
        for row in admins:
            if row.partner_id not in own:
                own[row.partner_id] = run_report(
                    uow, definition.audience, definition.key, end, row.partner_id
                )
            if own[row.partner_id].people:
                yield row.person_id, own[row.partner_id], size


def _operators(uow: UnitOfWork) -> list[str]:
    grant, person = network.role_grant, network.person
    query = (
        sa.select(grant.c.person_id)
        .join(person, person.c.id == grant.c.person_id)
        .where(grant.c.role == "operator", sa.not_(person.c.disabled))
        .order_by(grant.c.person_id)
    )
    return list(uow.connection.scalars(query))


def _send(uow: UnitOfWork, definition: ReportDefinition, period: str, letters: list[Letter]) -> bool:
    values = {"audience": definition.audience, "report": definition.key, "period": period}
    if not insert_once(uow, report_run, **values, at=uow.now, mails=len(letters)):
        return False
    for number, (person_id, report, size) in enumerate(letters):
        key = f"report:{definition.audience}:{definition.key}:{period}:{number}"
        try:
            send_mail(uow, person_id, "report", _values(report, size, period), key=key)
        except BadInput as error:  # somebody without an address; the others get theirs
            logger.warning("report_not_sent", report=definition.key, reason=error.code)
    return True


def _values(report: Report, size: Size | None, period: str) -> dict[str, Value]:
    metric = report.definition.metric
    lines = [say("%(name)s: %(figure)s", name=row.name, figure=figure(row, metric)) for row in report.rows]
    return {
        "title": report.definition.title,
        "audience": report.total.name,
        "period": period,
        "what": say(METRICS[metric]),
        "total": figure(report.total, metric),
        "lines": lines,
        "sentence": "yes" if report.definition.layout == "sentence" else "",
        "own": "yes" if report.partner_id else "",
        "network": Amount(size.people) if size and size.people else "",
        "reached": Amount(size.reached) if size and size.reached else "",
        "since": size.at if size and size.at else "",
    }


def figure(row: ReportRow, metric: str) -> str:
    """A figure in words: ``1,234``, ``87 %``, or ``none`` where there is nothing to divide by."""
    if row.value is None:
        return say("none")
    return Amount(row.value, share=metric == "completion_rate")
