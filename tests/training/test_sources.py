"""Where catalogues and rosters are read from: laid down once, secrets bound to their place, the last run kept."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from hub.app import open_hub
from hub.config import Settings
from hub.errors import BadInput, Missing
from hub.ids import new_id
from hub.journal.tables import change
from hub.runtime import Hub
from hub.training.courses.catalogue import CatalogueSource
from hub.training.courses.offerings import CatalogueCounts
from hub.training.courses.sources import find_source, list_sources, run_source, set_source
from tests.world import World


@pytest.fixture
def hub(settings: Settings) -> Iterator[Hub]:
    opened = open_hub(settings.model_copy(update={"plugins": ["csv_catalogue", "moodle"]}))
    yield opened
    opened.close()


@pytest.fixture
def north(hub: Hub) -> str:
    return World(hub).begin().ids["north"]


def lay_down(hub: Hub, connection_id: str, address: str, secret: str = "", plugin: str = "moodle") -> None:
    with hub.unit_of_work() as uow:
        set_source(uow, connection_id, "catalogue", plugin, address, secret)


def secret_of(hub: Hub) -> str:
    """The secret that a run would take along."""
    seen: list[str] = []

    def read(source: CatalogueSource, plugin: str) -> CatalogueCounts:
        seen.append(source.secret)
        return CatalogueCounts(0, 0, 0, 0)

    run_source(hub, "north", "catalogue", read)
    return seen[0]


def test_the_same_again_changes_nothing(hub: Hub, north: str) -> None:
    for _ in range(2):
        lay_down(hub, north, "https://moodle.example", "t1")
        lay_down(hub, north, "https://moodle.example")
    with hub.reading() as uow:
        kinds = uow.connection.scalars(sa.select(change.c.kind).where(change.c.subject_id == north)).all()
        assert kinds.count("catalogue_source_changed") == 1
    assert secret_of(hub) == "t1"


def test_a_secret_goes_to_no_other_place_than_it_was_given_for(hub: Hub, north: str) -> None:
    lay_down(hub, north, "https://moodle.example", "t1")
    lay_down(hub, north, "https://elsewhere.example")
    assert secret_of(hub) == ""
    lay_down(hub, north, "https://elsewhere.example", "t2")
    assert secret_of(hub) == "t2"
    lay_down(hub, north, "https://elsewhere.example", plugin="csv_catalogue")
    assert secret_of(hub) == ""


def test_a_run_is_kept_with_its_counts_or_its_error(hub: Hub, north: str) -> None:
    lay_down(hub, north, "https://moodle.example", "t1")
    with hub.reading() as uow:
        assert find_source(uow, "north", "catalogue").last_run_at is None
    secret_of(hub)

    def fail(source: CatalogueSource, plugin: str) -> CatalogueCounts:
        raise ValueError("with personal data")

    with pytest.raises(ValueError, match="personal"):
        run_source(hub, "north", "catalogue", fail)
    with hub.reading() as uow:
        (kept,) = list_sources(uow)
    assert (kept.slug, kept.kind, kept.has_secret, kept.last_error) == (
        "north",
        "catalogue",
        True,
        "ValueError",
    )
    assert kept.last_counts == {"added": 0, "changed": 0, "retired": 0, "unchanged": 0}
    assert kept.last_run_at is not None


@pytest.mark.parametrize(
    ("plugin", "address", "code"),
    [
        ("nobody", "https://moodle.example", "no_plugin"),
        ("moodle", "", "no_address"),
        ("moodle", "https://moodle.example\r\nX: y", "no_address"),
    ],
)
def test_what_cannot_be_read_is_refused(hub: Hub, north: str, plugin: str, address: str, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        lay_down(hub, north, address, plugin=plugin)
    assert refused.value.code == code
    with pytest.raises(Missing):
        lay_down(hub, new_id(), "https://moodle.example")
