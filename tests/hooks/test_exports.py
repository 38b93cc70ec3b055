"""register_exports, certified_changed: plugins keep lists of certified people in other systems, and hear what changes in them."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.api import CertifiedChange, CertifiedPerson, Export, OutsideFailed, Refusals, hookimpl
from hub.clock import SettableClock
from hub.errors import BadInput
from hub.exports.certified import exports_of
from hub.exports.compare import ComparisonPlan, plan_comparison
from hub.exports.queue import compare_everybody
from hub.exports.read_certified import read_all
from hub.exports.tables import export_row
from hub.network.tables import roster_key
from tests.hooks.conftest import MakeWorld
from tests.rows import every_row
from tests.world import World


class Keeps:
    """A list in another system, kept by what it is told."""

    hub_api = "1.1"

    def __init__(self, *exports: Export) -> None:
        self.exports = exports or (Export("map", targets=("offering:brakes", "path:welcome")),)
        self.list: dict[str, CertifiedPerson] = {}
        self.told: list[list[str]] = []
        self.fails: Exception | None = None
        self.refuses: set[str] = set()

    @hookimpl
    def register_exports(self) -> Sequence[Export]:
        return self.exports

    @hookimpl
    def certified_changed(
        self, export: Export, changes: Sequence[CertifiedChange], refusals: Refusals
    ) -> None:
        self.told.append([each.id for each in changes])
        if self.fails:
            raise self.fails
        for each in changes:
            if each.row is None:
                del self.list[each.id]
            elif each.row.given_name in self.refuses:
                refusals.add(each.id, "no such dealer")
            else:
                self.list[each.id] = each.row

    def names(self) -> list[tuple[str, str]]:
        return sorted((row.given_name, row.target) for row in self.list.values())


def credited(world_with: MakeWorld, keeps: Keeps) -> World:
    """Ann and Tom are asked for brakes; Ann has completed it."""
    world = world_with(keeps=keeps)
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.send("ann", "brakes")
    world.drain()
    return world


def test_register_exports_and_certified_changed_tell_who_is_certified(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    keeps = Keeps()
    world = credited(world_with, keeps)
    ((_, row),) = keeps.list.items()
    assert (row.given_name, row.family_name, row.position) == ("ann", "Tester", "technician")
    assert (row.location_name, row.partner_name, row.brands) == ("Riverside", "Riverside Auto", ("A",))
    assert (row.target, row.title, row.certified_at) == ("offering:brakes", "Brakes", clock.now())
    assert (row.person_id, row.until) == (world.ids["ann"], None)
    world.send("tom", "brakes")
    world.drain()
    assert keeps.names() == [("ann", "offering:brakes"), ("tom", "offering:brakes")]
    assert [len(ids) for ids in keeps.told] == [1, 1]
    world.drain()
    assert len(keeps.told) == 2
    with world.hub.reading() as uow:
        whole = list(read_all(uow, keeps.exports[0], chunk=1))
    assert whole == sorted(keeps.list.values(), key=lambda each: each.person_id)


def test_credit_that_is_taken_back_and_an_appointment_that_ends_are_tombstones(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    keeps = Keeps()
    world = world_with(keeps=keeps)
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.add_person("eve")
    ends = clock.now() + timedelta(days=3)
    world.appoint("eve", "technician", "Riverside", until=ends)
    world.link("eve")
    world.send("eve", "brakes")
    statement = world.send("ann", "brakes")
    world.drain()
    assert keeps.names() == [("ann", "offering:brakes"), ("eve", "offering:brakes")]
    assert {row.given_name: row.until for row in keeps.list.values()} == {"ann": None, "eve": ends}
    world.send("ann", statement, verb="voided")
    world.drain()
    assert keeps.names() == [("eve", "offering:brakes")]
    clock.advance(days=4)  # nobody says anything: the comparison of the day finds it
    world.drain()
    assert keeps.names() == []
    with world.hub.reading() as uow:
        assert uow.connection.execute(sa.select(export_row)).all() == []


def test_comparison_of_the_day_changes_nothing_that_is_right(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    keeps = Keeps()
    world = credited(world_with, keeps)
    for _ in range(3):
        clock.advance(days=1)
        world.drain()
    assert len(keeps.told) == 1
    with world.hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(export_row).values(content_hash="other"))
    clock.advance(days=1)
    world.drain()
    assert len(keeps.told) == 2


def test_list_that_cannot_be_written_is_told_the_same_later(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    keeps = Keeps()
    keeps.fails = OutsideFailed("crm_busy", "Too many.", wait=50)
    world = credited(world_with, keeps)
    assert len(keeps.told) == 1
    keeps.fails = None
    clock.advance(seconds=49)
    world.drain()
    assert keeps.list == {}
    clock.advance(seconds=1)
    world.drain()
    assert keeps.told[0] == keeps.told[1]
    assert keeps.names() == [("ann", "offering:brakes")]


def test_row_that_is_refused_holds_up_no_other_and_is_offered_again(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    keeps = Keeps()
    keeps.refuses = {"ann"}
    world = credited(world_with, keeps)
    world.send("tom", "brakes")
    world.drain()
    assert keeps.names() == [("tom", "offering:brakes")]
    with world.hub.reading() as uow:
        refused = sa.select(export_row.c.refused).where(export_row.c.refused != "")
        assert list(uow.connection.scalars(refused)) == ["no such dealer"]
    keeps.refuses.clear()
    clock.advance(days=1)
    world.drain()
    assert keeps.names() == [("ann", "offering:brakes"), ("tom", "offering:brakes")]


def test_what_a_comparison_would_hand_on_is_counted_before_and_nothing_written(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    keeps = Keeps()
    keeps.refuses = {"ann"}
    world = credited(world_with, keeps)
    world.send("tom", "brakes")
    world.drain()
    (tom,) = keeps.list
    told, owner = len(keeps.told), world.ids["tom"]

    def spoil(**values: str) -> None:
        """As if the list had been told something else of tom."""
        with world.hub.unit_of_work() as uow:
            row = sa.update(export_row).where(export_row.c.person_id == owner)
            uow.connection.execute(row.values(**values))

    def planned() -> ComparisonPlan:
        before = every_row(world.hub)
        with world.hub.reading() as uow:
            plan = plan_comparison(uow, "keeps", keeps.exports[0])
        assert every_row(world.hub) == before
        return plan

    def numbers() -> tuple[int, ...]:
        plan = planned()
        assert len(plan.first) == plan.new + plan.changed + plan.refused_before + plan.gone
        return plan.people, plan.new, plan.changed, plan.refused_before, plan.gone

    assert numbers() == (2, 0, 0, 1, 0)
    spoil(content_hash="another")
    assert numbers() == (2, 0, 1, 1, 0)
    spoil(id="gone:offering")
    assert numbers() == (2, 1, 0, 1, 1)
    assert [(each.id, each.row is None) for each in planned().first if each.id.startswith("gone")] == [
        ("gone:offering", True)
    ]
    assert len(keeps.told) == told
    shown = {each.id for each in planned().first}
    keeps.list["gone:offering"] = keeps.list[tom]
    keeps.refuses.clear()
    with world.hub.unit_of_work() as uow:
        compare_everybody(uow, "keeps", "map")
    world.drain()
    assert {id for ids in keeps.told[told:] for id in ids} == shown
    assert numbers() == (2, 0, 0, 0, 0)


@pytest.mark.requirement("B71")
def test_reviews_are_in_no_list(world_with: MakeWorld) -> None:
    keeps = Keeps()
    world = world_with(keeps=keeps)
    world.add_rule("talk", "brakes", "service", kind="review", positions=("technician",))
    world.send("ann", "brakes")
    world.drain()
    assert keeps.told == []
    with world.hub.reading() as uow:
        assert list(read_all(uow, keeps.exports[0])) == []


def test_list_of_a_partner_has_what_that_partner_sees(world_with: MakeWorld) -> None:
    targets = ("offering:brakes",)
    keeps = Keeps(Export("own", targets, partner="P1"), Export("other", targets, partner="P2"))
    world = world_with(keeps=keeps)
    from hub.ids import new_id
    from hub.network.tables import partner

    with world.hub.unit_of_work() as uow:
        strange = new_id()
        uow.connection.execute(sa.insert(partner).values(id=strange, name="Lakeside"))
        for external, id in (("P1", world.ids["partner"]), ("P2", strange)):
            uow.connection.execute(
                sa.insert(roster_key).values(kind="partner", external_id=external, id=id, content_hash="")
            )
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.send("ann", "brakes")
    world.drain()
    assert keeps.names() == [("ann", "offering:brakes")]
    assert len(keeps.told) == 1


def test_whoever_is_erased_leaves_every_list(world_with: MakeWorld) -> None:
    from hub.lifecycle.erase import erase
    from hub.lifecycle.subject import subject_of_person

    keeps = Keeps()
    world = credited(world_with, keeps)
    with world.hub.reading() as uow:
        subject = subject_of_person(uow, world.ids["ann"])
    erase(world.hub, subject)
    world.drain()
    assert keeps.list == {}
    with world.hub.reading() as uow:
        assert uow.connection.execute(sa.select(export_row)).all() == []


@pytest.mark.parametrize(
    "exports",
    [
        (Export("a"), Export("a")),
        (Export(""),),
        (Export("x" * 65),),
        (Export("a", targets=("welcome",)),),
    ],
)
def test_exports_that_cannot_be_are_refused_at_start(
    world_with: MakeWorld, exports: tuple[Export, ...]
) -> None:
    world = world_with(keeps=Keeps(*exports))
    with pytest.raises(BadInput, match="keeps cannot be used"):
        exports_of(world.hub.hooks)
