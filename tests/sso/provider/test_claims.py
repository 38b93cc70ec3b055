"""Whether the hub stands for an e-mail address towards the systems behind it: only where somebody proved it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.network.people.person import read_person
from hub.network.tables import connection, person
from hub.runtime import Hub
from hub.sso.local.tables import local_account
from hub.sso.onboarding.tables import domain_claim
from hub.sso.provider.proved_email import is_email_proved
from tests.sso.provider.rig import Downstream
from tests.sso.rig import BORIS, TESS, add_person


def claim(
    hub: Hub, person_id: str, domain: str = "riverside.example", *, state: str = "proved", owner: str = ""
) -> None:
    """A domain that a connection of the person's employer has proved, or something that only looks like it."""
    connection_id = new_id()
    with hub.unit_of_work() as uow:
        partner_id = owner or read_person(uow, person_id).partner_id
        uow.insert(
            connection,
            id=connection_id,
            slug=f"idp-{connection_id[-8:]}",
            kind="oidc",
            name="Provider",
            partner_id=partner_id,
            disabled=state == "disabled",
        )
        uow.insert(
            domain_claim,
            domain=domain,
            connection_id=connection_id,
            token="t" * 32,
            created_at=uow.now,
            problem="",
            check_at=uow.now,
            proved_at=None if state in {"open", "vouched"} else uow.now,
            vouched_at=uow.now if state == "vouched" else None,
            lost_at=uow.now if state == "lost" else None,
        )


def mailed(hub: Hub, person_id: str, email: str, *, answered: bool = True) -> None:
    """A local account whose address was proved by a mail, or not."""
    connection_id = new_id()
    with hub.unit_of_work() as uow:
        partner_id = read_person(uow, person_id).partner_id
        values = {"id": connection_id, "slug": f"local-{connection_id}", "kind": "local", "name": "Local"}
        uow.insert(connection, **values, partner_id=partner_id, disabled=False)
        uow.insert(
            local_account,
            id=new_id(),
            connection_id=connection_id,
            person_id=person_id,
            email=email,
            verified_at=uow.now - timedelta(days=1) if answered else None,
            created_at=uow.now,
        )


def is_proved(hub: Hub, person_id: str) -> bool:
    with hub.reading() as uow:
        return is_email_proved(uow, read_person(uow, person_id))


@pytest.mark.parametrize("state", ["open", "vouched", "lost", "disabled", "other_domain", "other_partner"])
def test_an_address_that_is_only_claimed_is_told_as_not_verified(hub: Hub, state: str) -> None:
    tess, boris = add_person(hub, TESS, None), add_person(hub, BORIS, None)
    with hub.reading() as uow:
        theirs = uow.connection.scalar(sa.select(person.c.partner_id).where(person.c.id == boris)) or ""
    domain = "evil.riverside.example" if state == "other_domain" else "riverside.example"
    claim(hub, tess, domain, state=state, owner=theirs if state == "other_partner" else "")
    mailed(hub, boris, TESS.email)
    mailed(hub, tess, TESS.email if state == "open" else "else@riverside.example", answered=state != "open")
    assert not is_proved(hub, tess)


def test_an_address_in_a_domain_that_the_employer_proved_is_verified(hub: Hub) -> None:
    tess = add_person(hub, TESS, None)
    claim(hub, tess)
    assert is_proved(hub, tess)


def test_an_address_whose_mail_was_answered_is_verified_and_told_so(lms: Downstream, tess: str) -> None:
    tokens = lms.sign_in()
    about = lms.userinfo(tokens["access_token"]).json or {}
    assert (about["email"], about["email_verified"]) == (TESS.email, False)
    mailed(lms.hub, tess, TESS.email.lower())
    assert (lms.userinfo(tokens["access_token"]).json or {})["email_verified"] is True
    assert (
        "email_verified"
        in (lms.browser.get("/.well-known/openid-configuration").json or {})["claims_supported"]
    )
    without = lms.sign_in(scope="openid profile")
    assert "email_verified" not in (lms.userinfo(without["access_token"]).json or {})
