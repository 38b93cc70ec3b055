"""What if a rule had been so since some day: the branch says what making it so then does (D4)."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.audiences.files.audience_files import apply_audience_file
from hub.audiences.profiles.plan_profiles import from_file, make_profiles
from hub.audiences.rules.conditions import Conditions
from hub.errors import BadInput
from hub.journal.tables import change
from hub.network.tables import roster_key
from hub.rebuild.branch import try_branch
from hub.rebuild.state_hash import hash_state, overall_hash
from hub.training.tables import credit_ledger, goal, goal_source
from tests.databases import Kind
from tests.journeys.happenings import Appointed, Arrived, Linked, RuleSet, Switched, SwitchedForPartner
from tests.journeys.world import BRANDS, START, Sent, World, activity, an_id, new_world

SINCE = START - timedelta(days=60)
FILE = f"""
[[rule]]
key = "brakes"
title = "Brakes"
dimension = "service"
kind = "brand"
target = "offering:course-0-0"
due_days = 10
valid_from = {SINCE:%Y-%m-%d}
conditions = {{ class = "external" }}
"""

PROFILES = """
[[profile]]
key = "base"
title = "Everybody"
audiences = ["everybody"]
[[profile.rule]]
key = "brakes"
title = "Brakes"
dimension = "service"
kind = "brand"
target = "offering:course-0-0"
due_days = 10
"""


def asked(world: World) -> tuple[set[str], int, int]:
    """Goals of the course that were asked for since then, how many of these are reached, and credits."""
    with world.hub.reading() as uow:
        ended = goal_source.c.valid_to <= SINCE
        ids = sa.select(goal_source.c.goal_id).where(sa.or_(goal_source.c.valid_to.is_(None), ~ended))
        rows = uow.connection.execute(sa.select(goal.c.id, goal.c.reached_at).where(goal.c.id.in_(ids))).all()
        credits = uow.connection.scalar(sa.select(sa.func.sum(credit_ledger.c.amount)))
    return {row.id for row in rows}, sum(row.reached_at is not None for row in rows), credits or 0


def everything(world: World) -> tuple[str, int | None]:
    """The hash of what is derived, and how many changes the journal has."""
    with world.hub.reading() as uow:
        changes = uow.connection.scalar(sa.select(sa.func.count()).select_from(change))
        return overall_hash(hash_state(uow)), changes


@pytest.mark.requirement("D4")
def test_a_branch_says_what_would_have_been(database_kind: Kind, tmp_path: Path) -> None:
    file = tmp_path / "who.toml"
    file.write_text(FILE)
    with new_world(database_kind) as world:
        Appointed(0, 0, 0, "technician", "internal", BRANDS, -100, None).happen(world)
        Appointed(1, 0, 0, "advisor", "external", BRANDS, -100, None).happen(world)
        course = ("offering", "course-0-0")
        RuleSet(
            "brakes", "service", "brand", course, Conditions(audience_class="internal"), -300, None, 30, 0
        ).happen(world)
        for person in (0, 1):
            Linked(0, person, "mbox").happen(world)
        Arrived((Sent(0, 1, "mbox", activity(0, 0), "completed", -20),)).happen(world)
        world.drain()
        before, reached, credits = asked(world)
        held = everything(world)
        branch = try_branch(world.hub, file, SINCE)
        assert everything(world) == held
        assert (branch.was.goals, branch.was.reached, branch.was.credits) == (len(before), reached, credits)
        apply_audience_file(world.hub, file)
        world.drain()
        after, reached, credits = asked(world)
        would = branch.would_be
        assert (would.goals, would.reached, would.credits) == (len(after), reached, credits) == (1, 1, 1)
        assert (branch.gained, branch.lost) == (len(after - before), len(before - after)) == (1, 1)


@pytest.mark.requirement("D4")
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_branch_tries_other_audiences_and_plugins_that_were_off(
    database_kind: Kind, tmp_path: Path
) -> None:
    file = tmp_path / "who.toml"
    with new_world(database_kind) as world:
        Appointed(0, 0, 0, "advisor", "internal", BRANDS, -10, None).happen(world)
        Appointed(1, 0, 0, "advisor", "external", BRANDS, -10, None).happen(world)
        Switched("everybody", "first_days", True).happen(world)
        world.drain()
        table = '[[audience]]\nkey = "everybody"\nname = "everybody"\n'
        for said, goals in (('conditions = { class = "external" }\n', 1), ("plugins = []\n", 0)):
            file.write_text(table + said)
            before, held = asked(world)[0], everything(world)
            branch = try_branch(world.hub, file, SINCE)
            assert everything(world) == held
            assert (branch.keys, branch.was.goals, branch.would_be.goals) == (
                ("everybody",),
                len(before),
                goals,
            )
            assert (branch.gained, branch.lost) == (0, 1)
            apply_audience_file(world.hub, file)
            world.drain()
            with world.hub.reading() as uow:
                left = uow.connection.scalars(
                    sa.select(goal_source.c.id).where(goal_source.c.valid_to > world.clock.now())
                )
                assert len(left.all()) == goals


@pytest.mark.requirement("D4")
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_branch_tries_profiles(database_kind: Kind, tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text(PROFILES)
    with new_world(database_kind) as world:
        for person, external in ((0, "internal"), (1, "external")):
            Appointed(person, 0, 0, "advisor", external, BRANDS, -100, None).happen(world)
        world.drain()
        held = everything(world)
        branch = try_branch(world.hub, file, SINCE)
        assert everything(world) == held
        assert branch.was.goals == branch.lost == 0
        assert branch.gained == branch.would_be.people == 2
        assert branch.would_be.overdue == 2, "it would have been due long ago"
        make_profiles(world.hub, from_file(file))
        world.drain()
        assert asked(world)[0]
        file.write_text(PROFILES.partition("[[profile.rule]]")[0])
        without = try_branch(world.hub, file, SINCE)
        assert (without.was.goals, without.would_be.goals, without.lost) == (2, 0, 2)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_branch_needs_a_rule_and_a_day_of_its_time(database_kind: Kind, tmp_path: Path) -> None:
    file = tmp_path / "who.toml"
    nothing = '[[audience]]\nkey = "a"\nname = "A"\n'
    to_come = FILE.replace("offering:course-0-0", "path:later") + '[[path]]\nkey = "later"\ntitle = "Later"\n'
    to_come += 'steps = ["course-0-0"]\n'
    ended = FILE.replace("due_days", f"valid_to = {START - timedelta(days=2):%Y-%m-%d}\ndue_days")
    with new_world(database_kind) as world:
        for text, day, words in (
            (nothing, SINCE, "no rule"),
            (to_come, SINCE, "not there yet"),
            (FILE, START + timedelta(days=3650), "has not come"),
            (ended, START - timedelta(days=1), "ends before"),
        ):
            file.write_text(text)
            with pytest.raises(BadInput, match=words) as refused:
                try_branch(world.hub, file, day)
            assert refused.value.code == "bad_branch"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_branch_tries_a_plugin_that_was_off_for_a_partner(database_kind: Kind, tmp_path: Path) -> None:
    file = tmp_path / "who.toml"
    with new_world(database_kind) as world:
        Appointed(0, 0, 0, "advisor", "internal", BRANDS, -10, None).happen(world)
        Switched("everybody", "first_days", True).happen(world)
        world.drain()
        with world.hub.unit_of_work() as uow:
            name = {"external_id": "P-0", "id": an_id("partner", 0), "content_hash": ""}
            uow.insert(roster_key, kind="partner", **name)
        file.write_text('[[plugin]]\nkey = "first_days"\noff_for = ["P-0"]\n')
        held = everything(world)
        branch = try_branch(world.hub, file, SINCE)
        assert everything(world) == held
        assert (branch.keys, branch.was.goals, branch.would_be.goals) == (("first_days",), 1, 0)
        SwitchedForPartner("first_days", False).happen(world)
        world.drain()
        file.write_text('[[plugin]]\nkey = "first_days"\noff_for = []\n')
        back = try_branch(world.hub, file, SINCE)
        assert (back.would_be.goals, back.lost) == (1, 0)
