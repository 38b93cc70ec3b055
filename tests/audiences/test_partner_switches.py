"""A plugin is switched off for one partner, and on again: nobody else notices, and everything else follows."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.access.why_scope import WhyScope
from hub.api import Candidate, Opinion, Panel, PanelView, hookimpl, reads
from hub.audiences.assigning.reassign import queue_people
from hub.audiences.files.audience_files import apply_audience_file, plan_audience_file
from hub.audiences.files.export_audiences import export_audiences
from hub.audiences.panels import read_panels
from hub.audiences.rules.partner_switches import switch_for_partner
from hub.audiences.rules.rule import switch_plugin
from hub.audiences.tables import plugin_off, reassign_queue
from hub.audiences.why.read_why import read_why_tree
from hub.clock import SettableClock
from hub.errors import BadInput, Missing
from hub.ids import new_id
from hub.journal.tables import audit as audit_table
from hub.journal.tables import change
from hub.network import tables as network
from tests.hooks.conftest import MakeWorld, world_with
from tests.world import LONG_AGO, World

__all__ = ["world_with"]


class Wishes:
    """Wants one course for everybody it is asked about, and shows a panel."""

    hub_api = "1.1"

    def __init__(self) -> None:
        self.asked: list[str] = []

    @hookimpl
    @reads("position")
    def decide_assignments(self, candidates: Sequence[Candidate]) -> list[Opinion]:
        self.asked += [c.location_id for c in candidates]
        return [
            Opinion(c.appointment_id, "offering", "brakes", "everybody should", c.starts) for c in candidates
        ]

    @hookimpl
    def plan_panels(self, view: PanelView) -> list[Panel]:
        return [Panel("Wishes", "one sentence")]


@pytest.fixture
def world(world_with: MakeWorld) -> World:
    """Ann works at Riverside, Lea at Lakeside, which is another partner; Max at both. The plugin is on for technicians."""
    wishes = Wishes()
    made = world_with(wishes=wishes)
    made.ids["wishes"] = ""
    with made.hub.unit_of_work() as uow:
        made.ids["lakeside"] = new_id()
        uow.insert(network.partner, id=made.ids["lakeside"], name="Lakeside Motors")
        for name, id in (("R-1", made.ids["partner"]), ("L-1", made.ids["lakeside"])):
            uow.insert(network.roster_key, kind="partner", external_id=name, id=id, content_hash="")
    made.add_location("Lakeside", brands={"A": ["service"]})
    with made.hub.unit_of_work() as uow:
        there = network.location.c.id == made.ids["Lakeside"]
        uow.connection.execute(
            sa.update(network.location).where(there).values(partner_id=made.ids["lakeside"])
        )
    for name, places in (("lea", ["Lakeside"]), ("max", ["Lakeside", "Riverside"])):
        made.add_person(name)
        for place in places:
            made.appoint(name, "technician", place, brands=["A"], since=LONG_AGO)
        made.link(name)
    with made.hub.unit_of_work() as uow:
        switch_plugin(uow, "technicians", "wishes", on=True)
    made.drain()
    return made


def switch(world: World, on: bool, partner: str = "lakeside") -> None:
    with world.hub.unit_of_work() as uow:
        assert switch_for_partner(uow, world.ids[partner], "wishes", on=on)
    world.drain()


def goals(world: World, *people: str) -> list[int]:
    return [len(world.live_goals(person)) for person in people]


def panels(world: World, *people: str) -> list[int]:
    with world.hub.reading() as uow:
        return [len(read_panels(uow, world.ids[person])) for person in people]


def test_what_a_plugin_wanted_there_is_withdrawn_and_comes_back(world: World, clock: SettableClock) -> None:
    assert goals(world, "ann", "lea", "max", "sam") == [1, 1, 1, 0]
    clock.advance(hours=1)
    switch(world, on=False)
    assert goals(world, "ann", "lea", "max") == [1, 0, 1]  # Max still works at Riverside
    assert panels(world, "ann", "lea", "max") == [1, 0, 1]
    clock.advance(hours=1)
    switch(world, on=True)
    assert goals(world, "ann", "lea", "max") == [1, 1, 1]
    assert panels(world, "ann", "lea") == [1, 1]


def test_credits_stay_while_it_is_off(world: World, clock: SettableClock) -> None:
    statement = world.send("lea", "brakes")
    world.drain()
    clock.advance(hours=1)
    switch(world, on=False)
    clock.advance(hours=1)
    switch(world, on=True)
    assert world.live_goals("lea") == {("brakes", "general"): statement}


def test_it_is_not_asked_about_appointments_there(world: World, clock: SettableClock) -> None:
    switch(world, on=False)
    plugin = world.hub.hooks.plugins[-1].instance
    plugin.asked.clear()
    world.add_person("new")
    world.appoint("new", "technician", "Lakeside", since=clock.now())
    world.appoint("new", "technician", "Riverside", since=clock.now())
    world.drain()
    assert plugin.asked == [world.ids["Riverside"]]
    clock.advance(hours=1)
    plugin.asked.clear()
    switch(world, on=True)
    assert world.ids["Lakeside"] in plugin.asked


def test_only_people_there_are_worked_out_anew(world: World, clock: SettableClock) -> None:
    clock.advance(hours=1)
    with world.hub.unit_of_work() as uow:
        switch_for_partner(uow, world.ids["lakeside"], "wishes", on=False)
    with world.hub.unit_of_work() as uow:
        rows = uow.connection.execute(sa.select(change).order_by(change.c.position.desc()).limit(1)).all()
        queue_people(uow, rows)
        queued = set(uow.connection.scalars(sa.select(reassign_queue.c.person_id)))
    assert queued == {world.ids["lea"], world.ids["max"]}


def test_it_is_audited_and_in_the_journal(world: World, clock: SettableClock) -> None:
    clock.advance(hours=1)
    switch(world, on=False)
    with world.hub.unit_of_work() as uow:
        assert not switch_for_partner(uow, world.ids["lakeside"], "wishes", on=False)
    with world.hub.reading() as uow:
        (row,) = uow.connection.execute(
            sa.select(audit_table).where(audit_table.c.action == "plugin_switched_for_partner")
        ).all()
        (noted,) = uow.connection.execute(
            sa.select(change.c.body).where(change.c.kind == "plugin_switched_for_partner")
        ).scalars()
    assert (row.subject_id, row.partner_id, row.detail) == ("wishes", world.ids["lakeside"], {"on": False})
    assert noted["on"] is False


def test_off_and_on_within_one_instant_leaves_nothing(world: World) -> None:
    switch(world, on=False)
    switch(world, on=True)
    switch(world, on=False)
    with world.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(plugin_off)).all()
    assert [row.valid_to for row in rows] == [None]


@pytest.mark.parametrize(
    ("partner", "plugin", "error"),
    [
        ("lakeside", "standard_completion", BadInput),
        ("lakeside", "no_such_plugin", BadInput),
        ("ann", "wishes", Missing),
        ("wishes", "wishes", Missing),
    ],
)
def test_what_cannot_be_switched_is_refused(
    world: World, partner: str, plugin: str, error: type[Exception]
) -> None:
    with world.hub.unit_of_work() as uow, pytest.raises(error):
        switch_for_partner(uow, world.ids[partner], plugin, on=False)


def test_why_says_that_it_is_off_there(world: World, clock: SettableClock) -> None:
    def failing(person: str) -> list[tuple[str, tuple[str, ...]]]:
        with world.hub.reading() as uow:
            tree = read_why_tree(
                uow, world.ids[person], ("offering", world.ids["brakes"]), WhyScope(everything=True)
            )
        return [(leaf.what, leaf.found) for goal in tree.goals for ask in goal.asks for leaf in ask.failing]

    clock.advance(hours=1)
    switch(world, on=False)
    assert failing("ann") == []
    assert failing("lea") == [("plugin_here", ("Lakeside Motors",))]


def test_a_file_says_for_which_partners_it_is_off(world: World, clock: SettableClock, tmp_path: Path) -> None:
    clock.advance(hours=1)
    file = tmp_path / "who.toml"
    file.write_text('[[plugin]]\nkey = "wishes"\noff_for = ["L-1"]\n')
    plan = plan_audience_file(world.hub, file)
    assert [(c.key, c.what) for c in plan.changes] == [("wishes for L-1", "off")]
    assert (plan.people, plan.effects.lost, plan.effects.losing) == (2, 1, 1)  # Max has it through Riverside
    apply_audience_file(world.hub, file, plan.hash)
    world.drain()
    assert goals(world, "ann", "lea", "max") == [1, 0, 1]
    assert plan_audience_file(world.hub, file).changes == ()
    with world.hub.reading() as uow:
        text = export_audiences(uow)
    assert '[[plugin]]\nkey = "wishes"\noff_for = ["L-1"]\n' in text
    again = tmp_path / "all.toml"
    again.write_text(text)
    assert plan_audience_file(world.hub, again).changes == ()
    clock.advance(hours=1)
    file.write_text('[[plugin]]\nkey = "wishes"\noff_for = []\n')
    back = plan_audience_file(world.hub, file)
    assert [(c.key, c.what) for c in back.changes] == [("wishes for Lakeside Motors", "on")]
    assert back.effects.gained == 1
    apply_audience_file(world.hub, file)
    world.drain()
    assert goals(world, "lea") == [1]


def test_a_file_that_names_nobody_or_nothing_is_refused(world: World, tmp_path: Path) -> None:
    file = tmp_path / "who.toml"
    file.write_text('[[plugin]]\nkey = "gone"\noff_for = ["L-9"]\n')
    with pytest.raises(BadInput) as error:
        plan_audience_file(world.hub, file)
    assert [problem.message for problem in error.value.problems] == [
        "no plugin gone that can be switched is on in the settings",
        "the network has no partner L-9",
    ]
