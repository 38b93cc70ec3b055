"""What systems send and what people are called, at the edges of what the hub takes and tells."""

from base64 import b64encode

import pytest
import sqlalchemy as sa
from lxml import etree

from hub.clock import SettableClock
from hub.limits import Limit
from hub.network import tables as network
from hub.sso.saml.consume import MAX_FORM
from hub.sso.saml.names import tag
from hub.sso.saml.redirect_binding import redirect_address
from hub.sso.saml.xml import parse_document
from hub.sso.saml_provider import routes
from hub.sso.saml_provider.system_metadata import read_system_metadata
from hub.sso.saml_provider.systems import update_system
from hub.sso.saml_provider.views import MAX_OPEN, systems_to_open
from tests.sso.rig import HUB
from tests.sso.saml_provider.rig import ACS, Lms, code_of, connect_lms, sp_metadata
from tests.sso.saml_provider.test_sign_in import audited, refused


@pytest.mark.parametrize("by_form", [False, True])
def test_si25_a_relay_state_that_no_database_holds_is_refused(stranger: Lms, *, by_form: bool) -> None:
    fields = {"SAMLRequest": b64encode(stranger.request()).decode(), "RelayState": "a\0b"}
    client = stranger.browser.client
    answer = (
        client.post("/saml/sso", base_url=HUB, data=fields)
        if by_form
        else stranger.ask(relay_state=fields["RelayState"])
    )
    refused(stranger, answer, 400, "bad_relay_state")


def test_si26_pages_offer_what_the_person_may_open_behind_many_that_they_may_not(lms: Lms, tess: str) -> None:
    other = "0190a000-0000-7000-8000-000000000001"
    with lms.hub.unit_of_work() as uow:
        uow.connection.execute(sa.insert(network.partner).values(id=other, name="Lakeside"))
        update_system(uow, lms.client_id, hub_initiated=True)
    for i in range(MAX_OPEN + 1):
        to_other = {"partner_id": other} if i else {"partner_ids": [other]}
        raw = sp_metadata(f"urn:foreign:{i}")
        connect_lms(lms, raw, f"foreign-{i}", name=f"A {i}", hub_initiated=True, **to_other)
    with lms.hub.reading() as uow:
        assert systems_to_open(uow, tess) == [(lms.client_id, "Old LMS")]


def test_si27_names_keep_their_own_spaces_and_lose_what_xml_cannot_hold(lms: Lms) -> None:
    given, family = "Jean\u00a0\u200dLuc", "\u5c71\u3000\u7530"
    with lms.hub.unit_of_work() as uow:
        names = {"given_name": f"{given}\x01\ufffe", "family_name": family}
        uow.connection.execute(sa.update(network.person_detail).values(**names))
    told = [one.text for one in lms.answer().root.iter(tag("saml:AttributeValue"))]
    assert {given, family} <= set(told)


def test_si28_the_default_address_is_one_that_is_registered(clock: SettableClock) -> None:
    root = parse_document(sp_metadata())
    first, second = root.iter(tag("md:AssertionConsumerService"))
    second.set("index", first.get("index", ""))
    second.set("isDefault", "true")
    metadata = read_system_metadata(etree.tostring(root), clock.now())
    assert (metadata.consumers, metadata.default_consumer) == ({"0": ACS}, ACS)


def test_si29_a_request_that_calls_itself_an_answer_is_none(lms: Lms) -> None:
    address = redirect_address(f"{HUB}/saml/sso", "SAMLResponse", lms.request(), "", None)
    refused(lms, lms.browser.get(address.removeprefix(HUB)), 400, "bad_saml_request")


def test_si30_is_passive_shows_no_page_to_somebody_who_may_not_be_there(lms: Lms) -> None:
    other = "0190a000-0000-7000-8000-000000000001"
    with lms.hub.unit_of_work() as uow:
        uow.connection.execute(sa.insert(network.partner).values(id=other, name="Lakeside"))
        update_system(uow, lms.client_id, partner_ids=[other])
    answer = lms.answer(lms.request(IsPassive="true"))
    assert answer.statuses == ["Responder", "NoPassive"]
    assert audited(lms.hub) == [("client_sign_in", "refused", "not_of_partners")]


@pytest.mark.parametrize("path", ["/saml/sso", "/saml/slo"])
def test_si31_a_form_is_bounded_before_it_is_read(stranger: Lms, path: str) -> None:
    large = {"SAMLRequest": "A", "more": "B" * (MAX_FORM + 1)}
    answer = stranger.browser.client.post(path, base_url=HUB, data=large)
    assert code_of(answer) == "request_too_large"
    assert [row[1:] for row in audited(stranger.hub)] == [("refused", "request_too_large")]


def test_si32_the_metadata_is_bounded_by_address(lms: Lms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "REQUESTS", Limit("saml_request", 1, 60))
    assert [lms.browser.get("/saml/metadata").status_code for _ in range(2)] == [200, 429]
