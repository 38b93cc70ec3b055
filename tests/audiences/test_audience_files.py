"""Audience files: every problem with its place, a plan that is exact, and nothing done twice."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.audiences.files.audience_files import Diff, apply_audience_file, plan_audience_file
from hub.audiences.files.export_audiences import export_audiences
from hub.audiences.files.shapes import read_audience_file
from hub.audiences.plans.diff import Effects, Outcome
from hub.audiences.rules.rule import read_rules, read_switched
from hub.errors import BadInput
from hub.journal.tables import change as change_table
from hub.network.tables import roster_key
from hub.rebuild.state_hash import hash_state
from hub.training.tables import goal_source
from tests.databases import Kind
from tests.journeys.happenings import Appointed, Relocated
from tests.journeys.world import BRANDS, World, an_id, new_world

ROOT = Path(__file__).parents[2]
FILE = """
[[path]]
key = "first-steps"
title = "First steps"
steps = ["course-0-0", "course-1-0"]

[[audience]]
key = "workshop"
name = "Workshop"
conditions = { positions = ["technician"], class = "internal" }
plugins = ["first_days"]

[[rule]]
key = "brakes"
title = "Brakes"
dimension = "service"
kind = "brand"
target = "offering:course-0-0"
conditions = { positions = ["technician"], brands = ["borealis"], activity = "service", nodes = ["service:0"] }
due_days = 30
look_back_days = 365
valid_from = 2026-01-01
valid_to = 2027-01-01T12:00:00+01:00

[[rule]]
key = "steps"
title = "Steps"
dimension = "general"
kind = "development"
target = "path:first-steps"
due = { end_of = "quarter", at_least_days = 30 }
binding = true

[[rule]]
key = "test"
title = "Yearly test"
dimension = "general"
kind = "development"
target = "offering:course-1-0"
due = { date = 2026-12-31 }
status = "draft"
"""


@pytest.fixture
def world(database_kind: Kind) -> Iterator[World]:
    """Two people at a location that carries borealis for service: a technician and an advisor."""
    with new_world(database_kind) as made:
        with made.hub.unit_of_work() as uow:
            nodes = [(f"service/{n}", an_id("service", n)) for n in range(4)]
            uow.connection.execute(
                sa.insert(roster_key),
                [{"kind": "node", "external_id": name, "id": id, "content_hash": ""} for name, id in nodes],
            )
        Relocated(0, (("borealis", "service", -900, None),), (("service", 1, -900, None),)).happen(made)
        Appointed(0, 0, 0, "technician", "internal", BRANDS, -100, None).happen(made)
        Appointed(1, 0, 0, "advisor", "internal", BRANDS, -100, None).happen(made)
        made.drain()
        yield made


def changes(diff: Diff) -> list[tuple[str, str, int]]:
    return [(c.key, c.what, diff.affected.get(place, -1)) for place, c in enumerate(diff.changes)]


def write(folder: Path, text: str) -> Path:
    file = folder / "who.toml"
    file.write_text(text)
    return file


def test_the_plan_says_who_is_touched_and_changes_nothing(world: World, tmp_path: Path) -> None:
    with world.hub.reading() as uow:
        before = hash_state(uow)
    plan = plan_audience_file(world.hub, write(tmp_path, FILE))
    assert changes(plan) == [
        ("first-steps", "new", 0),
        ("workshop", "new", 1),
        ("first_days for workshop", "on", 1),
        ("brakes", "new", 1),
        ("steps", "new", 2),
        ("test", "new draft", 0),
    ]
    assert (plan.people, plan.unchanged) == (2, 0)
    with world.hub.reading() as uow:
        assert hash_state(uow) == before


def test_it_is_applied_as_planned_and_the_second_time_nothing_happens(world: World, tmp_path: Path) -> None:
    file = write(tmp_path, FILE)
    plan = plan_audience_file(world.hub, file)
    done = apply_audience_file(world.hub, file)
    assert [(c.key, c.what) for c in done.changes] == [(c.key, c.what) for c in plan.changes]
    world.drain()
    with world.hub.reading() as uow:
        rule = next(r for r in read_rules(uow) if r.key == "brakes")
        held = set(uow.connection.scalars(sa.select(goal_source.c.source_key)))
        of_steps = sa.select(goal_source.c.due_at, goal_source.c.binding).filter_by(source_key="steps")
        (steps,) = {tuple(row) for row in uow.connection.execute(of_steps)}
        recorded = uow.connection.scalar(sa.select(sa.func.count()).select_from(change_table))
    assert held == {"brakes", "steps", "first_days"}
    assert (rule.valid_from.isoformat(), rule.due_days, rule.look_back_days) == (
        "2026-01-01T00:00:00+00:00",
        30,
        365,
    )
    assert steps == (datetime(2026, 6, 30, 22, tzinfo=UTC), True)  # midnight in Berlin
    assert rule.valid_to is not None
    assert rule.valid_to.isoformat() == "2027-01-01T11:00:00+00:00"
    world.clock.advance(days=1)  # the rule without a beginning keeps the one it got
    nothing = Diff((), 5, {}, 0, Effects(outcome=Outcome()))
    assert plan_audience_file(world.hub, file) == nothing
    assert apply_audience_file(world.hub, file).changes == ()
    with world.hub.reading() as uow:
        assert uow.connection.scalar(sa.select(sa.func.count()).select_from(change_table)) == recorded


def test_a_change_touches_only_those_for_whom_something_changes(world: World, tmp_path: Path) -> None:
    apply_audience_file(world.hub, write(tmp_path, FILE))
    other = FILE.replace(
        'positions = ["technician"], brands', 'positions = ["technician", "advisor"], brands'
    )
    other = other.replace('plugins = ["first_days"]', 'plugins = ["one_brand"]').replace(
        '"First steps"', '"Steps"'
    )
    world.drain()
    assert changes(plan_audience_file(world.hub, write(tmp_path, other))) == [
        ("first-steps", "changed", 2),
        ("one_brand for workshop", "on", 1),
        ("first_days for workshop", "off", 1),
        ("brakes", "changed: conditions", 1),
    ]


def test_what_the_file_does_not_name_stays(world: World, tmp_path: Path) -> None:
    apply_audience_file(world.hub, write(tmp_path, FILE))
    without_plugins = '[[audience]]\nkey = "workshop"\nname = "Workshop"\n'
    apply_audience_file(world.hub, write(tmp_path, without_plugins))
    with world.hub.reading() as uow:
        assert {rule.key for rule in read_rules(uow)} == {"brakes", "steps", "test"}
        assert [(s.audience.key, s.plugin, s.during[1]) for s in read_switched(uow)] == [
            ("workshop", "first_days", None)
        ]


def test_what_is_exported_changes_nothing_when_it_is_applied(world: World, tmp_path: Path) -> None:
    apply_audience_file(world.hub, write(tmp_path, FILE))
    with world.hub.reading() as uow:
        exported = export_audiences(uow)
    assert 'nodes = ["service:0"]' in exported
    assert plan_audience_file(world.hub, write(tmp_path, exported)).changes == ()
    assert len(read_audience_file(tmp_path / "who.toml").rules) == 3


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_all_problems_of_shape_are_told_with_their_lines(world: World, tmp_path: Path) -> None:
    text = """
[[rule]]
key = "brakes"
title = ""
dimension = "service"
kind = "brandy"
target = "course-0-0"
color = "red"
conditions = { nodes = ["service-0"] }
due_days = "30"
valid_from = 2026-01-01T00:00:00
due = { date = 9999-12-31 }

[[rule]]
key = "brakes"

[[person]]
name = "x"
"""
    with pytest.raises(BadInput) as refused:
        plan_audience_file(world.hub, write(tmp_path, text))
    messages = {p.place.rpartition(": ")[2]: p.message for p in refused.value.problems}
    assert messages["due.date"] == "must be between the years 1900 and 2199"
    assert messages["conditions.nodes.0"] == "must be dimension:node"
    assert messages["color"] == "is not known here"
    assert {p.place for p in refused.value.problems} == {
        "who.toml",
        "who.toml:14 rule brakes",
        *(
            f"who.toml:2 rule brakes: {f}"
            for f in ("title", "kind", "target", "color", "due_days", "due.date", "valid_from")
        ),
        "who.toml:2 rule brakes: conditions.nodes.0",
        *(f"who.toml:14 rule brakes: {f}" for f in ("title", "dimension", "kind", "target")),
    }


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("was", "becomes", "place", "message"),
    [
        (
            '"technician"], class',
            '"astronaut"], class',
            "audience workshop: conditions.positions",
            "position astronaut",
        ),
        ('["borealis"]', '["moon"]', "rule brakes: conditions.brands", "brand moon"),
        ('"service:0"', '"service:9"', "rule brakes: conditions.nodes", "node service:9"),
        (
            'dimension = "service"',
            'dimension = "moon"',
            "rule brakes: dimension",
            "there are general, sales, service",
        ),
        ('"offering:course-0-0"', '"offering:moon"', "rule brakes: target", "no course moon"),
        ('"path:first-steps"', '"path:moon"', "rule steps: target", "no path moon"),
        (
            '["course-0-0", "course-1-0"]',
            '["moon", "course-0-0"]',
            "path first-steps: steps",
            "no course moon",
        ),
        ('"course-1-0"]', '"course-0-0"]', "path first-steps: steps", "occurs twice"),
        (
            '["first_days"]',
            '["standard_completion"]',
            "audience workshop: plugins",
            "no plugin standard_completion",
        ),
        ("2027-01-01T12:00:00+01:00", "2025-01-01", "rule brakes: valid_to", "before the beginning"),
    ],
)
def test_names_of_nothing_are_told_and_nothing_is_changed(
    world: World, tmp_path: Path, was: str, becomes: str, place: str, message: str
) -> None:
    assert was in FILE
    file = write(tmp_path, FILE.replace(was, becomes))
    for read in (plan_audience_file, apply_audience_file):
        with pytest.raises(BadInput) as refused:
            read(world.hub, file)
        [problem] = refused.value.problems
        assert re.fullmatch(rf"who\.toml:\d+ {place}", problem.place)
        assert message in problem.message
    with world.hub.reading() as uow:
        assert read_rules(uow) == []


def test_what_is_no_toml_is_told_with_line_and_column(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        read_audience_file(write(tmp_path, "[[rule]]\nkey = \n"))
    assert "line 2" in refused.value.problems[0].message


@pytest.mark.parametrize("file", sorted((ROOT / "config" / "audiences").glob("*.toml")), ids=lambda f: f.name)
def test_the_examples_can_be_read(file: Path) -> None:
    assert read_audience_file(file).rules
