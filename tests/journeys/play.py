"""What the tests of the running demo share: the stage, the hub's processes, and a look into its database."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from hub.audiences.assigning.put_aside import list_put_aside
from hub.audiences.assigning.reassign import count_queue
from hub.journal import tables as journal
from hub.journal.outbox import has_deliveries
from hub.journal.views import list_readers
from hub.runtime import Hub
from hub.store.types import metadata
from hub.testing.demo.browser import Browser, Page
from hub.testing.demo.hub_process import HubProcess
from hub.testing.demo.stage import Stage
from hub.testing.demo.story import PASSWORD, DemoPerson
from hub.xapi.tables import xapi_credential
from tests.databases import Kind

LONGEST_WAIT = 60.0
"""Seconds. What takes longer than that has not happened."""

BOOKKEEPING = frozenset(
    {
        "audit",
        "audit_seal",
        "lti_seen_jti",
        "lti_token",
        "lti_tool",
        "oidc_provider",
        "plugin_bucket",
        "plugin_hour",
        "plugin_timing",
        "request_count",
        "sign_in_flow",
        "told_cohort",  # worked out once a month, whatever happens
        "told_person",
        "told_size",
    }
)
"""Tables that also change when a request is refused: counters, caches, replay guards, and the row that says so."""


def on_databases(*kinds: Kind) -> list[object]:
    """Parameters for the fixture ``play``. By their ids all tests of one kind run in one worker of pytest, on one stage."""
    patience = pytest.mark.timeout(300)  # whichever test is the first also sets the stage
    return [pytest.param(kind, id=f"stage-{kind}", marks=patience) for kind in kinds]


only_on_postgres = pytest.mark.parametrize("play", on_databases("postgres"), indirect=True)
"""For what cannot be on SQLite, where one writer waits for the other."""


def until(holds: Callable[[], bool], what: str, seconds: float = LONGEST_WAIT) -> None:
    """Ask again and again; AssertionError with ``what`` should have happened when the time is over."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.02)


@dataclass
class Play:
    """A stage on one database with the hub running; ``hub`` is this process's own way to look at that database."""

    stage: Stage
    process: HubProcess
    hub: Hub
    browsers: dict[str, Browser] = field(default_factory=dict)

    @property
    def is_sqlite(self) -> bool:
        return self.hub.engine.dialect.name == "sqlite"

    def login_page(self, person: DemoPerson) -> tuple[Browser, Page]:
        """A new browser that has typed the work e-mail and stands at the employer's sign-in."""
        browser = Browser(self.stage.hub_url)
        return browser, browser.submit(browser.get("/sign-in").form("/sign-in"), email=person.email)

    def sign_in(self, person: DemoPerson) -> Browser:
        """The person's browser, signed in at the hub."""
        if person.id not in self.browsers:
            browser, login = self.login_page(person)
            page = browser.submit(login.form("/login"), username=person.email, password=PASSWORD)
            assert page.status == 200, page.text
            self.browsers[person.id] = browser
        return self.browsers[person.id]

    def record(self) -> "Record":
        """What the database holds once everything that was begun before is finished."""
        self.wait_until_quiet()
        return Record(self)

    def wait_until_quiet(self) -> None:
        """Wait until every reader is at the end of its log, everybody's goals are derived, and nothing is due to be sent."""
        try:
            until(lambda: not self._unfinished(), "nothing is left to do")
        except AssertionError:
            raise AssertionError(f"still to do: {self._unfinished()}") from None

    def unrecognized(self) -> int:
        """How many statements are stored that no worker has recognized yet."""
        reached = sa.select(journal.reader.c.position).where(journal.reader.c.name == "recognize")
        later = journal.statement.c.position > reached.scalar_subquery()
        with self.hub.reading() as uow:
            return uow.connection.scalar(sa.select(sa.func.count()).where(later)) or 0

    def _unfinished(self) -> list[str]:
        with self.hub.reading() as uow:
            left = [f"{r.name} has {r.behind} to read: {r.last_error}" for r in list_readers(uow) if r.behind]
            left += [f"{count} people to assign"] if (count := count_queue(uow)) else []
            left += [f"put aside: {one.error}" for one in list_put_aside(uow)]
            return left + (["deliveries are due"] if has_deliveries(uow) else [])

    @contextmanager
    def faults(self, system_url: str, *names: str) -> Iterator[None]:
        """Switch faults of an outside system on for the time of the block."""
        _switch_faults(system_url, names)
        try:
            yield
        finally:
            _switch_faults(system_url, ())


class Record:
    """The content of every table at one moment, to compare with what is there later."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._rows = self._read()
        self._audited = self._last_audit()

    def changed(self) -> set[str]:
        """Names of tables whose content differs, leaving out bookkeeping."""
        self._play.wait_until_quiet()
        now = self._read()
        return {name for name in now if now[name] != self._rows[name]}

    def audited(self) -> list[tuple[str, str, str]]:
        """Action, outcome and reason of every audit row since."""
        columns = (journal.audit.c.action, journal.audit.c.outcome, journal.audit.c.reason)
        later = sa.select(*columns).where(journal.audit.c.position > self._audited)
        with self._play.hub.reading() as uow:
            rows = uow.connection.execute(later.order_by(journal.audit.c.position))
            return [(row.action, row.outcome, row.reason) for row in rows]

    def assert_refused(self, action: str, reason: str, but: Collection[str] = ()) -> None:
        """Nothing is lost and nothing is half written; one audit row says why. ``but`` are tables that may differ."""
        assert self.changed() <= set(but)
        assert self.audited() == [(action, "refused", reason)]

    def assert_nothing(self) -> None:
        """The hub heard nothing of it, and did nothing."""
        assert self.changed() == set()
        assert self.audited() == []

    def _read(self) -> dict[str, list[str]]:
        with self._play.hub.reading() as uow:
            return {
                table.name: sorted(map(_as_text, uow.connection.execute(sa.select(*_columns(table)))))
                for table in metadata.sorted_tables
                if table.name not in BOOKKEEPING
            }

    def _last_audit(self) -> int:
        with self._play.hub.reading() as uow:
            return uow.connection.scalar(sa.select(sa.func.max(journal.audit.c.position))) or 0


def _columns(table: sa.Table) -> Iterable[sa.Column[Any]]:
    """Of deliveries the ids: those that a killed worker was at are tried again a minute later, whatever is tested then.

    Of credentials all but when they were last used, which is noted for refused requests too.
    """
    if table is journal.outbox:
        return [table.c.id]
    return [column for column in table.c if column is not xapi_credential.c.last_used_at]


def _as_text(row: sa.Row[Any]) -> str:
    return str(tuple(row))


def _switch_faults(system_url: str, names: Collection[str]) -> None:
    answer = requests.post(f"{system_url}/faults", data={"name": list(names)}, timeout=10)
    assert answer.status_code == 200, answer.text
