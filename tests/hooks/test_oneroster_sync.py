"""The plugin oneroster_sync, installed from its own folder: what a hub makes of courses and accounts read by OneRoster."""

from collections.abc import Iterator
from pathlib import Path

import flask
import pytest
import sqlalchemy as sa

from hub.app import open_hub
from hub.config import Settings
from hub.errors import OutsideFailed
from hub.journal.tables import change
from hub.network.people.identities import LTI_SUBJECT, find_people
from hub.network.systems.connections import find_connection
from hub.network.tables import roster_key
from hub.runtime import Hub
from hub.testing.oneroster import CLIENT, SECRET, Service, course, serve_oneroster, user
from hub.training.courses.offerings import CatalogueCounts
from hub.training.courses.sources import set_source
from hub.training.courses.sync_catalogue import sync_source
from hub.training.courses.sync_roster import sync_roster
from hub.training.tables import offering
from tests.packages import installed
from tests.world import World

PROJECT = Path(__file__).parents[2] / "plugins_contrib" / "oneroster_sync"
KEYS = f"{CLIENT}:{SECRET}"


@pytest.fixture
def service() -> Iterator[Service]:
    with serve_oneroster() as served:
        yield served


@pytest.fixture
def hub(settings: Settings, service: Service) -> Iterator[Hub]:
    """A hub with the plugin, installed as a package of its own, that knows where the service is."""
    said = {
        "plugins": ["oneroster_sync"],
        "plugin": {"oneroster_sync": {"systems": {"north": {"token_url": service.token_url}}}},
        "outgoing_allow": [service.host],
    }
    with installed(PROJECT):
        opened = open_hub(settings.model_copy(update=said))
        World(opened).begin()
        with opened.unit_of_work() as uow:
            north = find_connection(uow, "north").id
            set_source(uow, north, "catalogue", "oneroster_sync", service.address, KEYS)
            set_source(uow, north, "roster", "oneroster_sync", service.address, KEYS)
        yield opened
        opened.close()


def active(hub: Hub) -> dict[str, str]:
    with hub.reading() as uow:
        query = sa.select(offering).where(offering.c.retired.is_(False))
        return {row.external_id: row.title for row in uow.connection.execute(query)}


def test_500_courses_one_deleted_one_renamed_and_the_same_again(hub: Hub, service: Service) -> None:
    service.rows["courses"] = [course(n, f"Course {n}") for n in range(500)]
    assert sync_source(hub, "north") == CatalogueCounts(500, 0, 0, 0)
    service.rows["courses"][7]["status"] = "tobedeleted"
    service.rows["courses"][8]["title"] = "Brakes, all new"
    assert sync_source(hub, "north") == CatalogueCounts(0, 1, 1, 498)
    now = active(hub)
    assert (len(now), "c0007" in now, now["c0008"]) == (499, False, "Brakes, all new")
    with hub.reading() as uow:
        before = uow.connection.scalar(sa.select(sa.func.count()).select_from(change))
    assert sync_source(hub, "north") == CatalogueCounts(0, 0, 0, 499)
    with hub.reading() as uow:
        assert uow.connection.scalar(sa.select(sa.func.count()).select_from(change)) == before


@pytest.mark.parametrize(
    "fault",
    [
        flask.Response(status=500),
        flask.Response("{}", content_type="application/json"),
        flask.Response('{"courses": [{}]}', content_type="application/json"),
        flask.Response("<html>", content_type="text/html"),
        flask.Response(status=429, headers={"Retry-After": "3600"}),
    ],
    ids=["500", "no list", "no id", "no json", "much later"],
)
def test_failure_half_way_changes_nothing(hub: Hub, service: Service, fault: flask.Response) -> None:
    service.rows["courses"] = [course(n, f"Course {n}") for n in range(250)]
    sync_source(hub, "north")
    before = active(hub)
    service.rows["courses"] = [course(n, "Renamed") for n in range(200)]
    service.faults = [lambda: None, lambda: fault]
    with pytest.raises(OutsideFailed):
        sync_source(hub, "north")
    assert active(hub) == before


def test_same_page_twice_retires_nothing(hub: Hub, service: Service) -> None:
    service.rows["courses"] = [course(n, f"Course {n}") for n in range(250)]
    sync_source(hub, "north")
    first = {"courses": service.rows["courses"][:100]}

    def again() -> flask.Response:
        answer = flask.jsonify(first)
        answer.headers["X-Total-Count"] = "250"
        return answer

    service.faults = [lambda: None, again]
    assert sync_source(hub, "north") == CatalogueCounts(0, 0, 0, 250)


def test_roster_links_accounts_by_what_the_network_files_call_people(hub: Hub, service: Service) -> None:
    world = World(hub, {"partner": _partner(hub)})
    ann = world.add_person("ann")
    with hub.unit_of_work() as uow:
        uow.connection.execute(
            sa.insert(roster_key).values(kind="person", external_id="P1", id=ann, content_hash="")
        )
    service.rows["users"] = [
        user(1, "P1"),
        user(2, ""),
        user(3, "P3", enabledUser="false"),
        user(4, "P4", status="tobedeleted"),
    ]
    for linked in (1, 0):
        assert sync_roster(hub, "north").as_numbers()["linked"] == linked
    with hub.reading() as uow:
        north = find_connection(uow, "north").id
        assert find_people(uow, north, LTI_SUBJECT, ["u0001"]) == {"u0001": ann}


def _partner(hub: Hub) -> str:
    with hub.reading() as uow:
        return find_connection(uow, "north").partner_id or ""
