"""The operators' pages about SCIM clients: connecting one, its tokens, groups that mean places, and what it did."""

import json
import re

import pytest
import sqlalchemy as sa

from hub.access.roles import grant_partner_admin
from hub.network import tables as network
from hub.network.systems.connections import find_connection
from hub.sso.scim.appointments import NAME as APPOINTMENTS
from hub.sso.scim.tables import scim_resource
from hub.sso.scim.tokens import connect_client, list_tokens, make_token
from tests.sso.scim.rig import GROUP, everything, refusals, user
from tests.web.test_connections import text
from tests.web.world import Browser, World

LIST = "/admin/provisioning"
CLIENT = f"{LIST}/harbor-scim"


@pytest.fixture
def olga(world: World) -> Browser:
    return world.browser("olga")


def _connect(olga: Browser) -> str:
    """Connect a client and make its token, as an operator does; the token."""
    sent = olga.send(LIST, LIST, partner="Harbor Auto Group", name="Harbor Entra", slug="harbor-scim")
    assert sent.status_code == 303, text(sent.text)
    page = olga.send(f"{CLIENT}/tokens", CLIENT, label="production", expires_at="")
    assert page.headers["Cache-Control"] == "no-store"
    found = re.search(r'id="token">([\w-]{43})<', page.text)
    assert found, text(page.text)
    return found[1]


def _scim(world: World, token: str, method: str, path: str, body: object = None) -> int:
    client = world.browser()
    headers = {"Authorization": f"Bearer {token}"}
    return client.open(f"/scim/v2{path}", method=method, json=body, headers=headers).status_code


def test_a_client_is_connected_and_provides_somebody(world: World, olga: Browser) -> None:
    assert "No identity provider keeps its people here yet" in text(olga.get(LIST).text)
    token = _connect(olga)
    assert _scim(world, token, "POST", "/Users", user("ann", externalId="E-1")) == 201
    assert _scim(world, token, "POST", "/Users", user("ann")) == 409
    page = text(olga.get(f"{CLIENT}?user=E-1").text)
    assert token not in page
    assert "There is already a user with this userName." in page
    assert "This person is meant." in page
    assert "1 user, 0 groups" in page
    assert "Harbor Entra" in text(olga.get(LIST).text)


def test_what_is_missing_is_said_beside_its_field(olga: Browser) -> None:
    sent = olga.send(LIST, LIST, partner="Nobody Inc", name="x", slug="Not a slug")
    assert sent.status_code == 400
    assert "There is no partner Nobody Inc" in text(sent.text)
    assert olga.send(LIST, LIST, partner="", name="", slug="").status_code == 400


def test_a_token_is_renewed_and_revoked(world: World, olga: Browser) -> None:
    token = _connect(olga)
    assert olga.send(f"{CLIENT}/tokens", CLIENT, label="x", expires_at="yesterday").status_code == 400
    with world.hub.reading() as uow:
        (line,) = list_tokens(uow, find_connection(uow, "harbor-scim").id)
    page = olga.send(f"{CLIENT}/tokens/{line.id}/renew", CLIENT)
    assert "The old token works for one more day" in text(page.text)
    assert olga.send(f"{CLIENT}/tokens/{line.id}/revoke", CLIENT).status_code == 303
    assert _scim(world, token, "GET", "/Users") == 401
    assert olga.send(f"{CLIENT}/tokens/{line.id}/revoke", CLIENT).status_code == 404


def test_a_client_is_switched_off_and_on(world: World, olga: Browser) -> None:
    token = _connect(olga)
    assert olga.send(f"{CLIENT}/switch", CLIENT, disabled="1").status_code == 303
    assert _scim(world, token, "GET", "/Users") == 401
    assert olga.send(f"{CLIENT}/switch", CLIENT, disabled="0").status_code == 303
    assert _scim(world, token, "GET", "/Users") == 200


def test_a_user_is_tried_and_nothing_is_kept(world: World, olga: Browser) -> None:
    _connect(olga)
    nowhere = user("ann", **{APPOINTMENTS: {"appointments": [{"location": "L-x", "position": "P-x"}]}})
    for sent, shown in {
        json.dumps(user("ann")): "The hub would take this user for somebody new. Nothing was kept.",
        "nonsense": "The request is not what RFC 7644 describes.",
        json.dumps({**user("ann"), "userName": None}): "A required value is missing",
        json.dumps(nowhere): "There is no location 'L-x'.",
    }.items():
        assert shown in text(olga.send(f"{CLIENT}/try", CLIENT, user=sent).text)
    with world.hub.reading() as uow:
        assert uow.connection.execute(sa.select(scim_resource)).all() == []


def test_a_group_makes_partner_admins(world: World, olga: Browser) -> None:
    token = _connect(olga)
    body = {"schemas": [GROUP], "displayName": "Training admins"}
    assert _scim(world, token, "POST", "/Groups", body) == 201
    with world.hub.reading() as uow:
        group_id = uow.connection.scalars(sa.select(scim_resource.c.id)).one()
    path = f"{CLIENT}/groups/{group_id}"
    assert olga.send(path, CLIENT, location="", position="", role="partner_admin").status_code == 303
    assert 'pill-warn">Partner admins<' in olga.get(CLIENT).text
    assert olga.send(path, CLIENT, location="", position="").status_code == 303
    assert 'pill-warn">Partner admins<' not in olga.get(CLIENT).text


def test_a_group_means_a_place(world: World, olga: Browser) -> None:
    token = _connect(olga)
    assert _scim(world, token, "POST", "/Groups", {"schemas": [GROUP], "displayName": "Sales"}) == 201
    of_dealer = network.location.c.partner_id == world.ids["dealer"]
    with world.hub.reading() as uow:
        group_id = uow.connection.scalars(sa.select(scim_resource.c.id)).one()
        place = uow.connection.execute(sa.select(network.location).where(of_dealer).limit(1)).one()
        position_id = uow.connection.scalars(sa.select(network.position.c.id).limit(1)).one()
    path = f"{CLIENT}/groups/{group_id}"
    assert olga.send(path, CLIENT, location=place.id, position=position_id).status_code == 303
    assert f"at {place.name} (external)" in text(olga.get(CLIENT).text)
    assert olga.send(path, CLIENT, location="", position="").status_code == 303
    assert "means no place" in text(olga.get(CLIENT).text)


def test_only_operators_see_these_pages(world: World) -> None:
    assert world.browser("ana").get(LIST).status_code == 403


PARTNER = "/partner/provisioning"


def test_a_partner_admin_makes_and_revokes_the_companys_own_tokens(world: World, olga: Browser) -> None:
    with world.hub.unit_of_work() as uow:
        grant_partner_admin(uow, world.ids["sofia"], world.ids["dealer"])
    sofia = world.browser("sofia")
    assert "Not connected yet" in text(sofia.get(PARTNER).text)
    page = sofia.send(PARTNER, PARTNER, partner=world.ids["dealer"], client="", label="Entra ID")
    assert page.headers["Cache-Control"] == "no-store"
    found = re.search(r'id="token">([\w-]{43})<', page.text)
    assert found, text(page.text)
    assert _scim(world, found[1], "GET", "/Users/nobody") == 404
    shown = sofia.get(PARTNER).text
    assert "The client asked for a user, a group or a member" in text(shown)
    revoke = re.search(r'action="(/partner/provisioning/[^"]+/revoke)"', shown)
    assert revoke
    assert sofia.send(revoke[1], PARTNER, partner=world.ids["dealer"]).status_code == 303
    assert _scim(world, found[1], "GET", "/Users") == 401


def test_ln6_a_partner_admin_makes_no_token_for_another_companys_client(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        grant_partner_admin(uow, world.ids["sofia"], world.ids["dealer"])
        theirs = connect_client(uow, "maker-scim", "Maker", world.ids["maker"])
        token = make_token(uow, theirs)
    sofia = world.browser("sofia")
    before = everything(world.hub)
    for path, form in {
        PARTNER: {"partner": world.ids["dealer"], "client": "maker-scim", "label": ""},
        f"{PARTNER}/maker-scim/{token.id}/revoke": {"partner": world.ids["dealer"]},
    }.items():
        assert sofia.send(path, PARTNER, **form).status_code == 404
    assert sofia.get(f"{PARTNER}?partner={world.ids['maker']}").status_code == 403
    assert world.browser("ana").get(PARTNER).status_code == 403
    after = everything(world.hub)
    assert {name for name in before if before[name] != after[name]} <= {"web_session"}
    assert refusals(world.hub) == ["no_connection", "no_connection", "not_partner_admin", "not_partner_admin"]
