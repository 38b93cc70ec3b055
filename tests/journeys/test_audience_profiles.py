"""Two plugins give two audiences sign-up, structure, goals, reports and an aspect of their own; a third is unchanged (D20)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.app import open_hub
from hub.audiences.assigning.notes import set_notes
from hub.audiences.mandatory import missing_values
from hub.audiences.profiles.plan_profiles import from_file, make_profiles, roll_back_profile
from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.profiles.reports import run_report
from hub.audiences.provisioning import MODES, check_mode
from hub.clock import SettableClock
from hub.config import Settings
from hub.errors import BadInput, NotAllowed
from hub.network.attribute_values import AttributeKind
from hub.network.attributes import define_attribute
from hub.network.people.places import Place
from hub.network.tables import appointment, dimension
from hub.plugin_data.migrate import migrate_plugins
from hub.runtime import Hub
from tests.packages import installed
from tests.world import World

PLUGINS = Path(__file__).parents[2] / "plugins_contrib"
NAMES = ("distributor_onboarding", "brand_launch")
PEOPLE = (("dana", "sales", "Depot"), ("will", "technician", "Garage"), ("olive", "clerk", "Office"))


@pytest.fixture
def hub(settings: Settings, clock: SettableClock) -> Iterator[Hub]:
    """A hub with both plugins on, in place of the usual one."""
    with installed(*(PLUGINS / name for name in NAMES)):
        on = settings.model_copy(update={"plugins": [*NAMES, "standard_completion"]})
        opened = open_hub(on, clock=clock)
        migrate_plugins(opened.engine, opened.hooks)
        yield opened
        opened.close()


@pytest.fixture
def world(hub: Hub) -> World:
    """Dana sells at a distributor, Will repairs in a workshop, Olive is a clerk; an audience each."""
    made = World(hub).begin()
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.insert(dimension).values(key="distribution", name="Distribution"))
        define_attribute(uow, AttributeKind("certificate", "Certificate", "person", "text"))
    made.add(positions=["sales", "technician", "clerk"])
    made.add_courses("south", "new-model", "tools", "basics", "gold", "desk")
    made.add_path("distributor-basics", "basics")
    made.add_path("distributor-gold", "gold")
    made.add_rule("desk", "desk", "general", positions=("clerk",))
    for audience, position in (("distributors", "sales"), ("workshops", "technician"), ("offices", "clerk")):
        made.add_audience(audience, positions=(position,))
    for name, position, place in PEOPLE:
        made.add_location(place)
        made.add_person(name)
        made.appoint(name, position, place, since=hub.clock.now())
        made.link(name)
    made.drain()
    return made


def apply(world: World, plugin: str) -> None:
    make_profiles(world.hub, from_file(PLUGINS / plugin / "profile.toml"))
    world.drain()


def approve_dana(world: World) -> None:
    """As somebody does on the plugin's page."""
    note = {"decision": "approved", "at": world.hub.clock.now().isoformat(), "as": "a partner admin"}
    with world.hub.unit_of_work() as uow:
        hers = sa.select(appointment.c.id).where(appointment.c.person_id == world.ids["dana"])
        set_notes(uow, "distributor_onboarding", {uow.connection.scalars(hers).one(): note})
    world.drain()


def goals(world: World) -> dict[str, set[tuple[str, str]]]:
    return {name: set(world.live_goals(name)) for name, _, _ in PEOPLE}


def ways_in(world: World, position: str, place: str) -> set[str]:
    found = set()
    with world.hub.reading() as uow:
        for mode in MODES:
            try:
                check_mode(uow, mode, [Place(world.ids[place], world.ids[position])])  # type: ignore[arg-type]
                found.add(mode)
            except NotAllowed:
                continue
    return found


DESK = {("desk", "general")}
ONBOARDING = {("distributor-basics", "general"), ("distributor-gold", "general")}
TOOLS, LAUNCH = {("tools", "service")}, {("new-model", "general")}


@pytest.mark.requirement("D20", "B80", "B85")
def test_two_audiences_are_set_up_by_two_plugins_and_a_third_is_unchanged(
    world: World, clock: SettableClock, tmp_path: Path
) -> None:
    for plugin in NAMES:
        apply(world, plugin)
    assert goals(world)["dana"] == set()
    approve_dana(world)
    # Goals: Dana's as soon as somebody approved, Will's from 60 days before the launch.
    assert goals(world) == {"dana": ONBOARDING, "will": TOOLS | LAUNCH, "olive": DESK}
    # Sign-up.
    assert ways_in(world, "sales", "Depot") == {"self_registration"}
    assert ways_in(world, "technician", "Garage") == {"invitation", "scim"}
    assert ways_in(world, "clerk", "Office") == set(MODES)
    with world.hub.reading() as uow:
        # Structure: what is mandatory, and which dimensions there are.
        lacking = missing_values(uow, [world.ids[name] for name, _, _ in PEOPLE])
        assert [(m.audience, m.key) for m in lacking] == [("workshops", "certificate")]
        setups = read_setups(uow)
        assert [setups[key].get("dimensions") for key in ("distributors", "workshops")] == [
            ["distribution", "general"],
            ["service"],
        ]
        # An aspect each, and reports of their own.
        assert setups["distributors"].items("aspects") == {"contract_tier": "gold"}
        assert setups["workshops"].items("aspects") == {"launch_wave": 1}
        assert run_report(uow, "distributors", "onboarding").definition.by == "partner"
        assert run_report(uow, "workshops", "ready").definition.layout == "sentence"
        assert "offices" not in setups
    # Switched, and told otherwise, without a restart.
    file = tmp_path / "profile.toml"
    text = (PLUGINS / "distributor_onboarding" / "profile.toml").read_text()
    clock.advance(days=1)
    file.write_text(text.replace('contract_tier = "gold"', 'contract_tier = "silver"'))
    make_profiles(world.hub, from_file(file))
    world.drain()
    assert goals(world) == {
        "dana": ONBOARDING - {("distributor-gold", "general")},
        "will": TOOLS | LAUNCH,
        "olive": DESK,
    }
    file.write_text(text.replace("on = true", "on = false"))
    make_profiles(world.hub, from_file(file))
    world.drain()
    assert goals(world) == {"dana": set(), "will": TOOLS | LAUNCH, "olive": DESK}
    make_profiles(world.hub, roll_back_profile("distributors", 1))
    world.drain()
    assert goals(world) == {"dana": ONBOARDING, "will": TOOLS | LAUNCH, "olive": DESK}


@pytest.mark.requirement("B85")
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_register_aspects_survives_that_its_plugin_is_off_for_a_while(world: World, tmp_path: Path) -> None:
    apply(world, "distributor_onboarding")
    settings = world.hub.settings.model_copy(update={"plugins": ["standard_completion"]})
    off = replace(world, hub=open_hub(settings, clock=world.hub.clock))
    file = tmp_path / "profile.toml"
    text = (PLUGINS / "distributor_onboarding" / "profile.toml").read_text()
    file.write_text(text.replace('title = "Distributors"', 'title = "Our distributors"'))
    make_profiles(off.hub, from_file(file))  # what was allowed once stays
    file.write_text(text.replace('"gold"', '"silver"'))
    with pytest.raises(BadInput, match="cannot be used"):
        make_profiles(off.hub, from_file(file))
    off.hub.close()
    with world.hub.reading() as uow:
        assert read_setups(uow)["distributors"].items("aspects") == {"contract_tier": "gold"}
    file.write_text(text.replace('contract_tier = "gold"', 'contract_tier = "platinum"'))
    with pytest.raises(BadInput) as refused:
        make_profiles(world.hub, from_file(file))
    assert [str(p) for p in refused.value.problems] == [
        "profile distributors: aspects.contract_tier: is not one of basic, silver, gold"
    ]
