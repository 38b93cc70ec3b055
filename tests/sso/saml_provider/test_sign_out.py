"""Single logout: a system ends the hub's session, and a session that ends is told to the systems it signed in at."""

from base64 import b64encode

import pytest
import sqlalchemy as sa
from lxml import etree

from hub.runtime import Hub
from hub.sso.erase_person import erase_person
from hub.sso.provider.logout import Wish, sign_out_everywhere
from hub.sso.saml.assertion import NameId
from hub.sso.saml.names import PERSISTENT, tag
from hub.sso.saml.redirect_binding import check_redirect, read_redirect
from hub.sso.saml.requests import logout_request
from hub.sso.saml_provider.system_metadata import read_system_metadata
from hub.sso.saml_provider.systems import add_system, update_system
from hub.sso.sessions import find_session
from hub.sso.sign_out import sign_out
from hub.testing.saml_signing import Signer, sign
from tests.sso.rig import HUB
from tests.sso.saml_provider.rig import (
    HUB_SLO,
    SLO,
    Lms,
    code_of,
    connect_lms,
    query_of,
    random_id,
    sp_metadata,
    statuses_in,
)
from tests.sso.saml_provider.test_sign_in import audited


@pytest.fixture
def second(lms: Lms, signer: Signer) -> Lms:
    """Another system at which Tess is signed in too."""
    entity_id, slo = "urn:second", "https://second.example.com/slo"
    raw = sp_metadata(entity_id, signer.encoded, slo=slo)
    other = connect_lms(Lms(lms.hub, lms.browser, signer, entity_id=entity_id), raw, "second")
    assert other.answer().statuses == ["Success"]
    return other


def message_in(lms: Lms, address: str) -> etree._Element:
    """The hub's message in an address, whose signature holds."""
    message = read_redirect(address.partition("?")[2].encode())
    check_redirect(message, lms.hub_certificates())
    return etree.fromstring(message.xml)


def test_si16_a_system_signs_the_person_out_of_the_hub(lms: Lms) -> None:
    told = lms.verified(lms.answer())
    answer = lms.wish_logout(told.subject, told.session_index)
    assert answer.status_code == 303
    address = answer.headers["Location"]
    assert address.startswith(f"{SLO}?SAMLResponse=")
    response = message_in(lms, address)
    assert response.get("InResponseTo") == "_l1"
    assert statuses_in(response) == ["Success"]
    assert query_of(address)["RelayState"] == "bye"
    assert lms.browser.person() is None


def test_si16_without_an_index_all_sessions_that_the_system_knows_end(
    lms: Lms, tess: str, home: str, hub: Hub
) -> None:
    name = lms.verified(lms.answer()).subject
    lms.browser.sit_down(tess, home)
    lms.answer()
    lms.browser.sit_down(tess, home)  # the system knows nothing of this one
    assert lms.wish_logout(name).status_code == 303
    with hub.reading() as uow:
        assert uow.connection.scalar(sa.text("SELECT count(*) FROM web_session")) == 1


def test_si17_what_does_not_prove_whose_it_is_ends_nothing(lms: Lms, stranger_signer: Signer) -> None:
    told = lms.verified(lms.answer())
    unsigned = lms.wish_logout(told.subject, told.session_index, signed=False)
    right, lms.signer = lms.signer, stranger_signer
    forged = lms.wish_logout(told.subject, told.session_index)
    lms.signer = right
    assert [code_of(answer) for answer in (unsigned, forged)] == [
        "request_not_signed",
        "request_wrong_signature",
    ]
    assert lms.browser.person() is not None
    assert [row for row in audited(lms.hub) if row[1] == "refused"] == [
        ("client_sign_out", "refused", "request_not_signed"),
        ("client_sign_out", "refused", "request_wrong_signature"),
    ]


def test_si17_a_wish_counts_once_and_other_systems_names_mean_nobody(lms: Lms, second: Lms) -> None:
    told = lms.verified(lms.answer())
    foreign = second.wish_logout(told.subject, told.session_index, random_id())
    statuses = statuses_in(message_in(lms, foreign.headers["Location"]))
    assert statuses == ["Requester", "UnknownPrincipal"]
    assert lms.browser.person() is not None
    assert audited(lms.hub)[-1] == ("client_sign_out", "refused", "unknown_system_name")
    lms.wish_logout(told.subject, told.session_index, "_once")
    assert code_of(lms.wish_logout(told.subject, told.session_index, "_once")) == "request_replayed"


def test_si18_the_browser_goes_through_the_others_and_then_back(lms: Lms, second: Lms) -> None:
    told = lms.verified(lms.answer())
    first = lms.wish_logout(told.subject, told.session_index).headers["Location"]
    assert first.startswith("https://second.example.com/slo?SAMLRequest=")
    request = message_in(lms, first)
    assert request.findtext(tag("saml:NameID")) not in {None, told.subject}
    state = query_of(first)["RelayState"]
    last = lms.browser.get("/saml/slo", {"SAMLResponse": "whatever", "RelayState": state}).headers["Location"]
    assert last.startswith(f"{SLO}?SAMLResponse=")
    again = lms.browser.get("/saml/slo", {"SAMLResponse": "whatever", "RelayState": state})
    assert again.headers["Location"] == "/sign-in?signed_out=1"


def test_si19_signing_out_of_the_hub_tells_every_system(lms: Lms, second: Lms, hub: Hub) -> None:
    lms.answer()
    page = sign_out(hub, lms.browser.cookie("hub_session") or "")
    assert page.startswith("/saml/sign-out/")
    addresses = [lms.browser.get(f"{page}/next").headers["Location"] for _ in range(3)]
    places = [address.partition("?")[0] for address in addresses]
    assert (set(places[:2]), places[2]) == ({"https://second.example.com/slo", SLO}, "/sign-in")
    assert message_in(lms, addresses[0]).tag == tag("samlp:LogoutRequest")


def test_si19_a_client_that_gets_the_browser_back_gets_it_after_the_systems(lms: Lms, hub: Hub) -> None:
    lms.answer()
    token, after = lms.browser.cookie("hub_session") or "", "https://lms.example.com/goodbye?state=1"
    with hub.reading() as uow:
        session = find_session(uow, token)
    page = sign_out_everywhere(hub, session, token, "", Wish(None, after, is_proved=True))
    addresses = [lms.browser.get(f"{page}/next").headers["Location"] for _ in range(2)]
    assert (addresses[0].partition("?")[0], addresses[1]) == (SLO, after)
    assert sign_out_everywhere(hub, session, token, "", Wish(None, after, is_proved=True)) == after


def test_si19_a_system_that_takes_no_messages_is_passed_by(lms: Lms, hub: Hub, signer: Signer) -> None:
    raw = sp_metadata("urn:silent", signer.encoded, slo="")
    silent = connect_lms(Lms(hub, lms.browser, signer, entity_id="urn:silent"), raw, "silent")
    silent.answer()
    told = lms.verified(lms.answer())
    address = lms.wish_logout(told.subject, told.session_index).headers["Location"]
    statuses = statuses_in(message_in(lms, address))
    assert statuses == ["Success", "PartialLogout"]


def test_si19_nobody_is_sent_through_systems_without_need(stranger: Lms, tess: str, home: str) -> None:
    token = stranger.browser.sit_down(tess, home)
    assert sign_out(stranger.hub, token) == "/sign-in?signed_out=1"


def test_si20_public_names_can_sign_out_too(lms: Lms, tess: str) -> None:
    with lms.hub.unit_of_work() as uow:
        update_system(uow, lms.client_id, subject_type="public")
    told = lms.verified(lms.answer())
    assert told.subject == tess
    assert lms.wish_logout(tess, told.session_index).headers["Location"].startswith(SLO)
    assert lms.browser.person() is None


def test_si21_an_erased_person_leaves_no_sign_ins(lms: Lms, tess: str) -> None:
    lms.answer()
    with lms.hub.reading() as uow:
        count = sa.text("SELECT count(*) FROM saml_sign_in")
        assert uow.connection.scalar(count) == 1
    with lms.hub.unit_of_work() as uow:
        counts = erase_person(uow, tess)
        assert uow.connection.scalar(count) == 0
    assert counts["sign-ins at other systems (SAML)"] == 1


def test_si33_only_the_browser_that_signs_out_learns_where_it_goes(lms: Lms, second: Lms, hub: Hub) -> None:
    lms.answer()
    page = sign_out(hub, lms.browser.cookie("hub_session") or "")
    state = query_of(lms.browser.get(f"{page}/next").headers["Location"])["RelayState"]
    server = lms.browser.client.application.test_client()  # the first system's own
    told = {"SAMLResponse": "x", "RelayState": state}
    by_address = server.get("/saml/slo", query_string=told, base_url=HUB).headers["Location"]
    by_form = server.post("/saml/slo", data=told, base_url=HUB).headers["Location"]
    assert by_address == server.get(by_form, base_url=HUB).headers["Location"] == "/sign-in?signed_out=1"
    went_on = lms.browser.get(by_form.removeprefix(HUB)).headers["Location"]
    assert message_in(lms, went_on).tag == tag("samlp:LogoutRequest")


@pytest.mark.parametrize("with_browser", [True, False])
def test_si34_a_system_that_asks_without_the_browser_learns_no_other_names(
    lms: Lms, second: Lms, *, with_browser: bool
) -> None:
    told = lms.verified(lms.answer())
    request = logout_request(
        id="_l1",
        issuer=lms.entity_id,
        destination=HUB_SLO,
        now=lms.hub.clock.now(),
        name_id=NameId(told.subject, PERSISTENT),
        session_index=told.session_index,
    )
    root = etree.fromstring(request)
    sign(root, lms.signer)
    form = {"SAMLRequest": b64encode(etree.tostring(root)).decode()}
    server = lms.browser.client.application.test_client()  # nor does a browser bring cookies with this form
    page = server.post("/saml/slo", data=form, base_url=HUB).headers["Location"]
    assert lms.browser.person() is None
    if with_browser:
        assert (
            lms.browser.get(page)
            .headers["Location"]
            .startswith("https://second.example.com/slo?SAMLRequest=")
        )
    else:
        address = server.get(page, base_url=HUB).headers["Location"]
        assert statuses_in(message_in(lms, address)) == ["Success", "PartialLogout"]


def test_si35_systems_of_one_connection_count_their_requests_each(lms: Lms, signer: Signer, hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        metadata = read_system_metadata(sp_metadata("urn:two", signer.encoded), uow.now)
        client_id = add_system(uow, lms.connection_id, metadata, name="Two")
    two = Lms(hub, lms.browser, signer, client_id, lms.connection_id, "urn:two")
    name = lms.verified(lms.answer()).subject
    assert [one.wish_logout(name, "", "_same").status_code for one in (two, lms)] == [303, 303]
