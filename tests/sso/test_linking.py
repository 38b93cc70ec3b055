"""Rows LN1, LN2 and LN5: (connection, subject) says who somebody is, and nothing else does."""

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.network import tables as network
from hub.network.systems.connections import find_connection, set_connection_disabled
from hub.runtime import Hub
from tests.sso.rig import BORIS, IMPOSTOR, NAMESAKE, TESS, Browser, Idp, Record, add_person


def test_ln1_the_email_of_another_partners_person_opens_nothing(
    browser: Browser, lakeside: Idp, record: Record
) -> None:
    assert IMPOSTOR.email == TESS.email
    answer = browser.sign_in(lakeside, IMPOSTOR)
    record.assert_refused(browser, answer, 403, "unknown_subject")


@pytest.mark.requirement("D19")
def test_somebody_outside_the_network_is_told_whom_to_ask(
    browser: Browser, riverside: Idp, record: Record
) -> None:
    answer = browser.sign_in(riverside, BORIS)
    record.assert_refused(browser, answer, 403, "unknown_subject")
    assert answer.json
    assert "worked" in answer.json["message"]
    assert "administrator" in answer.json["help"]
    assert BORIS.email not in answer.text
    assert BORIS.sub not in answer.text


def test_a_refused_stranger_gets_in_once_the_roster_knows_them(
    hub: Hub, browser: Browser, riverside: Idp
) -> None:
    assert browser.sign_in(riverside, BORIS).status_code == 403
    boris = add_person(hub, BORIS, riverside)
    assert browser.sign_in(riverside, BORIS).status_code == 303
    assert browser.person() == boris


def test_ln2_the_same_subject_elsewhere_is_unknown(browser: Browser, lakeside: Idp, record: Record) -> None:
    assert NAMESAKE.sub == TESS.sub
    answer = browser.sign_in(lakeside, NAMESAKE)
    record.assert_refused(browser, answer, 403, "unknown_subject")


def test_ln2_the_same_subject_elsewhere_is_another_person(
    hub: Hub, browser: Browser, riverside: Idp, lakeside: Idp, tess: str
) -> None:
    namesake = add_person(hub, NAMESAKE, lakeside)
    browser.sign_in(lakeside, NAMESAKE)
    assert browser.person() == namesake
    browser.sign_in(riverside, TESS)
    assert browser.person() == tess


def disable(hub: Hub, person_id: str, disabled: bool = True) -> None:
    table = network.person
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(table).where(table.c.id == person_id).values(disabled=disabled))


def test_ln5_a_disabled_person_cannot_sign_in(
    hub: Hub, browser: Browser, riverside: Idp, tess: str, record: Record
) -> None:
    disable(hub, tess)
    record.assert_refused(browser, browser.sign_in(riverside), 403, "person_disabled")


def test_ln5_a_disabled_persons_sessions_end(hub: Hub, browser: Browser, riverside: Idp, tess: str) -> None:
    elsewhere = Browser(hub)
    elsewhere.sign_in(riverside)
    assert elsewhere.person() == tess
    disable(hub, tess)
    assert elsewhere.person() is None
    assert browser.sign_in(riverside).status_code == 403
    disable(hub, tess, disabled=False)
    assert elsewhere.person() is None  # the old session does not come back to life


def switch(hub: Hub, idp: Idp, *, disabled: bool) -> None:
    with hub.unit_of_work() as uow:
        set_connection_disabled(uow, find_connection(uow, idp.slug).id, disabled=disabled)


def test_ln5_nobody_begins_at_a_disabled_connection(hub: Hub, browser: Browser, riverside: Idp) -> None:
    switch(hub, riverside, disabled=True)
    record = Record(hub)
    answer = browser.get(f"/sso/oidc/{riverside.slug}/start")
    record.assert_refused(browser, answer, 403, "connection_disabled")


def test_ln5_nobody_comes_back_from_a_disabled_connection(hub: Hub, browser: Browser, riverside: Idp) -> None:
    back = browser.log_in(browser.start(riverside))
    switch(hub, riverside, disabled=True)
    record = Record(hub)
    record.assert_refused(browser, browser.come_back(riverside, back), 403, "connection_disabled")
    assert riverside.calls("/token") == 0


def test_ln5_sessions_of_a_disabled_connection_do_not_work(
    hub: Hub, browser: Browser, riverside: Idp, tess: str
) -> None:
    browser.sign_in(riverside)
    assert browser.person() == tess
    switch(hub, riverside, disabled=True)
    assert browser.person() is None


@pytest.mark.parametrize("page", ["start", "callback?state=x&code=y"])
@pytest.mark.parametrize("slug", ["nobody", "NOBODY", "no%00body", "%F0%9F%9A%97"])
def test_a_connection_that_is_not_there(browser: Browser, record: Record, page: str, slug: str) -> None:
    answer = browser.get(f"/sso/oidc/{slug}/{page}")
    record.assert_refused(browser, answer, 404, "no_connection")


def test_whoever_left_a_partner_cannot_come_through_its_door(
    hub: Hub, browser: Browser, riverside: Idp, tess: str, record: Record
) -> None:
    """The walls between partners: a roster moved Tess to another employer, and Riverside's provider still knows her."""
    with hub.unit_of_work() as uow:
        employer = sa.select(network.person.c.partner_id).where(network.person.c.id == tess).scalar_subquery()
        values = {"partner_id": employer}
        uow.connection.execute(
            sa.update(network.connection).where(network.connection.c.slug == riverside.slug).values(values)
        )
    assert browser.sign_in(riverside, TESS).status_code == 303
    browser.post("/sign-out")
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.insert(network.partner).values(id=new_id(), name="Lakeside"))
        elsewhere = (
            sa.select(network.partner.c.id).where(network.partner.c.name == "Lakeside").scalar_subquery()
        )
        uow.connection.execute(
            sa.update(network.person).where(network.person.c.id == tess).values(partner_id=elsewhere)
        )
    answer = browser.sign_in(riverside, TESS)
    assert answer.status_code == 403
    assert answer.json
    assert answer.json["code"] == "left_partner"
    assert ("sign_in", "refused", "left_partner") in record.audit_since()
    assert browser.person() is None
