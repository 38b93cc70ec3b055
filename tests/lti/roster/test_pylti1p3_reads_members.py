"""Another people's client (pylti1p3) reads a roster of several pages over real HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
import sqlalchemy as sa
from pylti1p3.names_roles import NamesRolesProvisioningService
from pylti1p3.registration import Registration
from pylti1p3.service_connector import ServiceConnector

from hub.app import open_hub
from hub.clock import SettableClock
from hub.config import Settings
from hub.ids import new_id
from hub.lti.roster.claims import members_url
from hub.network import tables as network
from hub.testing.keys import private_pem, public_pem
from hub.testing.serve import free_port, serve
from hub.training.tables import course_access
from tests.databases import Kind, create_database, drop_database
from tests.lti.rig import Keys, Rig, small_app

NEWCOMERS = 250


@pytest.fixture
def served(database_kind: Kind, key_server: Keys) -> Iterator[Rig]:
    """A hub on real HTTP, its clock some seconds slow: pylti1p3 goes by the machine's."""
    database, port = create_database(database_kind), free_port()
    settings = Settings(
        public_url=f"http://127.0.0.1:{port}",
        database_url=database,
        secret_key="only-for-tests-0123456789abcdefghij",
        outgoing_allow=[key_server.address.removeprefix("http://")],
    )
    hub = open_hub(settings, clock=SettableClock(datetime.now(UTC) - timedelta(seconds=2)))
    rig = Rig(hub, key_server)
    with serve(small_app(hub), port):
        yield rig
    hub.close()
    drop_database(database)


def test_pylti1p3_follows_the_pages(served: Rig) -> None:
    ids = [new_id() for _ in range(NEWCOMERS)]
    world = served.world.ids
    person = {"partner_id": world["partner"], "locale": "en", "disabled": False}
    detail = {"given_name": "Kim", "family_name": "Doe", "email": ""}
    with served.hub.unit_of_work() as uow:
        access = {"offering_id": world["brakes"], "connection_id": world["south"], "since": uow.now}
        uow.execute_many(sa.insert(network.person), [{"id": id, **person} for id in ids])
        uow.execute_many(sa.insert(network.person_detail), [{"person_id": id, **detail} for id in ids])
        uow.execute_many(sa.insert(course_access), [{"person_id": id, **access} for id in ids])
    context = served.context()
    registration = Registration()
    registration.set_client_id(served.north.client_id)
    registration.set_auth_token_url(served.north.token_url)
    registration.set_tool_private_key(private_pem(served.keys.private))
    registration.set_tool_public_key(public_pem(served.keys.private))
    with requests.Session() as session:
        session.trust_env = False
        service = NamesRolesProvisioningService(
            ServiceConnector(registration, session),
            {"context_memberships_url": members_url(served.hub.settings, context)},
        )
        members = service.get_members(context)
        assert service.get_context()["title"] == "Brakes"
    assert len({member["user_id"] for member in members}) == len(members) == NEWCOMERS + 2
    assert {member["name"] for member in members} == {"Kim Doe", "ann Tester", "bob Tester"}
    assert all(member["message"] for member in members)
