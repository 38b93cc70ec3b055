"""Whom a SCIM client provided signs in by the same partner's identity provider, and is the same person."""

import pytest

from hub.errors import NotAllowed
from hub.network.systems.connections import create_connection, read_connection
from hub.runtime import Hub
from hub.sso.newcomers import welcome
from hub.sso.policy import SignInPolicy
from hub.sso.sessions import Proved
from tests.sso.scim.rig import Client, begin_client

POLICY = SignInPolicy(attributes={"match": "oid"})


@pytest.fixture
def client(hub: Hub) -> Client:
    return begin_client(hub)


def _sign_in(client: Client, partner_id: str, slug: str, oid: str) -> str:
    with client.hub.unit_of_work() as uow:
        connection = read_connection(uow, create_connection(uow, slug, "oidc", "Login", partner_id))
        return welcome(uow, connection, POLICY, Proved(connection.id, "sub", f"sub-{oid}"), {"oid": [oid]})


@pytest.mark.parametrize("name", ["E-1", "ann@riverside.example"])
def test_a_sign_in_finds_the_provided_person(client: Client, name: str) -> None:
    ann = client.post_user("ann", externalId="E-1")
    found = _sign_in(client, client.caller.partner_id, "login", name)
    assert found == client.person(ann["id"]).id


def test_i24_a_sign_in_of_another_partner_finds_nobody(client: Client) -> None:
    client.post_user("ann", externalId="E-1")
    other = begin_client(client.hub, "lakeside")
    with pytest.raises(NotAllowed):
        _sign_in(client, other.caller.partner_id, "login", "E-1")


@pytest.mark.parametrize("name", ["E-1", "ann@riverside.example"])
def test_names_that_were_given_up_find_nobody(client: Client, name: str) -> None:
    from tests.sso.scim.rig import user

    ann = client.post_user("ann", externalId="E-1")
    client.ask("PUT", f"/Users/{ann['id']}", user("anna", externalId="E-2"))
    with pytest.raises(NotAllowed):
        _sign_in(client, client.caller.partner_id, "login", name)


def test_who_signed_in_first_is_found_by_the_client(client: Client) -> None:
    """A provider whose subject is the client's externalId, as Okta's is, brings nobody twice."""
    with client.hub.unit_of_work() as uow:
        connection_id = create_connection(uow, "login", "oidc", "Login", client.caller.partner_id)
        connection = read_connection(uow, connection_id)
        policy = SignInPolicy(attributes={"given_name": "given_name"}, creates_people=True)
        claims = {"given_name": ["Ann"]}
        person_id = welcome(uow, connection, policy, Proved(connection_id, "sub", "00u1"), claims)
    assert client.person(client.post_user("ann", externalId="00u1")["id"]).id == person_id
