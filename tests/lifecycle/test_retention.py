"""Retention: counted before, applied as counted, and never a credit, a voiding or an unread statement less for it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.errors import BadInput, Conflict
from hub.journal.tables import audit, reader, statement, statement_id, statement_reference, statement_term
from hub.lifecycle import apply_retention
from hub.lifecycle.apply_retention import Run, begin_retention, carry_on, list_runs
from hub.lifecycle.plan_retention import RetentionPlan, RetentionPlanChanged, plan_retention
from hub.lifecycle.rules import Rule, list_rules, remove_rule, set_rule
from hub.lifecycle.upkeep import Upkeep
from hub.store.restore import restore_backup
from hub.training.tables import completion, waiting_statement
from hub.xapi.transfer.follow import forget_export, reader_name
from tests.databases import Kind
from tests.journeys.eventful import BRAKES
from tests.journeys.outcomes import outcome
from tests.journeys.test_rebuild import assert_rebuild_is_equal
from tests.journeys.world import VERBS, Sent, World, activity, an_id
from tests.store.test_backup import back_up, empty_hub
from tests.xapi.parts import send_files, sha256, with_files
from tests.xapi.rig import new_uuid, open_store

READ = Sent(0, 0, "mbox", activity(0, 0), "experienced", 0)
OF_A_STRANGER = Sent(1, 7, "mbox", activity(1, 0), "experienced", 0)


def rule(world: World, name: str = "all", days: int = 30, **what: str) -> Rule:
    with world.hub.unit_of_work() as uow:
        return set_rule(uow, Rule("", name, days, **what))


def plan(world: World) -> RetentionPlan:
    with world.hub.reading() as uow:
        return plan_retention(uow)


def apply(world: World) -> Run:
    run = begin_retention(world.hub, plan(world).hash)
    return carry_on(world.hub, run.id)


def stored(world: World) -> set[str]:
    with world.hub.reading() as uow:
        return set(uow.connection.scalars(sa.select(statement.c.id)))


def counts(world: World) -> dict[str, tuple[int, int, int]]:
    """Statements that go, evidence that stays and what is unread, by rule and LMS."""
    planned = plan(world)
    names = {rule.id: rule.name for rule in planned.rules}
    return {
        f"{names[line.rule_id]} {world.lms.index(line.connection_id)}": (
            line.statements,
            line.evidence,
            line.unread,
        )
        for line in planned.lines
    }


def test_the_plan_counts_by_rule_and_connection_and_changes_nothing(world: World) -> None:
    world.send([READ, OF_A_STRANGER])
    world.drain()
    assert plan(world).lines == ()
    rule(world, "b all", 50)
    rule(world, "a read", 1, verb=VERBS + "experienced")
    # One of the beginning is the evidence of credits; the others are of courses that nobody has a goal for.
    assert counts(world) == {"b all 0": (1, 1, 0), "b all 1": (2, 0, 0)}
    world.clock.advance(days=3)
    before = stored(world)
    assert counts(world) == {
        "a read 0": (1, 0, 0),
        "a read 1": (1, 0, 0),
        "b all 0": (1, 1, 0),
        "b all 1": (2, 0, 0),
    }
    line = next(line for line in plan(world).lines if line.statements)
    assert line.bytes > 100
    assert stored(world) == before


def test_what_goes_is_gone_and_credits_and_their_evidence_stay(world: World) -> None:
    world.send([READ, OF_A_STRANGER])
    world.drain()
    credits = outcome(world.hub).credits
    assert credits
    world.clock.advance(days=40)
    rule(world)
    planned = plan(world).statements
    run = apply(world)
    assert (run.statements, run.planned) == (planned, 5)
    assert run.finished_at is not None
    assert stored(world) == {BRAKES.id}
    assert outcome(world.hub).credits == credits
    world.drain()
    assert_rebuild_is_equal(world)
    with world.hub.reading() as uow:
        positions = set(uow.connection.scalars(sa.select(statement.c.position)))
        assert set(uow.connection.scalars(sa.select(statement_term.c.position))) == positions
        waiting = set(uow.connection.scalars(sa.select(waiting_statement.c.statement_id)))
        completions = set(uow.connection.scalars(sa.select(completion.c.statement_id)))
        rows = uow.connection.execute(sa.select(audit).where(audit.c.action == "retention_applied")).all()
    assert waiting == set()
    assert completions == {BRAKES.id}
    assert [row.detail["statements"] for row in rows] == [5]


def test_a_repeat_of_what_was_deleted_is_no_error_and_is_not_stored_again(world: World) -> None:
    world.send([READ])
    world.drain()
    world.clock.advance(days=40)
    rule(world)
    apply(world)
    world.send([READ])  # the same again
    assert READ.id not in stored(world)
    with world.hub.reading() as uow:
        assert uow.connection.scalar(sa.select(statement_id.c.id).where(statement_id.c.id == READ.id))
    world.drain()
    assert_rebuild_is_equal(world)


def test_what_a_reader_has_not_read_stays(world: World) -> None:
    rule(world, days=1)
    with world.hub.unit_of_work() as uow:
        uow.connection.execute(
            sa.insert(reader).values(name="forward:archive", log="statement", position=0, failures=0)
        )
    planned = plan(world)
    assert (planned.statements, planned.held_by, planned.held_since) == (0, "forward:archive", None)
    assert sum(line.unread for line in planned.lines) == 3
    before = stored(world)
    apply(world)
    assert stored(world) == before
    with world.hub.unit_of_work() as uow:
        uow.connection.execute(
            sa.update(reader).where(reader.c.name == "forward:archive").values(position=10_000)
        )
    assert apply(world).statements == 3


def test_the_plan_says_which_dead_export_holds_it_back_and_since_when(world: World, tmp_path: Path) -> None:
    rule(world, days=1)
    with world.hub.unit_of_work() as uow:
        name = reader_name(tmp_path / "out")
        died = uow.now - timedelta(days=9)
        dead = {"name": name, "log": "statement", "position": 0, "failures": 0, "moved_at": died}
        uow.connection.execute(sa.insert(reader).values(dead))
    planned = plan(world)
    assert (planned.statements, planned.held_by, planned.held_since) == (0, name, died)
    forget_export(world.hub, tmp_path / "out")
    assert plan(world).statements == 3


def test_a_plan_that_nobody_has_seen_is_not_applied(world: World) -> None:
    rule(world)
    seen = plan(world)
    remembered = stored(world)
    rule(world, "another", 20)
    with pytest.raises(RetentionPlanChanged) as refused:
        begin_retention(world.hub, seen.hash)
    assert refused.value.status == 409
    assert refused.value.plan.hash == plan(world).hash
    assert stored(world) == remembered
    with world.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(audit).where(audit.c.outcome == "refused")).all()
    assert [(row.action, row.reason) for row in rows] == [("retention", "plan_changed")]


def test_a_plan_holds_for_a_day_whatever_arrives(world: World) -> None:
    rule(world)
    seen = plan(world)
    world.send([READ])
    world.clock.advance(hours=10)
    assert plan(world).hash == seen.hash


def test_an_interrupted_run_is_carried_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply_retention, "CHUNK", 2)
    world.send([Sent(0, 0, "mbox", activity(0, 0), "experienced", n) for n in range(5)])
    world.drain()
    world.clock.advance(days=40)
    rule(world, verb=VERBS + "experienced")
    seen = plan(world)
    run = carry_on(world.hub, begin_retention(world.hub, seen.hash).id, chunks=1)
    assert (run.statements, run.finished_at) == (2, None)
    again = begin_retention(world.hub, seen.hash)
    assert again.id == run.id
    while Upkeep(world.hub).turn():  # a worker finishes it as well
        pass
    with world.hub.reading() as uow:
        (done,) = list_runs(uow)
    assert (done.statements, done.planned) == (5, 5)
    assert done.finished_at is not None
    world.drain()
    assert_rebuild_is_equal(world)


def test_a_voiding_outlives_its_statement(world: World) -> None:
    world.void(BRAKES)
    world.drain()
    credits = outcome(world.hub).credits
    world.clock.advance(days=40)
    rule(world, verb="http://adlnet.gov/expapi/verbs/voided")
    assert apply(world).statements == 1
    assert BRAKES.id in stored(world)
    assert outcome(world.hub).credits == credits
    world.drain()
    assert_rebuild_is_equal(world)
    with world.hub.reading() as uow:
        assert uow.connection.execute(sa.select(statement_reference)).all() == []
        positions = set(uow.connection.scalars(sa.select(statement.c.position)))
        assert set(uow.connection.scalars(sa.select(statement_term.c.position))) == positions


def test_rules_of_a_partner_and_of_a_connection_leave_the_others_alone(world: World) -> None:
    world.send([READ, OF_A_STRANGER])
    world.drain()
    world.clock.advance(days=40)
    rule(world, "south", connection_id=world.lms[1])
    assert counts(world) == {"south 1": (3, 0, 0)}
    rule(world, "partner", partner_id=an_id("partner", 0))
    assert counts(world) == {"partner 0": (2, 1, 0), "partner 1": (3, 0, 0)}


def test_no_position_is_given_out_twice(world: World) -> None:
    """The newest statement goes, and what comes after it is still read."""
    world.send([READ])
    world.drain()
    world.clock.advance(days=40)
    rule(world, verb=VERBS + "experienced")
    apply(world)
    world.send([OF_A_STRANGER])
    world.drain()
    with world.hub.reading() as uow:
        assert uow.connection.scalar(
            sa.select(waiting_statement.c.statement_id).where(
                waiting_statement.c.statement_id == OF_A_STRANGER.id
            )
        )


def test_rules_are_checked_named_once_and_taken_away(world: World) -> None:
    with pytest.raises(BadInput) as refused:
        rule(world, " ", 0, verb="experienced", connection_id=an_id("connection", 9), partner_id="x")
    assert [p.place for p in refused.value.problems] == [
        "name",
        "keep_days",
        "verb",
        "connection_id",
        "partner_id",
    ]
    made = rule(world)
    with pytest.raises(Conflict):
        rule(world)
    with world.hub.unit_of_work() as uow:
        set_rule(uow, Rule(made.id, "all", 99))
        assert [r.keep_days for r in list_rules(uow)] == [99]
        remove_rule(uow, made.id)
        assert list_rules(uow) == []
    world.drain()
    assert_rebuild_is_equal(world)


def test_the_daily_run_begins_once_a_day(world: World) -> None:
    rule(world)
    upkeep = Upkeep(world.hub)
    assert upkeep.begin_daily()
    assert not upkeep.begin_daily()
    while upkeep.turn():
        pass
    world.clock.advance(days=2)
    assert not upkeep.begin_daily(), "nothing is left to delete"
    with world.hub.reading() as uow:
        (run,) = list_runs(uow)
    assert run.actor_id is None
    assert run.statements == 3
    assert uow.now - run.began_at > timedelta(days=1)


@pytest.mark.parametrize("target", ["sqlite", "postgres"])
def test_a_restored_hub_gives_out_no_position_twice_either(
    world: World, tmp_path: Path, target: Kind
) -> None:
    world.send([READ])
    world.drain()
    world.clock.advance(days=40)
    rule(world, verb=VERBS + "experienced")
    apply(world)
    back_up(world, tmp_path / "hub.backup")
    with world.hub.reading() as uow:
        last = uow.connection.scalar(sa.select(sa.func.max(statement_id.c.position))) or 0
    with empty_hub(target) as hub:
        restore_backup(hub.engine, tmp_path / "hub.backup", hub.blobs)
        replace(world, hub=hub).send([OF_A_STRANGER])
        with hub.reading() as uow:
            assert uow.connection.scalar(sa.select(sa.func.max(statement.c.position))) == last + 1


def test_files_go_with_the_last_statement_that_came_with_them(world: World) -> None:
    store = open_store(world.hub, world.lms[0], ("all",))
    (first,) = send_files(store, with_files(b"alone", b"shared", id=new_uuid()), b"alone", b"shared").json
    world.clock.advance(days=20)
    (second,) = send_files(store, with_files(b"shared", id=new_uuid()), b"shared").json
    world.drain()
    world.clock.advance(days=15)
    rule(world, verb=VERBS + "completed")
    line = next(line for line in plan(world).lines if line.statements and line.attachments)
    assert line.attachments == 2
    assert apply(world).attachments == 2
    assert first not in stored(world)
    assert second in stored(world)
    kept = {blob.key.rpartition("/")[2] for blob in world.hub.blobs.list_blobs("attachments")}
    assert kept == {sha256(b"shared")}
    answer = store.get(statementId=second, attachments="true")
    assert b"shared" in answer.data
