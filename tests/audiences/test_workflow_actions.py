"""What workflows do beside giving goals: they waive, write to managers, and set attributes, each once (B34)."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.audiences.profiles.export_profiles import export_profiles
from hub.audiences.profiles.plan_profiles import from_file, make_profiles, plan_profiles, switch_item
from hub.audiences.profiles.views import view_profile
from hub.clock import SettableClock
from hub.errors import BadInput
from hub.journal.tables import change
from hub.lifecycle.merge_people import merge_people
from hub.network.attribute_values import AttributeKind
from hub.network.attributes import define_attribute, read_values
from hub.notify.tables import mail
from hub.runtime import Hub
from hub.training.goals.waived import read_waived
from tests.world import World, days

HEAD = '[[profile]]\nkey = "workshop"\ntitle = "Workshops"\naudiences = ["technicians"]\n'
FLOW = """
[[profile.workflow]]
key = "{key}"
title = "{key}"
on = "{on}"
reason = "you know brakes"
status = "live"
{does}
"""
ACTIONS = {
    "spare": 'waive = { target = "offering:batteries", kind = "brand", dimension = "service", days = 60 }',
    "praise": 'tell = { words = "Somebody finished brakes.", dimension = "service" }',
    "mark": 'set = { attribute = "mentor", value = true, days = 90 }',
}


def text_of(on: str = "completed", **actions: str) -> str:
    flows = (FLOW.format(key=key, on=on, does=does) for key, does in (actions or ACTIONS).items())
    return HEAD + "".join(flows)


@pytest.fixture
def world(hub: Hub) -> World:
    """Ann is a technician who is to learn batteries; Max looks after her in service, Sue in sales."""
    made = World(hub).begin()
    made.add(positions=["technician"])
    made.add_location("Riverside")
    made.add_courses("south", "brakes", "batteries")
    made.add_audience("technicians", positions=("technician",))
    made.add_rule("batteries", "batteries", "service", positions=("technician",))
    with hub.unit_of_work() as uow:
        define_attribute(uow, AttributeKind("mentor", "Mentor", "person", "boolean"))
    for name in ("ann", "max", "sue"):
        made.add_person(name)
    made.appoint("ann", "technician", "Riverside")
    made.look_after("max", "service", location="Riverside")
    made.look_after("sue", "sales", location="Riverside")
    made.link("ann")
    made.drain()
    return made


def apply(world: World, folder: Path, text: str) -> None:
    (folder / "profiles.toml").write_text(text)
    make_profiles(world.hub, from_file(folder / "profiles.toml"))
    world.drain()


def letters(world: World) -> list[tuple[str, str]]:
    with world.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(mail).where(mail.c.template == "workflow")).all()
    opened = [json.loads(world.hub.sealer.open(row.sealed_letter)) for row in rows]
    return sorted((one["to"], one["text"]) for one in opened)


@pytest.mark.requirement("B34", "I13")
def test_a_workflow_waives_writes_to_managers_of_its_dimension_and_sets_an_attribute(
    world: World, tmp_path: Path, clock: SettableClock
) -> None:
    apply(world, tmp_path, text_of())
    clock.advance(days=1)
    assert set(world.live_goals("ann")) == {("batteries", "service")}
    world.send("ann", "brakes", at=clock.now())
    world.drain()
    assert world.live_goals("ann") == {}
    assert set(world.live_goals("ann", at=clock.now() + days(61))) == {("batteries", "service")}
    ((to, text),) = letters(world)
    assert to.startswith("max@")
    assert "Somebody finished brakes." in text
    assert "– ann Tester" in text
    assert "workflow praise, 1" in text
    ann = world.ids["ann"]
    with world.hub.reading() as uow:
        (waived,) = read_waived(uow, ann)
        assert waived.reason == "you know brakes (workflow spare, version 1)"
        (value,) = read_values(uow, ann)
        assert (value["key"], value["value"]) == ("mentor", True)
        assert value["valid_to"] == (clock.now() + days(90)).isoformat()
        (tmp_path / "same.toml").write_text(export_profiles(uow))
        words = dict(each for line in view_profile(uow, "workshop").workflows for each in line.details)
    assert plan_profiles(world.hub, from_file(tmp_path / "same.toml")).profiles == ()
    assert words["Sets"] == "Mentor: yes, for 90 days"
    assert words["Tells"] == "Whoever looks after the person, service: Somebody finished brakes."
    # Nothing happens twice, also when two records become one; what was set stays when the workflow goes off.
    world.add_person("anna")
    with world.hub.unit_of_work() as uow:
        merge_people(uow, ann, world.ids["anna"])
    for key in ACTIONS:
        make_profiles(world.hub, switch_item("workshop", "workflows", key, on=False))
    world.drain()
    assert len(letters(world)) == 1
    assert set(world.live_goals("anna")) == {("batteries", "service")}
    with world.hub.reading() as uow:
        assert [value["key"] for value in read_values(uow, world.ids["anna"])] == ["mentor"]


def test_many_who_come_at_once_make_one_mail_for_each_manager(
    world: World, tmp_path: Path, clock: SettableClock
) -> None:
    clock.advance(days=1)
    apply(world, tmp_path, text_of("joined", hello='tell = { words = "Somebody is new." }'))
    clock.advance(days=1)
    for number in range(22):
        world.add_person(f"new{number}")
        world.appoint(f"new{number}", "technician", "Riverside", since=clock.now())
    world.drain()
    found = letters(world)
    assert [to.partition("@")[0] for to, _ in found] == ["max", "sue"]
    assert all("and 2 more" in text for _, text in found)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_workflows_that_cannot_do_what_they_say_are_refused(world: World, tmp_path: Path) -> None:
    wrong = {
        "": "does one thing: give, waive, tell, set",
        'tell = { words = "x" }\ngive = { target = "offering:brakes" }': "does one thing",
        'waive = { target = "offering:brakes", kind = "compliance" }': "compliance goals are never waived",
        'waive = { target = "offering:nothing" }': "there is no offering nothing",
        'tell = { words = "x", dimension = "moon" }': "there is no dimension moon",
        'set = { attribute = "shoe", value = 1 }': "neither people nor appointments have an attribute shoe",
        'set = { attribute = "mentor", value = 7 }': "mentor must be true or false",
        'from = "nobody"': "workflow.0.title: is not known here",
    }
    for does, words in wrong.items():
        (tmp_path / "wrong.toml").write_text(text_of(wrong=does))
        with pytest.raises(BadInput) as refused:
            make_profiles(world.hub, from_file(tmp_path / "wrong.toml"))
        assert any(words in str(problem) for problem in refused.value.problems), (
            does,
            refused.value.problems,
        )
    with world.hub.reading() as uow:
        assert uow.connection.execute(sa.select(change).where(change.c.kind == "profile_changed")).all() == []
