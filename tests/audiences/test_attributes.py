"""Rules over attributes and tenure, as intervals known in advance (B51, B82)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.app import open_worker
from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.files.audience_files import apply_audience_file, plan_audience_file
from hub.audiences.files.export_audiences import export_audiences
from hub.audiences.mandatory import missing_values
from hub.audiences.rules.conditions import AppointmentFacts, AttributeTest, Conditions, match
from hub.errors import BadInput, Conflict
from hub.network.attribute_values import AttributeKind
from hub.network.attributes import define_attribute, read_kinds, read_values, set_attributes
from hub.network.importing.import_network import import_network
from hub.network.importing.roster_keys import find_id
from hub.network.validity.intervals import Interval, holds
from hub.rebuild.verify import verify
from hub.runtime import Hub
from tests.network.small_network import SmallNetwork
from tests.world import World

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = [START + timedelta(days=n) for n in range(12)]


def facts(during: Interval, **attributes: Any) -> AppointmentFacts:
    return AppointmentFacts(
        "a", "p", "position", "place", "partner", "external", during, attributes=attributes
    )


@given(
    st.integers(0, 5),
    st.integers(1, 8),
    st.none() | st.integers(0, 4),
    st.none() | st.integers(0, 4),
    st.integers(0, 3),
    st.lists(st.sampled_from([1, 2, 3]), max_size=5),
)
def test_intervals_say_what_asking_each_day_would(
    start: int, length: int, low: int | None, high: int | None, before: int, values: list[int]
) -> None:
    """B51: tenure counts whole days from the appointment's first, and a test holds while the value does."""
    during = (DAYS[start], START + timedelta(days=start + length))
    dated = [(value, (DAYS[n], DAYS[n + 1])) for n, value in enumerate(values)]
    conditions = Conditions(
        attributes=(AttributeTest("bays", "at_least", (2,)),), tenure_at_least=low, tenure_at_most=high
    )
    since = during[0] - timedelta(days=before)  # the location opened later
    found = match(conditions, replace(facts(during, bays=dated), since=since))
    for at in (day + timedelta(hours=5) for day in DAYS):
        tenure = (at - since).days
        wanted = (
            holds(during, at)
            and (low is None or tenure >= low)
            and (high is None or tenure <= high)
            and any(holds(time, at) and value >= 2 for value, time in dated)
        )
        assert wanted == (found is not None and any(holds(time, at) for time in found.during))


@pytest.mark.parametrize(
    ("op", "values", "held", "not_held"),
    [
        ("equals", (True,), True, 1),
        ("equals", ("A",), "A", "a"),
        ("one_of", ("A", "B"), "B", "C"),
        ("at_least", (2.5,), 3, 2),
        ("at_most", ("2026-05-01",), "2026-04-30", "2026-05-02"),
        ("at_least", (1,), 1, True),
        ("at_least", (1,), 1, "2"),
        ("exists", (), False, None),
    ],
)
def test_what_is_asked_of_a_value(op: Any, values: tuple[Any, ...], held: Any, not_held: Any) -> None:
    test = AttributeTest("key", op, values)
    assert test.holds_for(held)
    assert op == "exists" or not test.holds_for(not_held)
    stored = Conditions(attributes=(test,), tenure_at_most=0)
    assert Conditions.from_json(stored.to_json()) == stored
    assert match(Conditions(attributes=(test,)), facts((START, None))) is None


FILE = """
[[rule]]
key = "ev"
title = "EV"
dimension = "service"
kind = "brand"
target = "offering:brakes"
conditions = { positions = ["advisor"], attributes = [{ key = "ev-gap", equals = true }, { key = "bays", at_least = 4, at_most = 9 }], tenure_days = { at_least = 30 } }
"""


@pytest.fixture
def world(hub: Hub) -> World:
    """Two advisors at Riverside, which has six bays; Ann has a gap in EV skills."""
    world = World(hub).begin()
    world.add(positions=["advisor"])
    world.add_location("Riverside")
    world.add_courses("south", "brakes")
    for person in ("ann", "bob"):
        world.add_person(person)
        world.appoint(person, "advisor", "Riverside")
    with hub.unit_of_work() as uow:
        define_attribute(uow, AttributeKind("ev-gap", "EV gap", "person", "boolean"))
        define_attribute(uow, AttributeKind("bays", "Bays", "location", "number"))
        define_attribute(uow, AttributeKind("tier", "Tier", "partner", "choice", ("gold", "silver")))
        define_attribute(uow, AttributeKind("badge", "Badge", "appointment", "text", (), ("staff",)))
        set_attributes(uow, "location", world.ids["Riverside"], {"bays": 6})
        set_attributes(uow, "person", world.ids["ann"], {"ev-gap": True})
        set_attributes(uow, "person", world.ids["bob"], {"ev-gap": False})
    return world


@pytest.mark.requirement("B51")
def test_two_with_the_same_title_get_different_goals(world: World, tmp_path: Path) -> None:
    hub, ids = world.hub, world.ids
    file = tmp_path / "ev.toml"
    file.write_text(FILE)
    assert plan_audience_file(hub, file).people == 1
    apply_audience_file(hub, file)
    world.drain()
    assert set(world.live_goals("ann")) == {("brakes", "service")}
    assert world.live_goals("bob") == {}
    with hub.unit_of_work() as uow:
        exported = export_audiences(uow)
        assert '{ key = "bays", at_most = 9 }' in exported
        later = uow.now + timedelta(days=9)
        set_attributes(uow, "location", ids["Riverside"], {"bays": 12}, later)
    file.write_text(exported)
    assert plan_audience_file(hub, file).changes == ()
    world.drain()
    assert world.live_goals("ann", later) == {}
    assert set(world.live_goals("ann")) == {("brakes", "service")}
    for old, new, message in (
        ("equals = true", "equals = 1", "ev-gap must be true or false"),
        ("equals = true", "at_least = true", "ev-gap is neither a number nor a date"),
        ("ev-gap", "nothing", "there is no attribute nothing"),
        ("equals = true", "exists = false", "attributes"),
    ):
        file.write_text(FILE.replace(old, new))
        with pytest.raises(BadInput) as refused:
            plan_audience_file(hub, file)
        assert any(message in str(problem) for problem in refused.value.problems)


@pytest.mark.requirement("B51")
def test_every_problem_of_values_is_told_at_once(world: World) -> None:
    ids = world.ids
    with world.hub.unit_of_work() as uow:
        with pytest.raises(BadInput) as refused:
            set_attributes(uow, "person", ids["ann"], {"ev-gap": 1, "bays": 4, "none": "x"})
        assert [problem.place for problem in refused.value.problems] == ["ev-gap", "bays", "none"]
        with pytest.raises(BadInput):
            set_attributes(uow, "partner", ids["partner"], {"tier": "bronze"})
        assert set_attributes(uow, "partner", ids["partner"], {"tier": "gold"})
        assert not set_attributes(uow, "partner", ids["partner"], {"tier": "gold"})
        later = uow.now + timedelta(days=1)
        assert set_attributes(uow, "partner", ids["partner"], {"tier": None}, later)
        assert [v["valid_to"] for v in read_values(uow, ids["partner"])] == [later.isoformat()]
        (found,) = read_facts(uow, [ids["ann"]])[ids["ann"]]
        assert {key: [value for value, _ in dated] for key, dated in found.attributes.items()} == {
            "ev-gap": [True],
            "bays": [6],
            "tier": ["gold"],
        }
        with pytest.raises(Conflict):
            define_attribute(uow, AttributeKind("tier", "Tier", "partner", "choice", ("gold", "bronze")))
        assert define_attribute(
            uow, AttributeKind("tier", "Tier", "partner", "choice", ("gold", "silver", "x"))
        )
        with pytest.raises(BadInput) as refused:
            define_attribute(uow, AttributeKind("Not a key", "T", "house", "choice"))
        assert {problem.place for problem in refused.value.problems} == {"key", "subject", "choices"}


@pytest.mark.requirement("B82")
def test_a_field_is_mandatory_in_one_audience_only(world: World) -> None:
    ids = world.ids
    world.add_audience("staff", positions=("advisor",))
    world.add_audience("others", audience_class="internal")
    people = [ids["ann"], ids["bob"]]
    with world.hub.unit_of_work() as uow:
        missing = missing_values(uow, people)
        assert {(m.person_id, m.audience, m.key) for m in missing} == {(p, "staff", "badge") for p in people}
        ann = next(m for m in missing if m.person_id == ids["ann"])
        set_attributes(uow, "appointment", ann.subject_id, {"badge": "17"})
        assert [m.person_id for m in missing_values(uow, people)] == [ids["bob"]]


@pytest.mark.requirement("B51")
def test_files_bring_attributes_and_a_rebuild_agrees(hub: Hub, tmp_path: Path) -> None:
    files = SmallNetwork()
    files.add(
        "attribute_kinds.csv",
        "ev,EV ready,person,boolean,,",
        "bays,Bays,location,number,,",
        "tier,Tier,partner,choice,gold;silver,staff",
        "since,Since,appointment,date,,",
    )
    files.add(
        "attributes.csv",
        "person,U1,ev,true,,",
        "location,L1,bays,4,,2026-01-01",
        "location,L1,bays,6.5,2026-01-01,",
        "partner,P1,tier,gold,,",
        "appointment,A1,since,2024-02-29,,",
    )
    import_network(hub, files.write(tmp_path))
    assert import_network(hub, tmp_path).changes == 0
    with hub.reading() as uow:
        assert [v["value"] for v in read_values(uow, find_id(uow, "location", "L1"))] == [4, 6.5]
        assert [v["value"] for v in read_values(uow, find_id(uow, "appointment", "A1"))] == ["2024-02-29"]
        assert read_kinds(uow)["tier"].mandatory_for == ("staff",)
    files.files["attributes.csv"] = ["person,U1,ev,false,,"]
    report = import_network(hub, files.write(tmp_path))
    assert {kind for kind, counts in report.counts.items() if counts.changed} == {
        f"attributes_{subject}" for subject in ("person", "location", "partner", "appointment")
    }
    with hub.reading() as uow:
        assert read_values(uow, find_id(uow, "location", "L1")) == []
    open_worker(hub).drain()
    assert not verify(hub).differences
    files.files["attributes.csv"] = [
        "person,U9,ev,true,,",
        "person,U1,bays,4,,",
        "location,L1,bays,many,,",
        "partner,P1,nothing,4,,",
    ]
    with pytest.raises(BadInput) as refused:
        import_network(hub, files.write(tmp_path))
    assert [str(problem) for problem in refused.value.problems] == [
        'attributes.csv:3:attribute_id: "bays" is an attribute of a location',
        'attributes.csv:4:value: "many" must be a number',
        'attributes.csv:5:attribute_id: no attribute_kind "nothing"',
    ]
