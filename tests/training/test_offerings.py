"""Reading a catalogue again and again: courses come, change, retire and return, and never take another's place."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from hub.errors import BadInput
from hub.journal.tables import change
from hub.training.courses.catalogue import CatalogueRow
from hub.training.courses.offerings import CatalogueCounts, set_offering, set_offerings
from hub.training.tables import offering
from tests.databases import Kind
from tests.journeys.world import World, course, new_world


@pytest.fixture
def world(database_kind: Kind) -> Iterator[World]:
    with new_world(database_kind) as made:
        yield made


def sync(world: World, *rows: CatalogueRow) -> CatalogueCounts:
    with world.hub.unit_of_work() as uow:
        return set_offerings(uow, world.lms[0], rows)


def test_the_same_catalogue_again_changes_nothing(world: World) -> None:
    assert sync(world, course(0, 0), course(0, 1)) == CatalogueCounts(0, 0, 0, 2)


def test_a_course_that_is_no_longer_listed_retires_and_may_return(world: World) -> None:
    assert sync(world, course(0, 0)) == CatalogueCounts(0, 0, 1, 1)
    assert sync(world, course(0, 0)) == CatalogueCounts(0, 0, 0, 1)
    assert sync(world, course(0, 0), course(0, 1)) == CatalogueCounts(0, 1, 0, 1)


@pytest.mark.parametrize("field", ["key", "activity_id"])
@pytest.mark.parametrize("is_listed", [True, False], ids=["listed", "retired"])
def test_a_course_cannot_take_the_place_of_another(world: World, field: str, is_listed: bool) -> None:
    """Not of one that is retired with this catalogue either: goals and statements still mean that one."""
    taken = getattr(course(0, 1), field)
    names = {"key": "new", "activity_id": "https://lms.example/new", field: taken}
    new = CatalogueRow("new", title="New", **names)
    others = [course(0, 0)]
    if is_listed:
        moved = course(0, 1)
        values = vars(moved) | {field: "https://lms.example/moved" if field == "activity_id" else "moved"}
        others.append(CatalogueRow(**values))
    with pytest.raises(BadInput) as refused:
        sync(world, *others, new)
    assert [str(p) for p in refused.value.problems] == [f"new: {field} {taken} belongs to the course c1"]
    with world.hub.reading() as uow:
        assert (
            uow.connection.scalar(sa.select(offering.c.retired).where(offering.c.key == "course-0-1"))
            is False
        )


def test_one_course_is_set_without_touching_the_others(world: World) -> None:
    def set_one(row: CatalogueRow) -> str:
        with world.hub.unit_of_work() as uow:
            return set_offering(uow, world.lms[0], row)

    def listed() -> dict[str, tuple[str, bool]]:
        with world.hub.reading() as uow:
            rows = uow.connection.execute(sa.select(offering).where(offering.c.connection_id == world.lms[0]))
            return {row.key: (row.title, row.retired) for row in rows}

    before = listed()
    new = CatalogueRow("new", "new", "New", "https://lms.example/new")
    assert set_one(new) == set_one(new)
    assert listed() == before | {"new": ("New", False)}
    set_one(CatalogueRow("new", "new", "Newer", "https://lms.example/new"))
    assert listed() == before | {"new": ("Newer", False)}
    with pytest.raises(BadInput):
        set_one(CatalogueRow("newest", "new", "Newest", "https://lms.example/newest"))
    with world.hub.reading() as uow:
        changes = uow.connection.execute(sa.select(change).where(change.c.kind == "offering_changed")).all()
    assert [each.body["title"] for each in changes if each.body["external_id"] == "new"] == ["New", "Newer"]
