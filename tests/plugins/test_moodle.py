"""The plugin moodle, and the syncs that ask it: courses and accounts of a Moodle, by its web services."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from hub.api import CatalogueSource, RosterRow
from hub.app import open_hub
from hub.config import Settings
from hub.errors import OutsideFailed
from hub.http import OutgoingHttp
from hub.journal.tables import change
from hub.network.people.identities import LTI_SUBJECT, find_people
from hub.network.systems.connections import find_connection
from hub.network.tables import roster_key
from hub.plugins.moodle import Plugin
from hub.runtime import Hub
from hub.training.courses.offerings import CatalogueCounts
from hub.training.courses.sources import find_source, set_source
from hub.training.courses.sync_catalogue import sync_source
from hub.training.courses.sync_roster import RosterCounts, sync_roster
from hub.training.tables import offering
from tests.plugins.moodle_site import FRONT_PAGE, TOKEN, Moodle, course, serve_moodle, user
from tests.world import World


@pytest.fixture
def site() -> Iterator[Moodle]:
    with serve_moodle() as served:
        yield served


@pytest.fixture
def hub(settings: Settings, site: Moodle) -> Iterator[Hub]:
    """A hub that may call this Moodle and knows where it is."""
    opened = open_hub(settings.model_copy(update={"plugins": ["moodle"], "outgoing_allow": [site.host]}))
    World(opened).begin()
    with opened.unit_of_work() as uow:
        north = find_connection(uow, "north").id
        for kind in ("catalogue", "roster"):
            set_source(uow, north, kind, "moodle", f"{site.address}/", TOKEN)
    yield opened
    opened.close()


def source(site: Moodle, secret: str = TOKEN) -> CatalogueSource:
    return CatalogueSource("north", site.address, secret)


def http(site: Moodle) -> OutgoingHttp:
    return OutgoingHttp([site.host])


def titles(hub: Hub) -> dict[str, str]:
    """Titles of active courses by external id."""
    with hub.reading() as uow:
        rows = uow.connection.execute(sa.select(offering).where(offering.c.retired.is_(False)))
        return {row.external_id: row.title for row in rows}


def changes(hub: Hub) -> int:
    with hub.reading() as uow:
        return uow.connection.scalar(sa.select(sa.func.count()).select_from(change)) or 0


def test_read_catalogue_gives_every_visible_course_but_the_front_page(site: Moodle) -> None:
    site.courses += [
        course(7, "Brakes &amp; more", summary='<p dir="ltr">Stop,&nbsp;and <b>go</b>.</p>'),
        course(8, "Secret", visible=0),
    ]
    (row,) = Plugin().read_catalogue(source(site), http(site))
    assert (row.external_id, row.key, row.title) == ("7", "north-7", "Brakes & more")
    assert row.activity_id == f"{site.address}/course/view.php?id=7"
    assert row.description == "Stop, and go ."


@pytest.mark.requirement("S1.08")
def test_500_courses_a_rename_and_a_delete_and_the_same_again(hub: Hub, site: Moodle) -> None:
    site.courses = [FRONT_PAGE, *(course(n, f"Course {n}") for n in range(2, 502))]
    assert sync_source(hub, "north") == CatalogueCounts(500, 0, 0, 0)
    del site.courses[-1]
    site.courses[1]["fullname"] = "Renamed"
    assert sync_source(hub, "north") == CatalogueCounts(0, 1, 1, 498)
    found, written = titles(hub), changes(hub)
    assert len(found) == 499
    assert found["2"] == "Renamed"
    assert sync_source(hub, "north") == CatalogueCounts(0, 0, 0, 499)
    assert (titles(hub), changes(hub)) == (found, written)


def test_read_catalogue_of_a_large_site_comes_category_by_category(site: Moodle) -> None:
    summary = "x" * 4_000
    site.courses += [
        course(n, f"Course {n}", categoryid=1 + n % 3, summary=summary, visible=n % 10 and 1)
        for n in range(2, 702)
    ]
    rows = list(Plugin().read_catalogue(source(site), http(site)))
    assert len({row.external_id for row in rows}) == len(rows) == 630
    assert len(site.asked) == 5


def test_read_roster_gives_each_account_with_an_id_number_once(site: Moodle) -> None:
    site.courses += [course(7, "Brakes"), course(8, "Batteries")]
    site.enrolled = {7: [user(11, "P1"), user(12), user(13, " P3 ")], 8: [user(11, "P1"), user(14, "P4")]}
    rows = list(Plugin().read_roster(source(site), http(site)))
    assert rows == [RosterRow("P1", "11"), RosterRow("P3", "13"), RosterRow("P4", "14")]
    asked = [form for form in site.asked if form["wsfunction"] == "core_enrol_get_enrolled_users"]
    assert {form["options[0][value]"] for form in asked} == {"id,idnumber"}


def test_read_roster_goes_on_after_a_page_with_people_it_may_not_see(site: Moodle) -> None:
    site.courses.append(course(7, "Brakes"))
    site.enrolled[7] = [user(number, f"P{number}") for number in range(1, 1_202)]
    site.hidden = {3, 700}
    rows = list(Plugin().read_roster(source(site), http(site)))
    assert len({row.subject for row in rows}) == len(rows) == 1_199


def test_roster_sync_links_accounts_and_the_same_again_changes_nothing(hub: Hub, site: Moodle) -> None:
    world = World(hub)
    with hub.unit_of_work() as uow:
        partner = uow.connection.scalar(sa.text("SELECT id FROM partner"))
    world.ids["partner"] = str(partner)
    ann = world.add_person("ann")
    with hub.unit_of_work() as uow:
        uow.connection.execute(
            sa.insert(roster_key).values(kind="person", external_id="P1", id=ann, content_hash="")
        )
    site.courses.append(course(7, "Brakes"))
    site.enrolled[7] = [user(11, "P1"), user(12, "P9")]
    told = ("the network files name no person P9",)
    assert sync_roster(hub, "north") == RosterCounts(1, 0, 1, 0, told)
    with hub.reading() as uow:
        north = find_connection(uow, "north").id
        assert find_people(uow, north, LTI_SUBJECT, ["11", "12"]) == {"11": ann}
    written = changes(hub)
    assert sync_roster(hub, "north") == RosterCounts(0, 1, 1, 0, told)
    site.enrolled[7] = [user(12, "P9")]
    assert sync_roster(hub, "north") == RosterCounts(0, 0, 1, 0, told)
    assert changes(hub) == written


ERROR = {"exception": "moodle_exception", "errorcode": "sitemaintenance", "message": "Under maintenance"}


@pytest.mark.parametrize(
    ("broken", "status", "reason", "retryable"),
    [
        (ERROR, 200, "sitemaintenance", True),
        (ERROR | {"errorcode": "invalidtoken"}, 200, "invalidtoken", False),
        ({"exception": "dml_exception", "message": "<script>"}, 200, "dml_exception", False),
        ("<html>Sign in</html>", 200, "not JSON", True),
        ("", 503, "answered 503", True),
        ([], 200, "sees no courses", False),
        ({}, 200, "not one of Moodle", False),
        ([{"id": "7", "fullname": "Brakes"}], 200, "not one of Moodle", False),
        ([{"id": 7}], 200, "not one of Moodle", False),
        ([7], 200, "not one of Moodle", False),
        ("x" * 3_000_000, 200, "too large", False),
    ],
)
def test_read_catalogue_that_fails_says_why_and_whether_it_passes(
    site: Moodle, broken: Any, status: int, reason: str, retryable: bool
) -> None:
    site.broken, site.status = broken, status
    for read in (Plugin().read_catalogue, Plugin().read_roster):
        with pytest.raises(OutsideFailed, match=reason) as failed:
            list(read(source(site), http(site)))
        assert failed.value.retryable == retryable


def test_a_moodle_that_tells_no_id_numbers_is_said_so(site: Moodle) -> None:
    site.courses.append(course(7, "Brakes"))
    site.enrolled[7] = [user(11), user(12)]
    with pytest.raises(OutsideFailed, match="no account"):
        list(Plugin().read_roster(source(site), http(site)))


def test_sync_that_fails_changes_nothing_and_keeps_why_without_the_token(hub: Hub, site: Moodle) -> None:
    site.courses.append(course(7, "Brakes"))
    sync_source(hub, "north")
    before, written = titles(hub), changes(hub)
    site.broken = ERROR | {"errorcode": TOKEN}
    with pytest.raises(OutsideFailed):
        sync_source(hub, "north")
    assert (titles(hub), changes(hub)) == (before, written)
    with hub.reading() as uow:
        kept = find_source(uow, "north", "catalogue")
    assert kept.last_error == "Moodle refused core_course_get_courses: [masked]."
    assert kept.last_counts == {"added": 1, "changed": 0, "retired": 0, "unchanged": 0}
    assert TOKEN not in repr(kept)
