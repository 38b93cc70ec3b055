"""Systems that know only SAML sign people in with the hub: what they are told, and what they are not."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from hub.clock import SettableClock
from hub.errors import HubError
from hub.journal import tables as journal
from hub.network import tables as network
from hub.network.people.person import read_person
from hub.runtime import Hub
from hub.sso.provider.carry import carry_over
from hub.sso.provider.subjects import subject_of
from hub.sso.saml.names import PERSISTENT, TRANSIENT
from hub.sso.saml.redirect_binding import redirect_address
from hub.sso.saml.signature import signed_bytes
from hub.sso.saml.sp_keys import publish_new_key, use_new_key
from hub.sso.saml.xml import parse_document
from hub.sso.saml_provider.messages import from_redirect
from hub.sso.saml_provider.sign_in import answer, receive
from hub.sso.saml_provider.system_metadata import read_system_metadata
from hub.sso.saml_provider.systems import read_system, set_system_disabled, update_system
from hub.sso.saml_provider.waiting import take_up
from hub.sso.sessions import Proved, find_session, start_session
from hub.sso.waiting import SignInFirst, Wishes
from hub.sso.wishes import wishes_of
from hub.testing.saml_signing import Signer
from tests.sso.rig import HUB
from tests.sso.saml_provider.rig import (
    ACS,
    ENTITY,
    OTHER_ACS,
    Lms,
    code_of,
    connect_lms,
    posted,
    query_of,
    sp_metadata,
)

MFA = "https://refeds.org/profile/mfa"


def audited(hub: Hub) -> list[tuple[str, str, str]]:
    """Rows about signing in at systems, in their order."""
    a = journal.audit.c
    with hub.reading() as uow:
        query = sa.select(a.action, a.outcome, a.reason).where(
            a.action.in_(("client_sign_in", "client_sign_out"))
        )
        return [tuple(row) for row in uow.connection.execute(query.order_by(a.position))]


def refused(lms: Lms, answer: TestResponse, status: int, code: str) -> None:
    """A page for the person, nothing for the system, one row in the audit trail."""
    assert (answer.status_code, code_of(answer)) == (status, code), answer.text
    assert audited(lms.hub) == [("client_sign_in", "refused", code)]


def test_si1_a_signed_in_person_goes_straight_to_the_system(lms: Lms, tess: str) -> None:
    answer = lms.answer()
    assert (answer.address, answer.relay_state) == (ACS, "st&te")
    told = lms.verified(answer)
    with lms.hub.unit_of_work() as uow:
        assert told.subject == subject_of(uow, read_system(uow, lms.client_id), tess)
    assert told.subject != tess
    assert (told.name_id.format, told.name_id.sp_name_qualifier) == (PERSISTENT, ENTITY)
    assert told.attributes == {
        "displayName": ("Tess Okafor",),
        "givenName": ("Tess",),
        "sn": ("Okafor",),
        "mail": ("tess@riverside.example",),
        "emailVerified": ("false",),
        "preferredLanguage": ("en",),
    }
    assert audited(lms.hub) == [("client_sign_in", "done", "")]
    # The whole response is signed too, for systems that want that.
    assert signed_bytes(answer.root, lms.hub_certificates())


def test_si1_the_subject_is_the_same_again_and_no_other_system_has_it(lms: Lms, signer: Signer) -> None:
    first = lms.verified(lms.answer()).subject
    assert lms.verified(lms.answer()).subject == first
    other = connect_lms(Lms(lms.hub, lms.browser, signer, entity_id="urn:other"), slug="other")
    assert other.verified(other.answer()).subject != first


def test_si2_somebody_who_is_not_signed_in_comes_back_to_the_request(
    stranger: Lms, tess: str, home: str
) -> None:
    away = stranger.ask()
    assert away.status_code == 303
    back = query_of(away.headers["Location"])["return_to"]
    stranger.browser.sit_down(tess, home)
    answer = posted(stranger.browser.get(back))
    assert stranger.verified(answer).subject
    assert answer.relay_state == "st&te"


def test_si2_a_request_by_form_waits_for_the_cookies(lms: Lms) -> None:
    away = lms.ask_by_form(signed=True)
    assert away.status_code == 303
    answer = posted(lms.browser.get(away.headers["Location"]))
    assert lms.verified(answer).subject
    assert answer.relay_state == "from a form"


def test_si2_a_request_waits_half_an_hour(stranger: Lms, clock: SettableClock) -> None:
    back = query_of(stranger.ask().headers["Location"])["return_to"]
    clock.advance(minutes=31)
    assert code_of(stranger.browser.get(back)) == "request_over"


def test_si3_a_signature_that_is_there_must_hold(lms: Lms, stranger_signer: Signer) -> None:
    right = lms.signer
    for ask in (lms.ask, lms.ask_by_form):
        lms.signer = stranger_signer
        answer = ask(signed=True)
        assert (answer.status_code, code_of(answer)) == (400, "request_wrong_signature")
        lms.signer = right
        assert ask(signed=True).status_code in {200, 303}


def test_si3_a_system_that_says_it_signs_must_sign(lms: Lms, signer: Signer) -> None:
    with lms.hub.unit_of_work() as uow:
        raw = sp_metadata(certificate=signer.encoded, AuthnRequestsSigned="true")
        update_system(uow, lms.client_id, read_system_metadata(raw, uow.now))
    refused(lms, lms.ask(), 400, "request_not_signed")
    assert lms.verified(lms.answer(signed=True)).subject


NOT_ANSWERED = [
    ({"AssertionConsumerServiceURL": "https://evil.example/acs"}, "unregistered_consumer"),
    ({"AssertionConsumerServiceURL": ACS + "/"}, "unregistered_consumer"),
    (
        {"leave_out": "AssertionConsumerServiceURL", "AssertionConsumerServiceIndex": "7"},
        "unregistered_consumer",
    ),
    ({"AssertionConsumerServiceIndex": "1"}, "unregistered_consumer"),
    ({"ProtocolBinding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"}, "unregistered_consumer"),
    ({"Destination": "https://elsewhere.example/sso"}, "request_wrong_destination"),
    ({"Version": "1.1"}, "bad_saml_request"),
    ({"leave_out": "ID"}, "bad_saml_request"),
    ({"IssueInstant": "2026-11-02T09:05:00Z"}, "request_from_future"),
    ({"IssueInstant": "2026-11-02T07:30:00Z"}, "request_too_old"),
    ({"IssueInstant": "now"}, "bad_saml_request"),
    ({"inside": "<saml:Subject><saml:NameID>x</saml:NameID></saml:Subject>"}, "request_names_subject"),
    ({"inside": "<!-- -->"}, "bad_saml_request"),
]
"""Requests that lead nowhere, each with its reason: for whoever sends them the system may be another one."""


def test_si4_what_may_not_be_answered_is_a_page(lms: Lms) -> None:
    for changes, code in NOT_ANSWERED:
        answer = lms.ask(lms.request(**changes))
        assert (answer.status_code, code_of(answer)) == (400, code), (changes, answer.text)
    assert audited(lms.hub) == [("client_sign_in", "refused", code) for _, code in NOT_ANSWERED]


def test_si4_unknown_and_switched_off_systems_are_refused(lms: Lms) -> None:
    lms.entity_id = "urn:nobody"
    assert code_of(lms.ask()) == "unknown_system"
    lms.entity_id = ENTITY
    with lms.hub.unit_of_work() as uow:
        set_system_disabled(uow, lms.client_id, disabled=True)
    assert code_of(lms.ask()) == "client_disabled"
    assert [row[2] for row in audited(lms.hub)] == ["unknown_system", "client_disabled"]


def test_si4_nonsense_is_refused(lms: Lms) -> None:
    for query in ("", "SAMLRequest=%00", "SAMLRequest=aGk%3D", "SAMLRequest=a&SAMLRequest=b"):
        answer = lms.browser.get(f"/saml/sso?{query}")
        assert (answer.status_code, code_of(answer)) == (400, "bad_saml_request")
    assert audited(lms.hub) == [("client_sign_in", "refused", "bad_saml_request")] * 4


def test_si5_answers_go_to_registered_addresses(lms: Lms) -> None:
    by_url = lms.answer(lms.request(AssertionConsumerServiceURL=OTHER_ACS))
    left_out = lms.request(leave_out="AssertionConsumerServiceURL")
    by_index = lms.answer(
        lms.request(leave_out="AssertionConsumerServiceURL", AssertionConsumerServiceIndex="1")
    )
    assert [by_url.address, by_index.address, lms.answer(left_out).address] == [OTHER_ACS, OTHER_ACS, ACS]
    assert lms.verified(by_url, acs=OTHER_ACS).subject


def test_si6_is_passive_asks_nobody(stranger: Lms) -> None:
    answer = stranger.answer(stranger.request(IsPassive="true"))
    assert answer.statuses == ["Responder", "NoPassive"]
    assert answer.root.get("InResponseTo") == "_r1"
    assert signed_bytes(answer.root, stranger.hub_certificates())
    assert audited(stranger.hub) == [("client_sign_in", "refused", "no_session")]


def test_si7_force_authn_wants_a_new_sign_in(lms: Lms, tess: str, home: str, clock: SettableClock) -> None:
    passive = lms.answer(lms.request(ForceAuthn="true", IsPassive="true"))
    assert passive.statuses == ["Responder", "NoPassive"]
    back = waiting_request(lms, lms.request(ForceAuthn="true"))
    clock.advance(seconds=30)
    lms.browser.sit_down(tess, home, authenticated_at=clock.now())
    assert lms.verified(posted(lms.browser.get(back))).subject


def test_si7_neither_a_session_of_before_nor_one_of_unknown_time_is_new(
    lms: Lms, tess: str, home: str, clock: SettableClock
) -> None:
    """A posted request comes without the session's cookie; and not every provider says when it asked somebody."""
    lms.browser.sit_down(tess, home, authenticated_at=clock.now())
    clock.advance(seconds=50)
    back = lms.ask_by_form(lms.request(ForceAuthn="true")).headers["Location"]
    for is_new in (False, True):
        token = lms.browser.sit_down(tess, home) if is_new else lms.browser.cookie("hub_session") or ""
        waiting = take_up(lms.hub, back.rpartition("/")[2])
        with lms.hub.reading() as uow:
            session = find_session(uow, token)
        found = answer(lms.hub, waiting.asked, session, "127.0.0.1", waiting)
        assert isinstance(found, SignInFirst)
        assert found.purpose == "again"
    lms.browser.sit_down(tess, home, authenticated_at=clock.now())
    assert posted(lms.browser.get(back)).statuses == ["Success"]


def test_si8_a_way_that_is_asked_for_is_asked_for_at_the_first_sign_in(stranger: Lms) -> None:
    away = stranger.ask(stranger.request(inside=context(MFA))).headers["Location"]
    back = query_of(away)["return_to"]
    assert wishes_of(stranger.hub, back).acr == MFA
    assert wishes_of(stranger.hub, f"{back}x") == Wishes()


def test_si7_a_provider_that_asks_nobody_anew_is_told(
    lms: Lms, tess: str, home: str, clock: SettableClock
) -> None:
    back = waiting_request(lms, lms.request(ForceAuthn="true"))
    long_ago = clock.now() - timedelta(hours=1)
    lms.browser.sit_down(tess, home, authenticated_at=long_ago)
    assert posted(lms.browser.get(back)).statuses == ["Responder", "AuthnFailed"]


def test_si8_a_way_of_signing_in_that_is_asked_for_is_needed(lms: Lms, tess: str, home: str) -> None:
    asked = lms.request(inside=context(MFA))
    back = waiting_request(lms, asked)
    lms.browser.sit_down(tess, home, acr="weak")
    assert posted(lms.browser.get(back)).statuses == ["Responder", "NoAuthnContext"]
    lms.browser.sit_down(tess, home, acr=MFA)
    assert lms.verified(lms.answer(asked)).acr == MFA


def test_si8_comparisons_are_not_guessed(lms: Lms) -> None:
    answer = lms.answer(lms.request(inside=context(MFA, "minimum")))
    assert answer.statuses == ["Responder", "NoAuthnContext"]


def test_si9_names_are_persistent_or_none(lms: Lms) -> None:
    for form, is_given in ((PERSISTENT, True), (TRANSIENT, False), ("urn:mail", False)):
        answer = lms.answer(lms.request(inside=f'<samlp:NameIDPolicy Format="{form}"/>'))
        assert answer.statuses == (["Success"] if is_given else ["Responder", "InvalidNameIDPolicy"])


def test_si10_the_same_rules_as_by_openid_connect_say_who_may_sign_in(lms: Lms, tess: str, home: str) -> None:
    with lms.hub.unit_of_work() as uow:
        partner_id = read_person(uow, tess).partner_id
        other = "0190a000-0000-7000-8000-000000000001"
        uow.connection.execute(sa.insert(network.partner).values(id=other, name="Lakeside"))
        update_system(uow, lms.client_id, partner_ids=[other])
    refused(lms, lms.ask(), 400, "not_of_partners")
    with lms.hub.unit_of_work() as uow:
        update_system(uow, lms.client_id, partner_ids=[partner_id])
    assert lms.answer().statuses == ["Success"]


def test_si11_assertions_are_encrypted_where_it_is_wanted(lms: Lms, signer: Signer) -> None:
    raw = sp_metadata(encryption=signer.encoded)
    with lms.hub.unit_of_work() as uow:
        update_system(uow, lms.client_id, read_system_metadata(raw, uow.now), encrypts=True)
    answer = lms.answer()
    assert b"Okafor" not in answer.raw
    lms.keys = [lms.key]
    assert lms.verified(answer).attributes["sn"] == ("Okafor",)


def test_si12_a_system_is_opened_from_the_hub_only_where_that_is_switched_on(lms: Lms) -> None:
    path = f"/saml/open/{lms.client_id}"
    assert lms.browser.get(path).status_code == 404
    with lms.hub.unit_of_work() as uow:
        update_system(uow, lms.client_id, hub_initiated=True)
    answer = posted(lms.browser.get(path))
    assert (answer.address, answer.relay_state) == (ACS, "")
    assert lms.verified(answer, None).subject


def test_si13_a_request_that_is_sent_again_gives_another_answer_and_nothing_else(lms: Lms) -> None:
    xml = lms.request()
    first, second = lms.verified(lms.answer(xml)), lms.verified(lms.answer(xml))
    assert first.id != second.id
    assert first.session_index == second.session_index


def test_si14_keys_change_in_two_steps(lms: Lms) -> None:
    lms.answer()
    (old,) = lms.hub_certificates()
    with lms.hub.unit_of_work() as uow:
        publish_new_key(uow, role="idp")
    assert lms.hub_certificates()[0] == old
    assert len(lms.hub_certificates()) == 2
    with lms.hub.unit_of_work() as uow:
        use_new_key(uow, role="idp")
    new = lms.hub_certificates()[0]
    assert new != old
    assert signed_bytes(lms.answer().root, [new])


def test_si14_the_metadata_is_signed_and_has_keys_of_its_own(lms: Lms) -> None:
    raw = lms.browser.get("/saml/metadata").data
    root = parse_document(raw)
    assert signed_bytes(root, lms.hub_certificates())
    assert root.get("entityID") == f"{HUB}/saml/metadata"
    with lms.hub.reading() as uow:
        roles = uow.connection.execute(sa.text("SELECT role FROM saml_key")).scalars().all()
    assert set(roles) == {"idp"}


def test_si15_a_session_that_replaces_another_keeps_what_systems_know(lms: Lms, tess: str, home: str) -> None:
    old = lms.browser.cookie("hub_session") or ""
    index = lms.verified(lms.answer()).session_index
    with lms.hub.unit_of_work() as uow:
        new = start_session(uow, tess, Proved(home, "sub", "sub-tess"))
        carry_over(uow, old, new)
        rows = uow.connection.execute(
            sa.text("SELECT session_index FROM saml_sign_in JOIN web_session ON web_session.id = session_id")
        ).scalars()
        assert list(rows) == [index]


def test_settings_that_cannot_be_are_refused(lms: Lms) -> None:
    for changes, code in (
        ({"encrypts": True}, "no_encryption_key"),
        ({"name": " "}, "bad_client"),
        ({"subject_type": "mail"}, "bad_client"),
        ({"attribute_names": {"salary": "x"}}, "bad_client"),
        ({"metadata_url": "http://lms.example.com/metadata"}, "bad_client"),
    ):
        with pytest.raises(HubError) as caught, lms.hub.unit_of_work() as uow:
            update_system(uow, lms.client_id, **changes)
        assert caught.value.code == code
    with pytest.raises(HubError, match="added already"):
        connect_lms(lms, slug="again")


def waiting_request(lms: Lms, xml: bytes) -> str:
    """The path back to a request for which somebody signs in first, without asking a provider."""
    address = redirect_address(f"{HUB}/saml/sso", "SAMLRequest", xml, "", None)
    asked = receive(lms.hub, from_redirect(address.partition("?")[2].encode()), "127.0.0.1")
    with lms.hub.reading() as uow:
        session = find_session(uow, lms.browser.cookie("hub_session") or "")
    found = answer(lms.hub, asked, session, "127.0.0.1")
    assert isinstance(found, SignInFirst)
    assert found.purpose in {"again", "step_up"}
    return f"/saml/resume/{found.code}"


def context(name: str, comparison: str = "exact") -> str:
    return (
        f'<samlp:RequestedAuthnContext Comparison="{comparison}">'
        f"<saml:AuthnContextClassRef>{name}</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>"
    )
