"""read_catalogue of the plugin csv_catalogue, and the sync that asks it: all of a catalogue, or no change at all."""

from collections.abc import Iterator

import flask
import pytest
import sqlalchemy as sa

from hub.api import CatalogueSource
from hub.app import open_hub
from hub.config import Settings
from hub.errors import BadInput, Missing, OutsideFailed
from hub.http import OutgoingHttp
from hub.plugins.csv_catalogue import Plugin
from hub.runtime import Hub
from hub.testing.serve import serve
from hub.training.courses.sync_catalogue import sync_catalogue
from hub.training.tables import offering as offering_table
from tests.world import World

HEADER = "external_id,key,title,activity_id,description,minutes,completion_policy,launch\n"
BRAKES = '7,brakes,Brakes,https://lms.example/brakes,"Stop, and go",20,passed,"{""section"": ""2""}"\n'
BATTERIES = "8,batteries,Batteries,https://lms.example/batteries,,,,\n"


class Lms:
    """An LMS that publishes a file; what it answers can be changed."""

    def __init__(self, address: str) -> None:
        self.host = address.removeprefix("http://")
        self.address = f"{address}/catalogue.csv"
        self.text: str | bytes = HEADER + BRAKES + BATTERIES
        self.status = 200


@pytest.fixture
def lms() -> Iterator[Lms]:
    app = flask.Flask("lms", static_folder=None)
    with serve(app) as address:
        published = Lms(address)
        app.add_url_rule("/catalogue.csv", "catalogue", lambda: (published.text, published.status))
        yield published


@pytest.fixture
def hub(settings: Settings, lms: Lms) -> Iterator[Hub]:
    """A hub that may call this LMS, in place of the usual one."""
    opened = open_hub(
        settings.model_copy(update={"plugins": ["csv_catalogue"], "outgoing_allow": [lms.host]})
    )
    World(opened).begin()
    yield opened
    opened.close()


def courses(hub: Hub) -> list[tuple[str, int | None, str]]:
    o = offering_table.c
    with hub.reading() as uow:
        rows = uow.connection.execute(sa.select(offering_table).where(o.retired.is_(False)).order_by(o.key))
        return [(row.key, row.minutes, row.completion_policy) for row in rows]


def test_read_catalogue_gives_every_course_of_the_file(hub: Hub, lms: Lms) -> None:
    sync_catalogue(hub, "north", lms.address, "csv_catalogue")
    assert courses(hub) == [("batteries", None, "completed-or-passed"), ("brakes", 20, "passed")]


def test_file_from_a_spreadsheet_may_begin_with_a_byte_order_mark(hub: Hub, lms: Lms) -> None:
    lms.text = (HEADER + BRAKES).encode("utf-8-sig")
    sync_catalogue(hub, "north", lms.address, "csv_catalogue")
    assert courses(hub) == [("brakes", 20, "passed")]


def test_sync_again_changes_nothing(hub: Hub, lms: Lms) -> None:
    first = sync_catalogue(hub, "north", lms.address, "csv_catalogue")
    again = sync_catalogue(hub, "north", lms.address, "csv_catalogue")
    assert first != again
    assert courses(hub) == [("batteries", None, "completed-or-passed"), ("brakes", 20, "passed")]


@pytest.mark.parametrize(
    ("status", "text", "reason"),
    [
        (503, "", "answered 503"),
        (200, HEADER + BRAKES + "9,steering,Steering,https://lms.example/s,,soon,,\n", "Line 3"),
        (200, HEADER + BRAKES + "9,steering,Steering,https://lms.example/s,,,,{\n", "Line 3"),
        (200, HEADER + BRAKES + "9,steering,Steering,https://lms.example/s,,,,7\n", "Line 3.*JSON object"),
        (200, HEADER + BRAKES + '9,"two\nlines",,https://lms.example/s\n', "Line 4.*title is empty"),
        (200, HEADER + "9,steering\n", "Line 2.*title, activity_id"),
        (200, HEADER + '9,"steering', "Line 1"),
        (200, "id,name\n9,Steering\n", "no column external_id, key"),
        (200, "<html>Please sign in</html>", "no column"),
        (200, "", "no column"),
        (200, HEADER.encode("utf-16"), "utf-8"),
    ],
)
def test_read_catalogue_that_fails_says_where(lms: Lms, status: int, text: str | bytes, reason: str) -> None:
    lms.status, lms.text = status, text
    http = OutgoingHttp([lms.host])
    with pytest.raises(OutsideFailed, match=reason):
        list(Plugin().read_catalogue(CatalogueSource("north", lms.address), http))


def test_read_catalogue_that_fails_half_way_changes_nothing(hub: Hub, lms: Lms) -> None:
    sync_catalogue(hub, "north", lms.address, "csv_catalogue")
    before = courses(hub)
    lms.text = HEADER + "9,steering,Steering,https://lms.example/s,,,,\n10,,,\n"
    with pytest.raises(OutsideFailed, match="Line 3"):
        sync_catalogue(hub, "north", lms.address, "csv_catalogue")
    assert courses(hub) == before


def test_sync_with_a_plugin_that_reads_no_catalogues_is_refused(hub: Hub, lms: Lms) -> None:
    with pytest.raises(BadInput, match="csv_catalogue"):
        sync_catalogue(hub, "north", lms.address, "webhooks")


def test_sync_of_an_unknown_connection_is_refused(hub: Hub, lms: Lms) -> None:
    with pytest.raises(Missing):
        sync_catalogue(hub, "west", lms.address, "csv_catalogue")
