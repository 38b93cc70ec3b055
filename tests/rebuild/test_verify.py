"""A state that is not what the journals say is found, named, and left as it is; the hash sees the same."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.access.roles import grant_partner_admin, withdraw_partner_admin
from hub.audiences import tables as audiences
from hub.audiences.assigning.notes import set_notes
from hub.audiences.assigning.opinion import Opinion
from hub.audiences.profiles.profile import Profile
from hub.audiences.profiles.run_workflows import answer_joining
from hub.audiences.profiles.write_profiles import write_profiles
from hub.audiences.remote.answers import RemoteAnswer, take_answers
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.partner_switches import switch_for_partner
from hub.audiences.rules.rule import switch_plugin
from hub.errors import Conflict, Missing
from hub.journal.tables import change
from hub.network import tables as network
from hub.network.people.identities import link_identity, unlink_identity
from hub.notify.webhooks.remote import connect_remote_plugin
from hub.rebuild.derived import DERIVED
from hub.rebuild.rebuild import select_outlived
from hub.rebuild.state_hash import TableHash, hash_state, overall_hash
from hub.rebuild.verify import verify
from hub.store import UnitOfWork
from hub.training import tables as training
from hub.training.completing.policies import set_policy
from hub.training.completing.policy import Policy, Terms
from hub.training.courses.offerings import find_target
from tests.databases import Kind
from tests.journeys.happenings import (
    Appointed,
    Arrived,
    Drained,
    Happening,
    Linked,
    Relocated,
    RuleSet,
    Switched,
)
from tests.journeys.world import BRANDS, PEOPLE, VERBS, Sent, World, activity, an_id, day, new_world


@pytest.fixture
def world(database_kind: Kind) -> Iterator[World]:
    """A world in which a bit of everything has happened."""
    with new_world(database_kind) as made:
        carried = tuple((brand, "service", -900, None) for brand in BRANDS)
        happened: list[Happening] = [
            *(Appointed(n, 0, 0, "technician", "internal", BRANDS, -100, None) for n in range(PEOPLE)),
            Relocated(0, carried, (("service", 1, -900, None), ("sales", 1, -900, None))),
            RuleSet(
                "brakes", "service", "brand", ("offering", "course-0-0"), Conditions(), -300, None, 30, None
            ),
            RuleSet(
                "selling", "sales", "brand", ("offering", "course-0-0"), Conditions(), -300, None, 30, None
            ),
            Switched("everybody", "first_days", on=True),
            Linked(0, 0, "mbox"),
            Arrived((Sent(0, 0, "mbox", activity(0, 0), "completed", 0),)),
            Arrived((Sent(0, 1, "mbox", activity(0, 0), "completed", 0),)),  # nobody knows whom it means
            Drained(),
        ]
        with made.hub.unit_of_work() as uow:
            set_policy(uow, Policy(made.lms[0], "As reported", 0, Terms((VERBS + "completed",))))
        for happening in happened:
            happening.happen(made)
        yield made


def workflow(uow: UnitOfWork) -> dict[str, Any]:
    """What a profile says that welcomes everybody."""
    give = {"target_kind": "path", "target_id": find_target(uow, "path", "path-0"), "kind": "development"}
    hello: dict[str, Any] = {
        "title": "Hello",
        "on": "joined",
        "target_id": None,
        "conditions": {},
        "reason": "you are new",
    }
    hello["give"] = give | {"dimension": "general", "days": None, "due_days": None}
    return {"workflows": {"hello": hello | {"status": "live", "version": 1, "since": day(-200)}}}


def hashes(world: World, dimension: str | None = None) -> list[TableHash]:
    with world.hub.reading() as uow:
        return hash_state(uow, dimension)


def test_nothing_of_it_is_empty_and_all_of_it_is_what_the_journals_say(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        people = uow.connection.execute(sa.select(network.person.c.id, network.person.c.partner_id)).all()
        for person in people[:2]:
            grant_partner_admin(uow, person.id, person.partner_id)
        withdraw_partner_admin(uow, people[0].id, people[0].partner_id)
        link_identity(uow, world.lms[0], "sub", "once", people[0].id, "sign_in")
        unlink_identity(uow, world.lms[0], "sub", "once", for_good=True)
        write_profiles(
            uow, {"base": Profile("base", "Everybody", None, ("everybody",), workflow(uow))}, [], []
        )
        answer_joining(uow, uow.connection.execute(sa.select(change)).all())
        connect_remote_plugin(uow, "academy", "https://academy.example/hub")
        switch_plugin(uow, "everybody", "remote:academy", on=True)
    world.drain()
    with world.hub.unit_of_work() as uow:
        (question, *_) = uow.connection.execute(sa.select(audiences.remote_question)).all()
        (appointment, *_) = uow.connection.execute(
            sa.select(network.appointment).where(network.appointment.c.person_id == question.person_id)
        )
        opinion = Opinion(
            appointment.id, "path", "path-0", "so says the academy", datetime(2026, 3, 1, tzinfo=UTC)
        )
        answer = RemoteAnswer(question.person_id, question.question_hash, (opinion,))
        assert [each.outcome for each in take_answers(uow, "academy", "1", [answer])] == ["changed"]
        set_notes(uow, "first_days", {appointment.id: {"approved": True}})
        switch_for_partner(uow, people[-1].partner_id, "one_brand", on=False)
    world.drain()
    comparison = verify(world.hub, patience=0)
    assert comparison.equal
    assert {t for t, rows in comparison.rows.items() if not rows} == {
        "partner_link",
        "rep_assignment",
        "voiding",
        # These are in tests/audiences/test_decisions_machine.py,
        "goal_decision",
        "waived_source",
        # and these in tests/access/test_managers.py and tests/audiences/test_attributes.py.
        "manager_relation",
        "position_superior",
        "attribute_kind",
        "attribute",
    }


def shift(uow: UnitOfWork, table: sa.Table, column: str) -> None:
    value: datetime = uow.connection.execute(sa.select(table.c[column])).scalars().all()[0]
    uow.connection.execute(sa.update(table).values({column: value + timedelta(days=1)}))


TAMPERINGS: dict[str, Callable[[UnitOfWork], object]] = {
    "goal": lambda u: u.connection.execute(sa.update(training.goal).values(reached_at=None)),
    "goal_source": lambda u: shift(u, training.goal_source, "valid_from"),
    "completion": lambda u: u.connection.execute(sa.update(training.completion).values(score=0.1)),
    "waiting_statement": lambda u: u.connection.execute(sa.delete(training.waiting_statement)),
    "identity_link": lambda u: u.connection.execute(sa.update(network.identity_link).values(form="openid")),
    "opinion": lambda u: u.connection.execute(sa.update(audiences.opinion).values(reason="because")),
    "rule": lambda u: u.connection.execute(sa.update(audiences.rule).values(due_days=1)),
    "node_closure": lambda u: u.connection.execute(
        sa.delete(network.node_closure).where(network.node_closure.c.descendant_id == an_id("sales", 1))
    ),
}


@pytest.mark.parametrize("table", sorted(TAMPERINGS))
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_whatever_was_changed_by_hand_is_named(world: World, table: str) -> None:
    before = {h.name: h for h in hashes(world)}
    with world.hub.unit_of_work() as uow:
        TAMPERINGS[table](uow)
    after = {h.name: h for h in hashes(world)}
    assert {name for name in after if after[name] != before[name]} == {table}
    differences = verify(world.hub, patience=0).differences
    assert [d.table for d in differences] == [table]
    assert differences[0].examples
    assert {h.name: h for h in hashes(world)} == after  # verifying repairs nothing


def test_a_credit_without_evidence_is_found(world: World) -> None:
    ledger = training.credit_ledger
    with world.hub.unit_of_work() as uow:
        entry = dict(uow.connection.execute(sa.select(ledger).limit(1)).mappings().one())
        forged = {**entry, "id": an_id("entry", 1), "turn": 2, "statement_id": an_id("statement", 1)}
        uow.connection.execute(sa.insert(ledger).values(forged))
    [difference] = verify(world.hub, patience=0).differences
    assert (difference.table, difference.only_live) == ("credit", 1)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_voidings_without_statement_are_found_without_reading_the_store(world: World) -> None:
    with world.hub.reading() as uow:
        sql = str(select_outlived().compile(uow.connection, compile_kwargs={"literal_binds": True}))
        steps = [row.detail for row in uow.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    assert [step for step in steps if step.startswith("SCAN")] == ["SCAN voiding"]


def test_it_waits_for_the_readers_and_says_who_is_behind(world: World) -> None:
    world.send([Sent(0, 0, "mbox", activity(0, 0), "passed", 3)])
    with pytest.raises(Conflict) as refused:
        verify(world.hub, patience=0)
    assert [str(p) for p in refused.value.problems] == ["reader recognize: 1 rows of the journal to read"]


def test_the_hash_depends_on_rows_and_not_on_when_they_were_written(world: World) -> None:
    first = hashes(world)
    with world.hub.unit_of_work() as uow:
        uow.connection.execute(
            sa.update(training.waiting_statement).values(since=world.clock.now() + timedelta(1))
        )
    assert hashes(world) == first
    assert overall_hash(reversed(first)) == overall_hash(first)
    assert [h.name for h in first] == [table.name for table in DERIVED]


def test_another_dimension_leaves_the_hash_of_this_one(world: World) -> None:
    service, sales = hashes(world, "service"), hashes(world, "sales")
    assert [(h.name, h.rows) for h in sales] == [
        ("node", 2),
        ("location_node", 1),
        ("rep_assignment", 0),
        ("manager_relation", 0),
        ("position_superior", 0),
        ("goal_decision", 0),
        ("node_parent", 1),
        ("node_closure", 3),
        ("goal", PEOPLE),
        ("goal_source", PEOPLE),
        ("waived_source", 0),
        ("credit", 1),
    ]
    rule = RuleSet("more", "service", "brand", ("offering", "course-1-1"), Conditions(), -300, None, 30, None)
    rule.happen(world)
    world.drain()
    assert hashes(world, "sales") == sales
    assert hashes(world, "service") != service


def test_a_dimension_that_is_not_there_has_no_hash(world: World) -> None:
    with pytest.raises(Missing, match="no dimension"):
        hashes(world, "nowhere")


def test_both_kinds_of_database_hash_alike() -> None:
    """The network of this world has the same ids everywhere, so its tables must hash to the same."""
    found = []
    kinds: tuple[Kind, ...] = ("sqlite", "postgres")
    for kind in kinds:
        with new_world(kind) as made:
            found.append({h.name: h for h in hashes(made)})
    for name in ("partner", "node_closure", "location", "person", "position", "dimension", "audience"):
        assert found[0][name] == found[1][name]
        assert found[0][name].rows
