"""Announcing: the name of an event is the hook that is told."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.journal import Event, announce
from hub.journal.events import kind_of
from hub.journal.tables import event as event_table
from hub.runtime import Hub
from hub.training.events import CompletionRecognized, CreditGranted, CreditRevoked


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (CompletionRecognized, "completion_recognized"),
        (CreditGranted, "credit_granted"),
        (CreditRevoked, "credit_revoked"),
    ],
)
def test_name_of_an_event_is_the_name_of_its_hook(event: type[Event], kind: str) -> None:
    assert kind_of(event) == kind


def test_event_is_kept_with_its_person_apart_from_the_rest(hub: Hub) -> None:
    person, offering, statement = new_id(), new_id(), new_id()
    with hub.unit_of_work() as uow:
        announce(uow, [CompletionRecognized(person, offering, statement, datetime(2026, 5, 3, tzinfo=UTC))])
    with hub.reading() as uow:
        row = uow.connection.execute(sa.select(event_table)).one()
    assert (row.kind, row.person_id, row.at) == ("completion_recognized", person, hub.clock.now())
    assert row.body == {
        "offering_id": offering,
        "statement_id": statement,
        "completed_at": "2026-05-03T00:00:00+00:00",
    }
