"""The form for a source of courses or accounts: the dry run shows what would change and changes nothing, saving keeps it sealed."""

from collections.abc import Iterator

import flask
import pytest
import sqlalchemy as sa

from hub.config import Settings
from hub.journal.tables import audit, change
from hub.testing.serve import serve
from hub.training.courses.sources import find_source, kept_secret, set_source
from hub.training.tables import catalogue_source, offering
from tests.web.test_connections import text
from tests.web.world import Browser, World

PATH = "/admin/catalogue-source"
LIST = "/admin/catalogues"
SECRET = "token-7f3a"
HEAD = "external_id,key,title,activity_id,description,minutes,completion_policy,launch\n"
ROWS = """1,tires,Tires & <b>Wheels</b>,https://lms.example/tires,,20,,
ext-battery,battery,Battery Handling,https://lms.example/battery,,90,,
ext-welcome,welcome,Welcome to Borealis,https://lms.example/welcome,,11,,
"""


@pytest.fixture
def lms() -> Iterator[str]:
    """An LMS that gives out its catalogue to who has the token; its address."""
    app = flask.Flask("lms")

    def courses() -> flask.typing.ResponseReturnValue:
        if flask.request.headers.get("Authorization") != f"Bearer {SECRET}":
            return "who are you?", 401
        return HEAD + ROWS

    app.add_url_rule("/courses.csv", "courses", courses)
    app.add_url_rule("/broken.csv", "broken", lambda: HEAD + "1,a\n1,a\n")
    with serve(app) as address:
        yield address


@pytest.fixture
def settings(database_url: str, lms: str) -> Settings:
    """The settings of the hub under test, with plugins that read files, which may call the LMS."""
    return Settings(
        database_url=database_url,
        secret_key="only-for-tests-0123456789abcdefghij",
        plugins=["standard_completion", "csv_catalogue", "csv_roster"],
        outgoing_allow=[lms.removeprefix("http://")],
    )


@pytest.fixture
def olga(world: World) -> Browser:
    return world.browser("olga")


def form(lms: str, **changes: str) -> dict[str, str]:
    return {
        "slug": "lms-north",
        "kind": "catalogue",
        "plugin": "csv_catalogue",
        "address": f"{lms}/courses.csv",
        "secret": SECRET,
        "do": "save",
        **changes,
    }


def written(world: World) -> tuple[int, ...]:
    """How many rows of what a sync or a save would write."""
    with world.hub.reading() as uow:
        return tuple(
            uow.connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (catalogue_source, offering, change, audit)
        )


def test_dry_run_shows_what_would_change_and_changes_nothing(world: World, olga: Browser, lms: str) -> None:
    before = written(world)
    answer = olga.send(PATH, PATH, **form(lms, do="try"))
    assert answer.status_code == 200
    page = text(answer.text)
    assert "add 1 course, change 2, of which 1 get another title, and retire 1; 0 stay" in page
    assert "Tires & <b>Wheels</b>" in page
    assert "High-Voltage Battery Handling becomes Battery Handling" in page
    assert "Brake Safety Essentials" in page
    assert "<b>Wheels</b>" not in answer.text
    assert SECRET not in answer.text
    assert written(world) == before


def test_dry_run_is_for_courses_and_never_saves(world: World, olga: Browser, lms: str) -> None:
    before = written(world)
    accounts = form(lms, kind="roster", plugin="csv_roster", do="try")
    answer = olga.send(PATH, PATH, **accounts)
    assert answer.status_code == 400
    assert "must be Courses for a dry run" in text(answer.text)
    assert olga.send(PATH, PATH, **(form(lms) | {"do": ""})).status_code == 200
    assert written(world) == before


def test_saved_source_stands_in_the_list_and_is_read_from(world: World, olga: Browser, lms: str) -> None:
    assert "Add a source" in olga.get(LIST).text
    assert olga.send(PATH, PATH, **form(lms)).status_code == 303
    page = olga.get(LIST).text
    assert "the courses of LMS North are read from" in text(page)
    assert "/admin/catalogue-source?slug=lms-north&amp;kind=catalogue" in page
    assert olga.send(f"{LIST}/lms-north", LIST).status_code == 303
    assert "1 course added, 2 changed, 1 retired" in text(olga.get(LIST).text)


def test_secret_is_sealed_and_never_shown_and_stays_with_its_address(
    world: World, olga: Browser, lms: str
) -> None:
    olga.send(PATH, PATH, **form(lms))
    known = olga.get(f"{PATH}?slug=lms-north&kind=catalogue").text
    assert f"{lms}/courses.csv" in known
    assert SECRET not in known
    assert olga.send(PATH, PATH, **form(lms, secret="", do="try")).status_code == 200
    assert olga.send(PATH, PATH, **form(lms, secret="")).status_code == 303
    with world.hub.reading() as uow:
        place = ("csv_catalogue", f"{lms}/courses.csv")
        assert kept_secret(uow, world.ids["north"], "catalogue", *place) == SECRET
        assert kept_secret(uow, world.ids["north"], "catalogue", place[0], f"{lms}/other.csv") == ""
        assert kept_secret(uow, world.ids["south"], "catalogue", *place) == ""
        told = uow.connection.scalars(sa.select(change.c.body)).all()
    assert SECRET not in str(told)
    elsewhere = olga.send(PATH, PATH, **form(lms, secret="", address=f"{lms}/courses.csv?again", do="try"))
    assert elsewhere.status_code >= 400, "a secret goes nowhere else than it was given for"


def test_lms_that_refuses_stands_above_the_form(world: World, olga: Browser, lms: str) -> None:
    before = written(world)
    for changes in ({"secret": "wrong"}, {"address": f"{lms}/none.csv"}, {"address": f"{lms}/broken.csv"}):
        answer = olga.send(PATH, PATH, **form(lms, do="try", **changes))
        assert answer.status_code >= 400
        assert 'role="alert"' in answer.text
        assert f'value="{changes.get("address", lms)}' in answer.text, "nothing is typed twice"
    assert written(world) == before


def test_address_inside_the_network_is_not_called(world: World, olga: Browser, lms: str) -> None:
    before = written(world)
    for address in ("http://127.0.0.1:1/x.csv", "http://169.254.169.254/x", "file:///etc/passwd", "x"):
        answer = olga.send(PATH, PATH, **form(lms, address=address, do="try"))
        assert answer.status_code >= 400
        assert "refused_address" in answer.text
    assert written(world) == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": ""}, "slug"),
        ({"slug": "nothing"}, "slug"),
        ({"plugin": ""}, "plugin"),
        ({"plugin": "csv_roster"}, "plugin"),
        ({"plugin": "made up"}, "plugin"),
        ({"address": ""}, "address"),
        ({"address": "https://lms.example/\x01"}, "address"),
    ],
)
@pytest.mark.parametrize("do", ["try", "save"])
def test_field_that_is_wrong_is_named(
    world: World, olga: Browser, lms: str, changes: dict[str, str], field: str, do: str
) -> None:
    before = written(world)
    answer = olga.send(PATH, PATH, **form(lms, do=do, **changes))
    assert answer.status_code == 400
    assert f'id="{field}-problem"' in answer.text
    assert written(world) == before


def test_accounts_are_laid_down_too(world: World, olga: Browser, lms: str) -> None:
    roster = form(lms, kind="roster", plugin="csv_roster", address=f"{lms}/people.csv")
    assert olga.send(PATH, PATH, **roster).status_code == 303
    with world.hub.reading() as uow:
        assert find_source(uow, "lms-north", "roster").plugin == "csv_roster"
    assert "Accounts" in olga.get(LIST).text


def test_same_again_changes_nothing(world: World, olga: Browser, lms: str) -> None:
    with world.hub.unit_of_work() as uow:
        set_source(uow, world.ids["north"], "catalogue", "csv_catalogue", f"{lms}/courses.csv", SECRET)
    before = written(world)
    assert olga.send(PATH, PATH, **form(lms)).status_code == 303
    assert written(world) == before


def test_r7_form_is_for_operators(world: World, olga: Browser, lms: str) -> None:
    assert olga.post(PATH, data=form(lms)).status_code == 400
    assert world.browser("marc").get(PATH).status_code == 403
    assert world.browser("marc").send(PATH, **form(lms)).status_code == 403
