"""Profiles set up audiences: inherited, overridden, planned, and taken back exactly (B80-B84, B86)."""

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.files.audience_files import apply_audience_file, plan_audience_file
from hub.audiences.files.export_audiences import export_audiences
from hub.audiences.mandatory import missing_values
from hub.audiences.profiles import plan_profiles as plan_profiles_module
from hub.audiences.profiles.export_profiles import export_profiles
from hub.audiences.profiles.plan_profiles import (
    ProfilePlan,
    ProfilesOutdated,
    from_file,
    make_profiles,
    plan_profiles,
    roll_back_profile,
)
from hub.audiences.profiles.read_profiles import read_profile_versions, read_profiles, read_setups
from hub.audiences.profiles.write_profiles import write_profiles
from hub.audiences.provisioning import check_mode
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import read_audience, read_rule, read_rules, set_audience
from hub.clock import SettableClock
from hub.errors import BadInput, NotAllowed
from hub.journal.tables import change
from hub.network.attribute_values import AttributeKind
from hub.network.attributes import define_attribute
from hub.network.people.places import Place
from hub.rebuild.state_hash import hash_state
from hub.runtime import Hub
from tests.world import World

BASE = """
[[profile]]
key = "base"
title = "Everybody"
provisioning = ["invitation", "scim"]
theme = "plain"
floor = 5
[profile.schema]
dimensions = ["service", "general"]
[[profile.rule]]
key = "welcome"
title = "Welcome"
dimension = "general"
kind = "development"
target = "path:welcome"
[[profile.rule]]
key = "brakes"
title = "Brakes"
dimension = "service"
kind = "brand"
target = "offering:brakes"

[[profile]]
key = "workshop"
title = "Workshops"
extends = "base"
audiences = ["technicians"]
provisioning = ["self_registration"]
[[profile.rule]]
key = "brakes"
title = "Brakes within a week"
dimension = "service"
kind = "brand"
target = "offering:brakes"
due_days = 7
[profile.schema]
mandatory = ["certificate"]
positions = ["technician"]

[[profile]]
key = "shop"
title = "Shops"
extends = "base"
audiences = ["sellers"]
[profile.without]
rules = ["brakes"]
"""


@pytest.fixture
def world(hub: Hub) -> World:
    """Ann is a technician, Sam a salesperson, Jo a manager; an audience each."""
    made = World(hub).begin()
    made.add(brands=["A"], positions=["technician", "salesperson", "manager"])
    made.add_location("Riverside", brands={"A": ["sell", "service"]})
    made.add_courses("south", "brakes", "batteries")
    made.add_path("welcome", "brakes", "batteries")
    for audience, position in (
        ("technicians", "technician"),
        ("sellers", "salesperson"),
        ("bosses", "manager"),
    ):
        made.add_audience(audience, positions=(position,))
    for name, position in (("ann", "technician"), ("sam", "salesperson"), ("jo", "manager")):
        made.add_person(name)
        made.appoint(name, position, "Riverside", brands=["A"])
    with hub.unit_of_work() as uow:
        define_attribute(uow, AttributeKind("certificate", "Certificate", "person", "text"))
    made.drain()
    return made


def write(folder: Path, text: str = BASE) -> Path:
    file = folder / "profiles.toml"
    file.write_text(text)
    return file


def apply(world: World, folder: Path, text: str = BASE) -> ProfilePlan:
    done = make_profiles(world.hub, from_file(write(folder, text)))
    world.drain()
    return done


def goals(world: World) -> dict[str, set[str]]:
    return {name: {key for key, _ in world.live_goals(name)} for name in ("ann", "sam", "jo")}


@pytest.mark.requirement("B80", "B82", "B83")
def test_audiences_are_set_up_by_their_profiles_side_by_side(world: World, tmp_path: Path) -> None:
    apply(world, tmp_path)
    assert goals(world) == {"ann": {"welcome", "brakes"}, "sam": {"welcome"}, "jo": set()}
    with world.hub.reading() as uow:
        setups = read_setups(uow)
        assert {
            key: read_audience(uow, key).provisioning for key in ("technicians", "sellers", "bosses")
        } == {
            "technicians": ("self_registration",),
            "sellers": ("scim", "invitation"),
            "bosses": (),
        }
        assert read_rule(uow, "technicians.brakes").due_days == 7
        missing = missing_values(uow, [world.ids[name] for name in ("ann", "sam", "jo")])
        assert [(m.person_id, m.audience, m.key) for m in missing] == [
            (world.ids["ann"], "technicians", "certificate")
        ]
    shop = setups["sellers"]
    assert (shop.get("theme"), shop.origin["theme",], shop.origin["rules", "welcome"]) == (
        "plain",
        "base",
        "base",
    )
    assert setups["technicians"].origin["rules", "brakes"] == "workshop"
    # What one says leaves the goals of the other unchanged.
    before = goals(world)
    apply(world, tmp_path, BASE.replace('audiences = ["technicians"]', "audiences = []"))
    assert goals(world) == before | {"ann": set()}


@pytest.mark.requirement("B81")
def test_people_come_in_as_their_profile_says_and_at_its_positions(world: World, tmp_path: Path) -> None:
    apply(world, tmp_path)
    with world.hub.unit_of_work() as uow:
        everybody = Conditions(positions=(world.ids["technician"], world.ids["manager"]))
        set_audience(
            uow, read_audience(uow, "technicians").__class__("technicians", "T", everybody, ("file",))
        )
    apply(world, tmp_path)
    with world.hub.reading() as uow:
        place = Place(world.ids["Riverside"], world.ids["technician"])
        check_mode(uow, "self_registration", [place])
        with pytest.raises(NotAllowed, match="do not come into"):
            check_mode(uow, "scim", [place])
        with pytest.raises(NotAllowed) as refused:
            check_mode(uow, "self_registration", [Place(world.ids["Riverside"], world.ids["manager"])])
        assert refused.value.code == "position_not_for_audience"


@pytest.mark.requirement("B86", "D2")
def test_what_is_planned_is_done_and_taken_back_exactly(
    world: World, tmp_path: Path, clock: SettableClock
) -> None:
    apply(world, tmp_path)
    with world.hub.reading() as uow:
        state, journal = (
            hash_state(uow),
            uow.connection.scalar(sa.select(sa.func.count()).select_from(change)),
        )
    clock.advance(days=3)
    other = (
        BASE.replace("due_days = 7", "due_days = 9")
        .replace('audiences = ["sellers"]', 'audiences = ["sellers", "bosses"]')
        .replace('provisioning = ["self_registration"]\n', "")
    )
    plan = plan_profiles(world.hub, from_file(write(tmp_path, other)))
    assert (plan.diff.effects.gained, plan.diff.effects.lost, plan.diff.effects.changed) == (1, 0, 1)
    assert {c.said.key: c.fields for c in plan.profiles} == {
        "workshop": ("provisioning", "rules"),
        "shop": ("audiences",),
    }
    clock.advance(seconds=5)
    assert plan_profiles(world.hub, from_file(tmp_path / "profiles.toml")).hash == plan.hash
    with pytest.raises(ProfilesOutdated):
        make_profiles(world.hub, from_file(tmp_path / "profiles.toml"), "0" * 16)
    make_profiles(world.hub, from_file(tmp_path / "profiles.toml"), plan.hash)
    world.drain()
    assert goals(world)["jo"] == {"welcome"}
    clock.advance(days=3)
    for key in ("shop", "workshop"):
        make_profiles(world.hub, roll_back_profile(key, 1))
    world.drain()
    with world.hub.reading() as uow:
        assert hash_state(uow) == state
        assert [v.same_as for v in read_profile_versions(uow, "workshop")] == [1, 2, 1]
        assert (uow.connection.scalar(sa.select(sa.func.count()).select_from(change)) or 0) > (
            journal or 0
        ) + 4
    with world.hub.reading() as uow:
        exported = export_profiles(uow)
    for text in (BASE, exported):
        assert plan_profiles(world.hub, from_file(write(tmp_path, text))).profiles == ()


def test_conditions_of_an_audience_are_followed_by_the_rules_of_its_profile(
    world: World, tmp_path: Path
) -> None:
    apply(world, tmp_path)
    file = tmp_path / "who.toml"
    file.write_text(
        '[[audience]]\nkey = "sellers"\nname = "Sellers"\n'
        'conditions = { positions = ["manager"] }\nprovisioning = ["scim", "invitation"]\n'
    )
    plan = plan_audience_file(world.hub, file)
    assert [c.key for c in plan.changes] == ["sellers", "sellers.welcome"]
    assert (plan.effects.gained, plan.effects.lost) == (1, 1)
    apply_audience_file(world.hub, file, plan.hash)
    world.drain()
    assert goals(world) == {"ann": {"welcome", "brakes"}, "sam": set(), "jo": {"welcome"}}
    with world.hub.reading() as uow:
        exported = export_audiences(uow)
    assert "welcome" in exported
    assert "sellers.welcome" not in exported
    file.write_text(exported)
    assert plan_audience_file(world.hub, file).changes == ()
    file.write_text(
        '[[rule]]\nkey = "sellers.welcome"\ntitle = "x"\ndimension = "general"\nkind = "brand"\ntarget = "path:welcome"\n'
    )
    with pytest.raises(BadInput) as refused:
        plan_audience_file(world.hub, file)
    assert "profile" in str(refused.value.problems[0])


PROBLEMS = {
    'extends = "nobody"': "there is no profile nobody",
    'extends = "wrong"': "inherits from itself",
    'audiences = ["nowhere"]': "there is no audience nowhere",
    'audiences = ["technicians", "sellers"]\n[[profile]]\nkey = "two"\ntitle = "2"\naudiences = ["sellers"]': "has the profile",
    'provisioning = ["by_mail"]': "provisioning.0",
    "floor = 4": "greater than or equal to 5",
    '[profile.schema]\nmandatory = ["shoe-size"]\npositions = ["king"]': "no position king",
    "[profile.plugins.nothing]\non = true": "no plugin nothing",
    "[profile.plugins.webhooks.settings]\nx = 1": "webhooks",
    '[profile.aspects]\ntier = "gold"': "no plugin that is on brings this aspect",
    "colour = 1": "is not known here",
    'audiences = ["sellers"]\n[[profile.rule]]\nkey = "r"\ntitle = "r"\ndimension = "general"\nkind = "brand"\ntarget = "path:welcome"\nconditions = { positions = ["technician"] }': "asks for positions of which the audience has none",
}


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_profiles_that_cannot_be_are_refused_with_their_places(world: World, tmp_path: Path) -> None:
    for text, words in PROBLEMS.items():
        file = write(tmp_path, f'[[profile]]\nkey = "wrong"\ntitle = "Wrong"\n{text}\n')
        with pytest.raises(BadInput) as refused:
            make_profiles(world.hub, from_file(file))
        assert refused.value.code == "bad_profiles", text
        assert any(words in str(problem) for problem in refused.value.problems), (
            text,
            refused.value.problems,
        )
    with world.hub.reading() as uow:
        assert read_profiles(uow) == {}
        assert read_rules(uow) == []
        assert uow.connection.execute(sa.select(tables.audience_plugin)).all() == []


BASES = """
[[profile]]
key = "base"
title = "Base"
[[profile.rule]]
key = "RULE"
title = "Brakes"
target = "offering:brakes"
dimension = "service"
kind = "brand"
"""
CHILD = """
[[profile]]
key = "child"
title = "Child"
extends = "base"
audiences = ["technicians"]
"""


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_two_who_change_profiles_at_once_leave_no_rule_that_no_profile_says(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, write, at_once = world.hub, write_profiles, threading.Barrier(2)
    files = [tmp_path / name for name in ("both.toml", "base.toml", "child.toml")]
    lost = CHILD.replace('extends = "base"', "").replace('["technicians"]', "[]")
    for file, text in zip(files, (BASES + CHILD, BASES.replace("RULE", "other"), lost), strict=True):
        file.write_text(text)
    make_profiles(hub, from_file(files[0]))

    def slowly(*given: Any) -> None:
        with suppress(threading.BrokenBarrierError):
            at_once.wait(1)
        write(*given)

    monkeypatch.setattr(plan_profiles_module, "write_profiles", slowly)
    threads = [threading.Thread(target=make_profiles, args=(hub, from_file(file))) for file in files[1:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with hub.reading() as uow:
        assert read_setups(uow) == {}
        assert read_rules(uow) == []
