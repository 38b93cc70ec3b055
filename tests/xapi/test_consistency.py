"""X-Experience-API-Consistent-Through: nothing with an earlier ``stored`` turns up later."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from hub.app import open_hub
from hub.clock import SettableClock
from hub.config import Settings
from hub.ids import new_id
from hub.journal import NewStatement, append_statements
from hub.runtime import Hub
from hub.xapi.finding.consistency import START_TO_APPEND, consistent_through


@pytest.fixture
def running_hub(settings: Settings) -> Iterator[Hub]:
    """A hub whose clock runs."""
    hub = open_hub(settings)
    yield hub
    hub.close()


def new_statement() -> NewStatement:
    """Any statement."""
    from datetime import UTC, datetime

    return NewStatement(new_id(), datetime.now(UTC), "mbox", "mailto:a@example.com", "x:v", "x:o", b"{}", "0")


def test_with_nothing_on_its_way_it_is_a_moment_ago(hub: Hub, clock: SettableClock) -> None:
    with hub.reading() as uow:
        assert consistent_through(uow) == clock.now() - START_TO_APPEND


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_a_statement_on_its_way_holds_it_back_for_as_long_as_it_takes(running_hub: Hub) -> None:
    connection_id = new_id()
    with running_hub.unit_of_work() as appending:
        append_statements(appending, connection_id, [new_statement()])
        time.sleep(START_TO_APPEND.total_seconds() + 0.3)
        # Others commit meanwhile; they must not move it past the one that is still on its way.
        with running_hub.unit_of_work() as other:
            append_statements(other, connection_id, [new_statement()])
        with running_hub.reading() as uow:
            assert consistent_through(uow) < appending.now
    with running_hub.reading() as uow:
        assert consistent_through(uow) > appending.now


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_other_open_work_does_not_hold_it_back(running_hub: Hub) -> None:
    from hub.journal import audit

    with running_hub.unit_of_work() as working:
        audit(working, "test")
        time.sleep(0.3)
        with running_hub.reading() as uow:
            assert uow.now - consistent_through(uow) < START_TO_APPEND + timedelta(milliseconds=200)
