"""register_personal_data, export_person, erase_person: what plugins keep is said, handed out, and erased for certain."""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.api import Erased, PersonalData, hookimpl
from hub.app import BUILT_IN_PLUGINS, load_plugins
from hub.clock import SettableClock
from hub.errors import BadInput
from hub.lifecycle.erase import erase
from hub.lifecycle.erase_in_plugins import open_plugins, plugins_to_ask
from hub.lifecycle.export_person import export_person
from hub.lifecycle.receipts import Receipt, read_receipt
from hub.lifecycle.subject import subject_of_person
from hub.lifecycle.upkeep import Upkeep
from hub.plugin_data.migrate import migrate_plugins
from hub.plugin_data.personal_data import check_personal_data, personal_data_of
from hub.plugin_data.remove import remove_data, what_is_kept
from hub.plugin_data.storage import lend_storage
from tests.hooks.conftest import MakeWorld
from tests.packages import installed
from tests.plugin_data.keeper import KEPT, Keeper
from tests.plugin_data.shelf import TABLE, Shelf, books, hooks_with, write_revision
from tests.world import World


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(write_revision(tmp_path / "migrations", TABLE))


@pytest.fixture
def world(world_with: MakeWorld, keeper: Keeper) -> World:
    """Ann reads book 1, Tom book 2."""
    made = world_with(shelf=keeper)
    migrate_plugins(made.hub.engine, made.hub.hooks)
    lend_storage(made.hub)
    with keeper.storage.writing() as unit:
        rows = [{"id": id, "person_id": made.ids[name]} for id, name in ((1, "ann"), (2, "tom"))]
        unit.connection.execute(sa.insert(books), rows)
    return made


def left(keeper: Keeper) -> Sequence[int]:
    with keeper.storage.reading() as connection:
        return connection.scalars(sa.select(books.c.id).order_by(books.c.id)).all()


def erase_ann(world: World) -> Receipt:
    with world.hub.reading() as uow:
        subject = subject_of_person(uow, world.ids["ann"])
    return erase(world.hub, subject)


def test_erase_person_is_part_of_the_erasure_and_counted_in_its_receipt(world: World, keeper: Keeper) -> None:
    receipt = erase_ann(world)
    assert left(keeper) == [2]
    assert receipt.counts["books (shelf)"] == 1
    assert receipt.finished_at is not None
    assert receipt.is_genuine


def test_a_plugin_that_cannot_erase_leaves_the_erasure_open_and_is_asked_again(
    world: World, keeper: Keeper, clock: SettableClock
) -> None:
    keeper.broken = RuntimeError("the shelf is locked")
    receipt = erase_ann(world)
    assert (receipt.finished_at, receipt.hash, left(keeper)) == (None, "", [1, 2])
    with world.hub.reading() as uow:
        assert open_plugins(uow, receipt.id) == {"shelf": "RuntimeError: the shelf is locked"}
        assert subject_of_person(uow, world.ids["ann"]).shown == "an erased person"  # the hub's own is gone
    upkeep = Upkeep(world.hub)
    clock.advance(seconds=29)
    keeper.broken = None
    upkeep.turn()
    assert left(keeper) == [1, 2]
    clock.advance(seconds=1)
    upkeep.turn()
    assert left(keeper) == [2]
    with world.hub.reading() as uow:
        ended = read_receipt(uow, receipt.id)
        assert open_plugins(uow, receipt.id) == {}
    assert (ended.finished_at, ended.counts["books (shelf)"], ended.is_genuine) == (clock.now(), 1, True)


def test_asking_for_the_same_erasure_again_asks_the_plugin_at_once(world: World, keeper: Keeper) -> None:
    keeper.broken = RuntimeError("the shelf is locked")
    first = erase_ann(world)
    keeper.broken = None
    again = erase_ann(world)
    assert (again.id, left(keeper), again.is_genuine) == (first.id, [2], True)


def test_a_plugin_that_is_off_but_has_tables_keeps_the_erasure_open(
    world: World, keeper: Keeper, clock: SettableClock
) -> None:
    off = dataclasses.replace(world.hub, hooks=hooks_with())
    with off.reading() as uow:
        subject = subject_of_person(uow, world.ids["ann"])
    receipt = erase(off, subject)
    assert receipt.finished_at is None
    with off.reading() as uow:
        assert "hub plugin remove shelf --data" in open_plugins(uow, receipt.id)["shelf"]
    clock.advance(seconds=31)
    Upkeep(world.hub).turn()  # on again
    assert left(keeper) == [2]
    with off.reading() as uow:
        assert read_receipt(uow, receipt.id).finished_at is not None


class Elsewhere:
    """Has no tables: what it keeps is in another system."""

    hub_api = "1.1"

    def __init__(self, *, is_down: bool = False) -> None:
        self.is_down = is_down
        self.asked: list[str] = []

    @hookimpl
    def erase_person(self, person_id: str) -> Iterator[Erased]:
        if self.is_down:
            raise RuntimeError("the other system is down")
        self.asked.append(person_id)
        yield Erased("contacts", 1)


@pytest.mark.parametrize("others_on", [True, False], ids=["off_the_list", "no_plugins_at_all"])
def test_a_failing_plugin_without_tables_keeps_the_erasure_open_while_it_is_not_on(
    world_with: MakeWorld, clock: SettableClock, others_on: bool
) -> None:
    other = Elsewhere(is_down=True)
    world = world_with(contacts=other)
    receipt = erase_ann(world)
    off = world_with().hub if others_on else dataclasses.replace(world.hub, hooks=hooks_with())
    clock.advance(hours=7)
    Upkeep(off).turn()
    with off.reading() as uow:
        assert "hub plugin remove contacts --data" in open_plugins(uow, receipt.id)["contacts"]
        assert read_receipt(uow, receipt.id).finished_at is None
    other.is_down = False
    clock.advance(hours=7)
    Upkeep(world.hub).turn()  # on again
    assert other.asked == [world.ids["ann"]]
    with off.reading() as uow:
        ended = read_receipt(uow, receipt.id)
    assert (ended.counts["contacts (contacts)"], ended.is_genuine) == (1, True)


def test_who_erases_people_is_remembered_by_a_worker_and_noted_while_no_plugin_is_on(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    other = Elsewhere()
    world = world_with(contacts=other)
    Upkeep(world.hub).turn()
    none = dataclasses.replace(world.hub, hooks=hooks_with())
    with none.reading() as uow:
        assert plugins_to_ask(uow) == ["contacts"]
    receipt = erase_ann(World(none, world.ids))
    assert receipt.finished_at is None
    clock.advance(minutes=1)
    Upkeep(world.hub).turn()
    assert other.asked == [world.ids["ann"]]


def test_only_removing_its_data_gives_up_what_a_plugin_kept_elsewhere(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    world = world_with(contacts=Elsewhere(is_down=True))
    receipt = erase_ann(world)
    none = dataclasses.replace(world.hub, hooks=hooks_with())
    with none.reading() as uow:
        assert what_is_kept(uow, "contacts").erases_people
    remove_data(none, "contacts")
    clock.advance(minutes=1)
    Upkeep(none).turn()
    with none.reading() as uow:
        assert (open_plugins(uow, receipt.id), plugins_to_ask(uow)) == ({}, [])
        assert read_receipt(uow, receipt.id).finished_at is not None


def test_export_person_writes_what_the_hub_and_its_plugins_keep(world: World, tmp_path: Path) -> None:
    world.send("ann", "brakes")
    world.drain()
    with world.hub.reading() as uow:
        subject = subject_of_person(uow, world.ids["ann"])
    counts = export_person(world.hub, subject, world.ids["ann"], tmp_path / "ann")
    assert counts == {"statements": 1, "records of shelf": 1}
    told = json.loads((tmp_path / "ann" / "person.json").read_text())
    assert told["person"]["given_name"] == "ann"
    assert told["plugins"]["shelf"] == {"keeps": [dataclasses.asdict(KEPT)], "records": [{"book": 1}]}
    assert [each["position"] for each in told["appointments"]] == ["technician"]
    assert len((tmp_path / "ann" / "statements.ndjson").read_text().splitlines()) == 1
    assert (tmp_path / "ann" / "person.json").stat().st_mode & 0o77 == 0


def test_an_export_that_a_plugin_fails_writes_nothing(world: World, keeper: Keeper, tmp_path: Path) -> None:
    keeper.broken = RuntimeError("the shelf is locked")
    with world.hub.reading() as uow:
        subject = subject_of_person(uow, world.ids["ann"])
    with pytest.raises(RuntimeError, match="locked"):
        export_person(world.hub, subject, world.ids["ann"], tmp_path / "ann")
    assert not (tmp_path / "ann").exists()


class SaysNothing(Shelf):
    """Says that it keeps nothing about anybody."""

    @hookimpl
    def register_personal_data(self) -> Iterator[PersonalData]:
        return iter(())


class CannotErase(Shelf):
    """Says that it keeps something, and no more."""

    @hookimpl
    def register_personal_data(self) -> Sequence[PersonalData]:
        return [KEPT]


class SaysNonsense(Shelf):
    """Says it in a way nobody understands."""

    @hookimpl
    def register_personal_data(self) -> Sequence[str]:
        return ["books"]


def test_register_personal_data_is_asked_of_every_plugin_with_tables(tmp_path: Path) -> None:
    for plugin, told in (
        (Shelf, "does not say"),
        (CannotErase, "no export_person and no erase_person"),
        (SaysNonsense, "something else"),
    ):
        with pytest.raises(BadInput, match=told):
            check_personal_data(hooks_with(shelf=plugin(tmp_path)))
    for fine in (SaysNothing, Keeper):
        check_personal_data(hooks_with(shelf=fine(tmp_path)))


def test_every_plugin_that_comes_with_the_hub_says_what_it_keeps() -> None:
    names = [module.rpartition(".")[2] for module in BUILT_IN_PLUGINS]
    hooks = hooks_with(**{plugin.name: plugin.instance for plugin in load_plugins(names)})
    assert [name for name in names if personal_data_of(hooks, name) is None] == []


CONTRIBUTED = sorted(
    path.parent for path in (Path(__file__).parents[2] / "plugins_contrib").glob("*/pyproject.toml")
)


@pytest.mark.parametrize("project", CONTRIBUTED, ids=lambda project: project.name)
def test_every_contributed_plugin_says_what_it_keeps(project: Path) -> None:
    with installed(project):
        (plugin,) = load_plugins([project.name])
        assert personal_data_of(hooks_with(**{plugin.name: plugin.instance}), plugin.name) is not None
