"""Which statements a store gets: by verb, activity, audience and partner, with what voids them."""

from datetime import timedelta
from typing import Any

import pytest

from hub.ids import new_id
from hub.journal import VOIDED
from hub.network.people.identities import link_identity
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.xapi.forward import select
from hub.xapi.forward.filters import StatementFilter
from hub.xapi.forward.views import count_matching
from tests.web.world import World, build_world
from tests.xapi.forward.rig import COURSE, VERB, Receiver, Sender


@pytest.fixture
def world(hub: Hub) -> World:
    """People with appointments at Harbor Auto Group."""
    return build_world(hub)


def sent(sender: Sender, to: Receiver, **filter: Any) -> list[str]:
    """What a new store with this filter gets of everything there is; the dry run agrees."""
    slug = f"store-{new_id()[-6:]}"
    before = len(to.store.ids)
    sender.forward_to(to, slug, from_beginning=True, **filter)
    sender.send()
    found = to.store.ids[before:]
    with sender.hub.reading() as uow:
        counted = count_matching(uow, StatementFilter(**{k: tuple(v) for k, v in filter.items()}))
    assert counted.passed == len(found)
    to.store.statements.clear()
    return found


def test_verbs_and_activities_exact_or_by_their_beginning(sender: Sender, away: Receiver) -> None:
    done = sender.learn(2, "completed", "brakes")
    seen = sender.learn(2, "experienced", "brakes/1")
    other = sender.learn(1, "completed", "battery_%")
    about_agent = sender.learn(1, "completed", object_id="mbox:mailto:b@x.example", payload=None)
    assert sent(sender, away, verbs=[VERB + "completed"]) == done + other + about_agent
    assert (
        sent(sender, away, verbs=[VERB + "completed", VERB + "experienced"])
        == done + seen + other + about_agent
    )
    assert sent(sender, away, activities=[COURSE + "brakes"]) == done
    assert sent(sender, away, activities=[COURSE + "brakes*"]) == done + seen
    assert sent(sender, away, activities=[COURSE + "battery_*", COURSE + "brakes/1"]) == seen + other
    assert sent(sender, away, activities=[COURSE + "_rakes*", COURSE.upper() + "*"]) == []
    assert sent(sender, away, activities=[COURSE + "*"], verbs=[VERB + "experienced"]) == seen
    assert sent(sender, away) == done + seen + other + about_agent


def test_a_voiding_goes_where_the_statement_that_it_voids_went(sender: Sender, away: Receiver) -> None:
    def void(target: str, **columns: Any) -> list[str]:
        return sender.learn(1, VOIDED, object_id=target, **columns)

    done, seen = sender.learn(1, "completed"), sender.learn(1, "experienced")
    void_done, void_seen = void(done[0]), void(seen[0])
    void_unknown = void(new_id())
    assert sent(sender, away, verbs=[VERB + "completed"]) == done + void_done + void_unknown
    assert sent(sender, away, activities=["a:none"]) == void_unknown
    assert sent(sender, away, verbs=[VOIDED]) == void_unknown
    with sender.hub.unit_of_work() as uow:
        other = create_connection(uow, "other", "lms", "Other")
    void_from_elsewhere = void(done[0], connection_id=other)
    assert (
        sent(sender, away, verbs=[VERB + "completed"])
        == done + void_done + void_unknown + void_from_elsewhere
    )
    assert void_seen[0] not in sent(sender, away, verbs=[VERB + "completed"])


def test_partners_by_their_systems_and_by_their_people_in_shared_systems(
    sender: Sender, away: Receiver, world: World
) -> None:
    with sender.hub.unit_of_work() as uow:
        theirs = create_connection(uow, "theirs", "lms", "Theirs", world.ids["dealer"])
        makers = create_connection(uow, "makers", "lms", "Makers", world.ids["maker"])
        link_identity(
            uow, sender.connection_id, "mbox", "mailto:ana@harbor.example", world.ids["ana"], "roster"
        )
        link_identity(uow, makers, "mbox", "mailto:ana@harbor.example", world.ids["ana"], "roster")
    own = sender.learn(1, connection_id=theirs, subject="mailto:stranger@x.example")
    of_maker = sender.learn(1, connection_id=makers)
    shared = sender.learn(1)
    sender.learn(1, subject="mailto:stranger@x.example")
    assert sent(sender, away, partners=[world.ids["dealer"]]) == own + shared
    assert sent(sender, away, partners=[world.ids["maker"]]) == of_maker
    assert sent(sender, away, partners=[world.ids["dealer"], world.ids["maker"]]) == own + of_maker + shared


def test_audiences_to_which_the_actor_belonged_when_it_happened(
    sender: Sender, away: Receiver, world: World
) -> None:
    world.appoint("ana", "technician", "riverside", days=10)
    world.appoint("marc", "seller", "hilltop")
    with sender.hub.unit_of_work() as uow:
        for name in ("ana", "marc"):
            subject = f"mailto:{name}@harbor.example"
            link_identity(uow, sender.connection_id, "mbox", subject, world.ids[name], "roster")
        now = uow.now
    member = sender.learn(1)
    sender.learn(1, timestamp=now - timedelta(days=11))
    sender.learn(1, subject="mailto:marc@harbor.example")
    sender.learn(1, subject="mailto:stranger@x.example")
    assert sent(sender, away, audiences=["new-technicians"]) == member
    assert sent(sender, away, audiences=["new-technicians"], verbs=[VERB + "passed"]) == []


def test_a_filter_that_few_pass_moves_on_in_stretches(
    sender: Sender, away: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(select, "WINDOW", 7)
    sender.learn(40, "experienced")
    rare = sender.learn(1, "completed")
    sender.learn(40, "experienced")
    rare += sender.learn(3, "completed")
    sender.learn(10, "experienced")
    sender.forward_to(away, from_beginning=True, verbs=[VERB + "completed"])
    sender.send()
    assert away.store.ids == rare
    with sender.hub.reading() as uow:
        assert (
            sender.state().position
            == uow.connection.exec_driver_sql("SELECT max(position) FROM statement").scalar()
        )


def test_a_dry_run_looks_at_the_latest_statements(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    with sender.hub.reading() as uow:
        assert (count_matching(uow, StatementFilter())).looked_at == 0
    sender.learn(5, "completed")
    sender.learn(5, "experienced")
    monkeypatch.setattr("hub.xapi.forward.views.MAX_COUNTED", 7)
    with sender.hub.reading() as uow:
        counted = count_matching(uow, StatementFilter(verbs=(VERB + "completed",)))
        assert (counted.looked_at, counted.passed, counted.since) == (7, 2, uow.now)
        assert count_matching(uow, StatementFilter(), sender.connection_id).passed == 0
