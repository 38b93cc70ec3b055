"""Operators see and change the domains and contacts of a sign-in, and what expires."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.journal.tables import audit
from hub.network.systems.connections import connections_for_email
from hub.sso.oidc.providers import save_settings
from hub.sso.onboarding.contacts import list_contacts
from hub.sso.onboarding.domains import list_domains
from tests.web.test_connections import text
from tests.web.world import Browser, World


@pytest.fixture
def olga(world: World) -> Browser:
    return world.browser("olga")


@pytest.fixture
def page() -> str:
    """The page of the sign-in that the world calls ``idp``."""
    return "/admin/connections/harbor/domains"


def test_an_operator_adds_vouches_and_takes_away(world: World, olga: Browser, page: str) -> None:
    assert "No domains yet" in olga.get(page).text
    assert olga.send(page, page, domain="new.example").status_code == 303
    assert "Not proved yet" in text(olga.get(page).text)
    assert olga.send(page, page, domain="new.example", vouch="1").status_code == 303
    assert "put in by Olga" in text(olga.get(page).text)
    with world.hub.reading() as uow:
        assert [each.kind for each in connections_for_email(uow, "a@new.example")] == ["oidc"]
    assert olga.send(f"{page}/drop", page, domain="new.example").status_code == 303
    with world.hub.reading() as uow:
        assert list_domains(uow, world.ids["idp"]) == []
        assert connections_for_email(uow, "a@new.example") == []
        rows = uow.connection.execute(sa.select(audit).where(audit.c.action == "domain"))
        done = [(row.detail["done"], row.actor_id) for row in rows]
    assert done == [(word, world.ids["olga"]) for word in ("claimed", "vouched", "dropped")]
    assert "Domain of a sign-in" in olga.get("/admin/activity").text


@pytest.mark.parametrize("domain", ["gmail.com", "", "x"])
def test_wrong_domains_stand_at_their_field(olga: Browser, page: str, domain: str) -> None:
    answer = olga.send(page, page, domain=domain)
    assert (answer.status_code, 'id="domain-problem"' in answer.text) == (400, True)


def test_contacts(world: World, olga: Browser, page: str) -> None:
    contacts = page.replace("/domains", "/contacts")
    assert olga.send(contacts, page, email="it@harbor.example").status_code == 303
    assert "it@harbor.example" in olga.get(page).text
    answer = olga.send(contacts, page, email="nobody")
    assert (answer.status_code, 'id="email-problem"' in answer.text) == (400, True)
    assert olga.send(f"{contacts}/drop", page, email="it@harbor.example").status_code == 303
    with world.hub.reading() as uow:
        assert list_contacts(uow, world.ids["idp"]) == []


def test_what_expires_is_on_the_overview(world: World, olga: Browser, page: str) -> None:
    assert "Nothing expires within 30 days" in olga.get("/admin/expiring").text
    assert "of sign-ins expire" not in olga.get("/admin").text
    with world.hub.unit_of_work() as uow:
        save_settings(uow, world.ids["idp"], secret_expires_at=uow.now + timedelta(days=5))
    assert olga.send(page.replace("/domains", "/expiries"), page).status_code == 303
    assert "Make a new client secret" in text(olga.get(page).text)
    assert "Client secret of the OpenID provider" in text(olga.get("/admin/expiring").text)
    assert "1 secret, certificate or token of sign-ins expires within a month" in text(
        olga.get("/admin").text
    )


def test_only_operators_see_them(world: World, page: str) -> None:
    for path in (page, "/admin/expiring"):
        assert world.browser("ana").get(path).status_code == 403
