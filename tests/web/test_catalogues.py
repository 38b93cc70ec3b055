"""Where courses and accounts are read from: shown with the last run, and read again by a button."""

from collections.abc import Iterator

import flask
import pytest

from hub.config import Settings
from hub.testing.serve import serve
from hub.training.courses.sources import set_source
from tests.web.test_connections import text
from tests.web.world import Browser, World

PATH = "/admin/catalogues"
CSV = """external_id,key,title,activity_id,description,minutes,completion_policy,launch
1,tires,Tires,https://lms.example/tires,,20,,
"""


@pytest.fixture
def lms() -> Iterator[str]:
    """An LMS that gives out its catalogue; its address."""
    app = flask.Flask("lms")
    app.add_url_rule("/courses.csv", "courses", lambda: CSV)
    with serve(app) as address:
        yield address


@pytest.fixture
def settings(database_url: str, lms: str) -> Settings:
    """The settings of the hub under test, with the plugin that reads files, which may call the LMS."""
    return Settings(
        database_url=database_url,
        secret_key="only-for-tests-0123456789abcdefghij",
        plugins=["standard_completion", "csv_catalogue"],
        outgoing_allow=[lms.removeprefix("http://")],
    )


@pytest.fixture
def olga(world: World) -> Browser:
    return world.browser("olga")


def source(world: World, address: str) -> None:
    with world.hub.unit_of_work() as uow:
        set_source(uow, world.ids["north"], "catalogue", "csv_catalogue", address)


def test_a_catalogue_is_read_by_a_button(world: World, olga: Browser, lms: str) -> None:
    assert "Nothing is read yet" in olga.get(PATH).text
    source(world, f"{lms}/courses.csv")
    assert "never read" in text(olga.get(PATH).text)
    assert olga.send(f"{PATH}/lms-north", PATH).status_code == 303
    page = text(olga.get(PATH).text)
    assert "1 course added" in page
    assert "3 retired" in page


def test_what_failed_stands_there(world: World, olga: Browser, lms: str) -> None:
    source(world, f"{lms}/none.csv")
    refused = olga.send(f"{PATH}/lms-north", PATH)
    assert refused.status_code >= 400
    assert 'role="alert"' in refused.text
    assert "entry-error" in olga.get(PATH).text
    assert olga.send(f"{PATH}/lms-south", PATH).status_code == 404


def test_r7_catalogues_are_for_operators(world: World, olga: Browser) -> None:
    assert olga.post(f"{PATH}/lms-north", data={}).status_code == 400
    assert world.browser("marc").send(f"{PATH}/lms-north").status_code == 403
    assert world.browser("marc").get(PATH).status_code == 403
