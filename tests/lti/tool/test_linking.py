"""Rows T22 and LN3: an unknown subject becomes somebody by proof alone, in one browser, once."""

from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from hub.network import tables as network
from hub.network.people.identities import LTI_SUBJECT, find_person, pairwise_subject
from hub.sso.sessions import Proved, start_session
from tests.lti.rig import Form
from tests.lti.tool.rig import ANN, West, record

STRANGER = "stranger"


def _sign_in(west: West, person: str) -> None:
    """As the own provider would."""
    with west.hub.unit_of_work() as uow:
        token = start_session(uow, west.world.ids[person], Proved(west.world.ids["north"], "sub", ""))
    west.client.set_cookie("hub_session", token, domain=west.base.split("/")[2].split(":")[0])


def _link_page(west: West, **claims: Any) -> str:
    """The address of the link page to which a stranger's launch leads."""
    opened = west.open(west.launch(sub=STRANGER, **claims))
    assert opened.location.startswith("/link/"), opened.text
    return str(opened.location)


def _confirm(west: West, address: str) -> TestResponse:
    form = Form(west.get(address).text.split("<main")[1])
    return west.client.post(address, data=form.fields, base_url=west.base)


def _post(west: West, address: str) -> TestResponse:
    """The form without its page, for browsers that may not see it."""
    token = Form(west.get("/my-training").text).fields["csrf_token"]
    return west.client.post(address, data={"csrf_token": token}, base_url=west.base)


def _person(west: West, subject: str = STRANGER) -> str | None:
    with west.hub.reading() as uow:
        return find_person(uow, west.west.connection_id, LTI_SUBJECT, subject)


def test_t22_same_email_from_a_second_platform_is_nobody(west: West) -> None:
    before = record(west)
    answer = west.launch(sub=STRANGER, email="ann@riverside.example", email_verified=True)
    assert before.audited() == [("lti_entry", "refused", "unknown_subject")]
    assert "identity_link" not in before.changed()
    west.open(answer)
    assert west.people_signed_in() == []


def test_t22_same_subject_at_another_platform_is_somebody_else(west: West) -> None:
    begun = west.begin(client_id="hub-at-east")
    token = west.sign(west.claims(begun, sub=ANN, x__deployment_id="e-1"))
    before = record(west)
    west.post(begun["state"], token)
    assert before.audited() == [("lti_entry", "refused", "unknown_subject")]


def test_t22_subject_that_the_hub_gave_out_signs_nobody_in(west: West) -> None:
    """A system that is tool as well knows subjects of the hub; as a platform it may not come back with one."""
    with west.hub.unit_of_work() as uow:
        subject = pairwise_subject(uow, west.west.connection_id, west.world.ids["ann"])
    before = record(west)
    west.launch(sub=subject)
    assert before.audited() == [("lti_entry", "refused", "unknown_subject")]


def test_t22_link_page_asks_to_sign_in_first(west: West) -> None:
    address = _link_page(west)
    page = west.get(address)
    assert page.status_code == 200
    assert "LMS West" in page.text
    assert f"return_to={address}" in page.text


def test_t22_linked_by_signing_in_and_saying_so(west: West) -> None:
    address = _link_page(west)
    _sign_in(west, "bob")
    before = record(west)
    answer = _confirm(west, address)
    assert (answer.status_code, answer.location) == (303, "/my-training")
    assert before.audited() == [("lti_link", "done", "")]
    assert _person(west) == west.world.ids["bob"]
    before = record(west)
    west.launch(sub=STRANGER)
    assert before.audited() == [("lti_entry", "done", "")]


def test_t22_linking_goes_on_to_what_was_placed(west: West) -> None:
    uri = west.target("safety", "path")
    address = west.open(west.launch(uri, sub=STRANGER)).location
    _sign_in(west, "bob")
    answer = _confirm(west, address)
    page = west.get(answer.location)
    assert "Brakes" in page.text


def test_t22_form_needs_its_token(west: West) -> None:
    address = _link_page(west)
    _sign_in(west, "bob")
    before = record(west)
    assert west.client.post(address, base_url=west.base).status_code == 400
    before.assert_refused("form", "no_form_token")


def test_ln3_page_in_another_browser(west: West) -> None:
    address = _link_page(west)
    other = west.another_browser()
    _sign_in(other, "bob")
    before = record(west)
    assert other.get(address).status_code == 403
    before.assert_refused("lti_link", "link_of_another_browser")
    before = record(west)
    assert _post(other, address).status_code == 403
    before.assert_refused("lti_link", "link_of_another_browser")
    assert _person(west) is None


def test_ln3_proof_works_once(west: West) -> None:
    address = _link_page(west)
    _sign_in(west, "bob")
    cookie = west.client.get_cookie("hub_link", domain=west.base.split("/")[2].split(":")[0])
    assert cookie is not None
    _confirm(west, address)
    west.client.set_cookie("hub_link", cookie.value, domain=west.base.split("/")[2].split(":")[0])
    _sign_in(west, "ann")
    before = record(west)
    assert _post(west, address).status_code == 403
    before.assert_refused("lti_link", "link_code_used")
    assert _person(west) == west.world.ids["bob"]


def test_ln3_proof_expires(west: West) -> None:
    address = _link_page(west)
    _sign_in(west, "bob")
    west.hub.clock.advance(minutes=31)  # type: ignore[attr-defined]
    west.get("/my-training")  # a request after a while notes that the session is in use
    before = record(west)
    assert _post(west, address).status_code == 400
    before.assert_refused("lti_link", "link_code_expired")


@pytest.mark.parametrize("code", ["unknown", "x" * 2000, "%00"])
def test_ln3_unknown_proof(west: West, code: str) -> None:
    before = record(west)
    assert west.get(f"/link/{code}").status_code == 400
    assert [row[:2] for row in before.audited()] in ([("lti_link", "refused")], [])
    assert before.changed() == set()


def test_ln3_subject_that_was_linked_meanwhile(west: West) -> None:
    address = _link_page(west)
    west.know("ann", STRANGER)
    _sign_in(west, "bob")
    before = record(west)
    assert _post(west, address).status_code == 409
    before.assert_refused("lti_link", "identity_taken")


def test_ln3_person_of_another_partner(west: West) -> None:
    address = _link_page(west)
    with west.hub.unit_of_work() as uow:
        uow.connection.execute(network.partner.insert().values(id=west.another_partner, name="Hilltop"))
        uow.connection.execute(
            sa.update(network.person)
            .where(network.person.c.id == west.world.ids["bob"])
            .values(partner_id=west.another_partner)
        )
    _sign_in(west, "bob")
    before = record(west)
    assert _post(west, address).status_code == 403
    before.assert_refused("lti_link", "left_partner")
    assert _person(west) is None


def test_code_of_a_stranger_works_once(west: West) -> None:
    answer = west.launch(sub=STRANGER)
    west.open(answer)
    before = record(west)
    assert west.get(answer.location).status_code == 400
    before.assert_refused("lti_entry", "unknown_code")
