"""Row SA15: logout messages of providers, in addresses and in forms; and the hub's own."""

import base64
import re
import zlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
import sqlalchemy as sa
from lxml import etree

from hub.clock import SettableClock
from hub.errors import NotAllowed
from hub.journal.tables import audit
from hub.network.people.identities import link_identity
from hub.network.systems.connections import find_connection
from hub.runtime import Hub
from hub.sso.saml.connect import connect_saml_provider
from hub.sso.saml.leaving import request_id_of_state
from hub.sso.saml.providers import Choices
from hub.sso.saml.redirect_binding import check_redirect, read_redirect, redirect_address
from hub.sso.saml.signature import signed_bytes
from hub.sso.saml.sp_keys import published_certificates
from hub.sso.saml.xml import parse_message
from hub.sso.sign_out import Leaving, read_leaving
from hub.sso.tables import web_session
from hub.testing.saml_messages import logout_request_xml, logout_response_xml
from hub.testing.saml_signing import sign
from tests.sso.rig import NAMESAKE, TESS, Record, add_person
from tests.sso.saml.forge import provider_signer, stranger
from tests.sso.saml.rig import Running, SamlBrowser, connect, known

HUB = "http://127.0.0.1:8000"


def slo(running: Running) -> str:
    return f"{HUB}/sso/saml/{running.slug}/slo"


def request_xml(running: Running, clock: SettableClock, **changes: Any) -> str:
    facts: dict[str, Any] = {
        "issuer": running.idp.entity_id,
        "destination": slo(running),
        "subject": TESS.sub,
        "now": clock.now(),
    }
    return logout_request_xml(**(facts | changes))


def address(running: Running, xml: str, relay_state: str = "back") -> str:
    return running.idp.redirect_to(slo(running), "SAMLRequest", xml, relay_state)


def status_of(location: str, hub_certificates: list[str]) -> list[str]:
    """The status codes of the hub's answer, whose signature must hold."""
    message = read_redirect(urlsplit(location).query.encode())
    check_redirect(message, hub_certificates)
    assert (message.kind, message.relay_state) == ("SAMLResponse", "back")
    codes = etree.fromstring(message.xml).iter("{urn:oasis:names:tc:SAML:2.0:protocol}StatusCode")
    return [str(code.get("Value")).rpartition(":")[2] for code in codes]


@pytest.fixture
def signed_in(browser: SamlBrowser, riverside_saml: Running, tess: str) -> SamlBrowser:
    browser.sign_in_by_saml(riverside_saml)
    assert browser.person() == tess
    return browser


@pytest.mark.parametrize("index", ["", "session-tess"])
def test_a_provider_signs_people_out_in_all_browsers(
    hub: Hub, signed_in: SamlBrowser, riverside_saml: Running, clock: SettableClock, index: str
) -> None:
    record, anywhere = Record(hub), SamlBrowser(hub)
    xml = request_xml(riverside_saml, clock, session_index=index)
    answer = anywhere.client.get(address(riverside_saml, xml), base_url=HUB)
    assert answer.status_code == 303, answer.text
    assert status_of(answer.headers["Location"], published_certificates(hub)) == ["Success"]
    assert signed_in.person() is None
    assert record.audit_since() == [("sign_out", "done", "")]


def test_another_session_of_the_person_stays(
    hub: Hub, signed_in: SamlBrowser, riverside_saml: Running, clock: SettableClock, tess: str
) -> None:
    xml = request_xml(riverside_saml, clock, session_index="another")
    answer = signed_in.client.get(address(riverside_saml, xml), base_url=HUB)
    assert status_of(answer.headers["Location"], published_certificates(hub)) == ["Success"]
    assert signed_in.person() == tess


def test_a_provider_signs_people_out_by_a_form(
    hub: Hub, signed_in: SamlBrowser, riverside_saml: Running, clock: SettableClock
) -> None:
    root = etree.fromstring(request_xml(riverside_saml, clock))
    sign(root, riverside_saml.idp.signer)
    fields = {"SAMLRequest": base64.b64encode(etree.tostring(root)).decode(), "RelayState": "back"}
    answer = signed_in.client.post("/sso/saml/riverside/slo", base_url=HUB, data=fields)
    assert status_of(answer.headers["Location"], published_certificates(hub)) == ["Success"]
    assert signed_in.person() is None


@pytest.mark.parametrize(
    "changes, opens, statuses, stays",
    [
        ({}, True, ["Success"], False),
        ({"session_index": "session-tess"}, True, ["Success"], False),
        ({"session_index": "another"}, True, ["Success"], True),
        ({"session_index": "another"}, False, ["Success"], False),
        ({"subject": "somebody else"}, True, ["Requester", "UnknownPrincipal"], True),
    ],
    ids=["the name alone", "the session", "another session", "which session, nobody knows", "another name"],
)
def test_people_known_by_an_attribute_are_signed_out_by_their_name(
    hub: Hub,
    riverside_saml: Running,
    clock: SettableClock,
    changes: dict[str, str],
    opens: bool,
    statuses: list[str],
    stays: bool,
) -> None:
    """The NameID says nothing but which sessions are meant, also where the request has no SessionIndex, or where what a
    session keeps cannot be unsealed.
    """
    connection_id = connect(hub, riverside_saml, subject_attribute="mail")
    person_id = add_person(hub, TESS, None)
    with hub.unit_of_work() as uow:
        link_identity(uow, connection_id, "attribute", TESS.email, person_id, made_by="roster")
    browser = SamlBrowser(hub)
    browser.sign_in_by_saml(riverside_saml)
    assert browser.person() == person_id
    if not opens:
        with hub.unit_of_work() as uow:
            uow.connection.execute(sa.update(web_session).values(id_token="sealed with a key that is lost"))
    xml = request_xml(riverside_saml, clock, **changes)
    answer = browser.client.get(address(riverside_saml, xml), base_url=HUB)
    assert status_of(answer.headers["Location"], published_certificates(hub)) == statuses
    assert (browser.person() == person_id) == stays


def refuse(hub: Hub, browser: SamlBrowser, location: str, reason: str, person: str) -> None:
    """Refused: the session stays, one audit row, nothing else is written."""
    record = Record(hub)
    answer = browser.client.get(location, base_url=HUB)
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, reason), answer.text
    assert record.audit_since() == [("sign_out", "refused", reason)]
    assert record.changed_tables() == set()
    assert browser.person() == person


def test_sa15_unsigned(
    hub: Hub, signed_in: SamlBrowser, riverside_saml: Running, clock: SettableClock, tess: str
) -> None:
    xml = request_xml(riverside_saml, clock)
    whole = address(riverside_saml, xml)
    refuse(hub, signed_in, whole.partition("&Signature=")[0], "not_signed", tess)
    refuse(hub, signed_in, whole.partition("&SigAlg=")[0], "not_signed", tess)


def test_sa15_unsigned_in_a_form(
    hub: Hub, signed_in: SamlBrowser, riverside_saml: Running, clock: SettableClock, tess: str
) -> None:
    record = Record(hub)
    fields = {"SAMLRequest": base64.b64encode(request_xml(riverside_saml, clock).encode()).decode()}
    answer = signed_in.client.post("/sso/saml/riverside/slo", base_url=HUB, data=fields)
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, "not_signed")
    assert record.audit_since() == [("sign_out", "refused", "not_signed")]
    assert signed_in.person() == tess


def test_sa15_name_id_of_another_partner(
    hub: Hub,
    signed_in: SamlBrowser,
    riverside_saml: Running,
    lakeside_saml: Running,
    clock: SettableClock,
    tess: str,
) -> None:
    """Lakeside may end sessions of its own people only, also by the NameID that somebody has at Riverside."""
    record = Record(hub)
    xml = request_xml(lakeside_saml, clock)
    answer = signed_in.client.get(address(lakeside_saml, xml), base_url=HUB)
    statuses = status_of(answer.headers["Location"], published_certificates(hub))
    assert statuses == ["Requester", "UnknownPrincipal"]
    assert record.audit_since() == [("sign_out", "refused", "unknown_name")]
    assert signed_in.person() == tess
    known(hub, NAMESAKE, lakeside_saml)
    xml = request_xml(lakeside_saml, clock)
    signed_in.client.get(address(lakeside_saml, xml), base_url=HUB)
    assert signed_in.person() == tess


def test_sa15_signed_by_another_partner(
    hub: Hub,
    signed_in: SamlBrowser,
    riverside_saml: Running,
    lakeside_saml: Running,
    clock: SettableClock,
    tess: str,
) -> None:
    location = lakeside_saml.idp.redirect_to(
        slo(riverside_saml), "SAMLRequest", request_xml(riverside_saml, clock)
    )
    refuse(hub, signed_in, location, "wrong_signature", tess)


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"issuer": "https://idp.other.example"}, "wrong_entity"),
        ({"destination": "https://other.example/slo"}, "wrong_destination"),
        ({"lifetime": -61}, "answer_expired"),
        ({"subject": " "}, "bad_name_id"),
    ],
)
def test_sa15_request_for_somebody_else_or_another_time(
    hub: Hub,
    signed_in: SamlBrowser,
    riverside_saml: Running,
    clock: SettableClock,
    tess: str,
    changes: dict[str, Any],
    reason: str,
) -> None:
    refuse(
        hub, signed_in, address(riverside_saml, request_xml(riverside_saml, clock, **changes)), reason, tess
    )


def test_sa15_request_from_long_ago_without_a_limit(
    hub: Hub, signed_in: SamlBrowser, riverside_saml: Running, clock: SettableClock, tess: str
) -> None:
    xml = request_xml(riverside_saml, clock, now=clock.now() - timedelta(minutes=7), lifetime=None)
    refuse(hub, signed_in, address(riverside_saml, xml), "answer_expired", tess)


def test_sa15_request_used_twice(
    hub: Hub, signed_in: SamlBrowser, riverside_saml: Running, clock: SettableClock, tess: str
) -> None:
    location = address(riverside_saml, request_xml(riverside_saml, clock))
    assert signed_in.client.get(location, base_url=HUB).status_code == 303
    signed_in.sign_in_by_saml(riverside_saml)
    refuse(hub, signed_in, location, "replayed", tess)


@pytest.mark.parametrize(
    "fields, reason",
    [
        ({}, "bad_message"),
        ({"SAMLRequest": "%%%"}, "bad_message"),
        ({"SAMLRequest": "QUJD"}, "bad_xml"),
        ({"SAMLRequest": "A" * 600_000}, "message_too_large"),
        ({"SAMLRequest": ["a", "b"]}, "repeated_parameter"),
        ({"SAMLRequest": "a", "SAMLResponse": "b"}, "repeated_parameter"),
    ],
    ids=["nothing", "no base64", "no XML", "large", "twice", "both"],
)
def test_sa15_forms_that_are_none_leave_one_audit_row_with_the_connection(
    hub: Hub, browser: SamlBrowser, record: Record, fields: Any, reason: str
) -> None:
    answer = browser.client.post("/sso/saml/riverside/slo", base_url=HUB, data=fields)
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, reason)
    assert record.audit_since() == [("sign_out", "refused", reason)]
    with hub.reading() as uow:
        latest = sa.select(audit.c.connection_id).order_by(audit.c.position.desc()).limit(1)
        assert uow.connection.scalar(latest) == find_connection(uow, "riverside").id


# --- parameters of addresses, without a database -----------------------------------------------------------------------


def query(xml: bytes = b"<a/>", relay_state: str = "back") -> str:
    key: Any = provider_signer().key
    return redirect_address("https://hub.example/slo", "SAMLRequest", xml, relay_state, key).partition("?")[2]


def verdict(text: str) -> str:
    try:
        check_redirect(read_redirect(text.encode()), [provider_signer().encoded])
    except NotAllowed as error:
        return error.code
    return ""


def test_a_right_address_is_read() -> None:
    assert verdict(query()) == ""
    assert verdict(f"tracking=1&{query()}&more=2") == ""


@pytest.mark.parametrize(
    "change",
    [
        lambda right: f"SAMLRequest=evil&{right}",
        lambda right: f"{right}&SAMLRequest=evil",
        lambda right: f"{right}&RelayState=evil",
        lambda right: f"{right}&SigAlg=evil",
        lambda right: f"{right}&Signature=evil",
        lambda right: f"{right}&SAML%52equest=evil",
        lambda right: f"SAML%52equest=evil&{right}",
        lambda right: f"{right}&SAMLResponse=evil",
        lambda right: right.replace("RelayState=back", "RelayState=back;SAMLRequest=evil"),
    ],
)
def test_sa15_parameter_pollution(change: Callable[[str], str]) -> None:
    assert verdict(change(query())) == "repeated_parameter"


@pytest.mark.parametrize(
    "change, reason",
    [
        (lambda right: right.replace("RelayState=back", "RelayState=evil"), "wrong_signature"),
        (lambda right: right.replace("&RelayState=back", ""), "wrong_signature"),
        (lambda right: right.replace("rsa-sha256", "rsa-sha1"), "weak_signature"),
        (lambda right: right.replace("rsa-sha256", "hmac-sha256"), "weak_signature"),
        (lambda right: right.replace("rsa-sha256", "rsa-sha512"), "wrong_signature"),
        (lambda right: right.replace("rsa-sha256", "ecdsa-sha256"), "wrong_signature"),
        (lambda right: right.partition("&Signature")[0] + "&Signature=", "not_signed"),
        (lambda right: right.replace("SAMLRequest=", "Nothing="), "bad_message"),
        (lambda right: right + "&SAMLEncoding=none", "bad_message"),
        (lambda right: right.replace("SAMLRequest=", "SAMLRequest=%00"), "bad_message"),
    ],
)
def test_sa15_address_that_was_changed(change: Callable[[str], str], reason: str) -> None:
    assert verdict(change(query())) == reason


def test_sa15_address_with_letters_spelled_otherwise() -> None:
    """The signature covers the letters of the address, not what they mean."""
    assert verdict(query().replace("RelayState=back", "RelayState=%62ack")) == "wrong_signature"


def test_sa15_message_that_unpacks_to_very_much() -> None:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = compressor.compress(b"\0" * 50_000_000) + compressor.flush()
    text = quote(base64.b64encode(packed).decode(), safe="")
    assert verdict(f"SAMLRequest={text}&SigAlg=x&Signature=AAAA") == "message_too_large"


def test_sa15_signed_by_a_stranger() -> None:
    key: Any = stranger().key
    location = redirect_address("https://hub.example/slo", "SAMLRequest", b"<a/>", "", key)
    assert verdict(location.partition("?")[2]) == "wrong_signature"


# --- providers that take logout messages by form alone ----------------------------------------------------------------

FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@pytest.fixture
def by_form(hub: Hub, riverside_saml: Running) -> SamlBrowser:
    """Somebody signed in at a provider whose metadata has no redirect for logout."""
    metadata = riverside_saml.idp.metadata()
    place = metadata.index(b"SingleLogoutService")
    posting = metadata[:place] + metadata[place:].replace(b"HTTP-Redirect", b"HTTP-POST", 1)
    connect_saml_provider(hub, "riverside", "Riverside", None, Choices(), uploaded=posting)
    known(hub, TESS, riverside_saml)
    browser = SamlBrowser(hub)
    browser.sign_in_by_saml(riverside_saml)
    return browser


def posted(hub: Hub, fields: Mapping[str, str], kind: str) -> etree._Element:
    """The hub's message in a form, whose signature must hold."""
    root = parse_message(base64.b64decode(fields[kind]))
    return parse_message(signed_bytes(root, published_certificates(hub)))


def test_the_hub_answers_by_a_form(
    hub: Hub, by_form: SamlBrowser, riverside_saml: Running, clock: SettableClock
) -> None:
    answer = by_form.client.get(address(riverside_saml, request_xml(riverside_saml, clock)), base_url=HUB)
    assert answer.status_code == 200
    assert f'action="{riverside_saml.idp.config.base_url}/slo"' in answer.text
    fields = dict(FIELD.findall(answer.text))
    root = posted(hub, fields, "SAMLResponse")
    assert (etree.QName(root).localname, fields["RelayState"]) == ("LogoutResponse", "back")
    assert "form-action" not in answer.headers["Content-Security-Policy"]
    assert by_form.person() is None


def test_signing_out_goes_on_to_the_provider_by_a_form(
    hub: Hub, by_form: SamlBrowser, riverside_saml: Running, clock: SettableClock
) -> None:
    leaving = begin_to_leave(hub, by_form)
    assert leaving.address == f"{riverside_saml.idp.config.base_url}/slo"
    root = posted(hub, leaving.fields, "SAMLRequest")
    assert root.findtext("{urn:oasis:names:tc:SAML:2.0:assertion}NameID") == TESS.sub
    xml = logout_response_xml(
        issuer=riverside_saml.idp.entity_id,
        destination=slo(riverside_saml),
        request_id=str(root.get("ID")),
        now=clock.now(),
    )
    signed = etree.fromstring(xml)
    sign(signed, riverside_saml.idp.signer)
    form = {
        "SAMLResponse": base64.b64encode(etree.tostring(signed)),
        "RelayState": leaving.fields["RelayState"],
    }
    answer = by_form.client.post("/sso/saml/riverside/slo", base_url=HUB, data=form)
    assert answer.headers["Location"] == f"/signed-out?state={leaving.fields['RelayState']}"


# --- the hub's own sign-out ------------------------------------------------------------------------------------------


def begin_to_leave(hub: Hub, browser: SamlBrowser) -> Leaving:
    """Sign out of the hub; what comes next at the provider."""
    page = browser.post("/sign-out").headers["Location"]
    state = dict(parse_qsl(urlsplit(page).query))["leave"]
    with hub.reading() as uow:
        found = read_leaving(hub, uow, state, browser.cookie("hub_flow") or "")
    assert found is not None
    return found


def leave(hub: Hub, browser: SamlBrowser) -> str:
    """The provider's address that comes next."""
    return begin_to_leave(hub, browser).address


def test_signing_out_goes_on_to_the_provider(
    hub: Hub, signed_in: SamlBrowser, riverside_saml: Running
) -> None:
    location = leave(hub, signed_in)
    assert location.startswith(f"{riverside_saml.idp.config.base_url}/slo?SAMLRequest=")
    message = read_redirect(urlsplit(location).query.encode())
    check_redirect(message, published_certificates(hub))
    asked = riverside_saml.idp.read_request(dict(parse_qsl(urlsplit(location).query))["SAMLRequest"])
    assert asked.subject == TESS.sub
    assert b"session-tess" in message.xml
    assert signed_in.person() is None


def come_back(hub: Hub, browser: SamlBrowser, running: Running, clock: SettableClock, **changes: Any) -> Any:
    given = dict(parse_qsl(urlsplit(leave(hub, browser)).query))
    asked = running.idp.read_request(given["SAMLRequest"])
    facts: dict[str, Any] = {
        "issuer": running.idp.entity_id,
        "destination": slo(running),
        "request_id": asked.id,
        "now": clock.now(),
    }
    xml = logout_response_xml(**(facts | changes))
    location = running.idp.redirect_to(slo(running), "SAMLResponse", xml, given["RelayState"])
    return browser.client.get(location, base_url=HUB)


def test_the_providers_answer_leads_to_the_last_page(
    hub: Hub, signed_in: SamlBrowser, riverside_saml: Running, clock: SettableClock
) -> None:
    answer = come_back(hub, signed_in, riverside_saml, clock)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/signed-out?state=")


def test_a_state_of_the_providers_own_stays_one_value(
    hub: Hub, signed_in: SamlBrowser, riverside_saml: Running, clock: SettableClock
) -> None:
    state = "a&leave=b c#d"
    xml = logout_response_xml(
        issuer=riverside_saml.idp.entity_id,
        destination=slo(riverside_saml),
        request_id=request_id_of_state(state),
        now=clock.now(),
    )
    location = riverside_saml.idp.redirect_to(slo(riverside_saml), "SAMLResponse", xml, state)
    answer = signed_in.client.get(location, base_url=HUB)
    assert answer.headers["Location"] == "/signed-out?state=a%26leave%3Db+c%23d"


def test_a_providers_no_is_no_error(
    hub: Hub, signed_in: SamlBrowser, riverside_saml: Running, clock: SettableClock
) -> None:
    answer = come_back(hub, signed_in, riverside_saml, clock, status="urn:failed")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/signed-out")


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"request_id": "_other"}, "wrong_in_response_to"),
        ({"issuer": "https://idp.other.example"}, "wrong_entity"),
        ({"destination": "https://other.example"}, "wrong_destination"),
    ],
)
def test_sa15_answer_to_something_else(
    hub: Hub,
    signed_in: SamlBrowser,
    riverside_saml: Running,
    clock: SettableClock,
    changes: dict[str, Any],
    reason: str,
) -> None:
    answer = come_back(hub, signed_in, riverside_saml, clock, **changes)
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, reason)
