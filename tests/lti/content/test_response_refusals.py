"""What the hub refuses of a tool's answer to a deep linking request: rows DL1 and DL3 of the protocol tables."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import pytest
from joserfc import jws

from hub.lti.deployments import save_deployment
from hub.lti.tools import set_tool_disabled
from hub.lti.vocabulary import CLAIM
from hub.testing.keys import new_key
from tests.lti.content.choosing import DATA, GOOD, ITEMS, Choosing
from tests.lti.rig import Rig

ACTION = "lti_content"


@pytest.fixture
def choosing(shared: Rig) -> Choosing:
    return Choosing(shared)


def _refused(choosing: Choosing, token: str, reason: str, status: int = 400) -> None:
    record = choosing.rig.record()
    answer = choosing.post(token)
    assert (answer.status_code, answer.json and answer.json["code"]) == (status, reason)
    record.assert_refused(ACTION, reason)


def test_dl1_bad_signature(choosing: Choosing) -> None:
    token = choosing.answer(choosing.ask(), GOOD, key=new_key())
    _refused(choosing, token, "bad_signature")


def test_dl1_a_changed_payload(choosing: Choosing) -> None:
    asked = choosing.ask()
    head, _, signature = choosing.answer(asked, GOOD).split(".")
    _, payload, _ = choosing.answer(asked, GOOD, {"type": "ltiResourceLink", "title": "Mine"}).split(".")
    _refused(choosing, f"{head}.{payload}.{signature}", "bad_signature")


def test_dl1_signed_with_the_public_key_as_a_secret(choosing: Choosing) -> None:
    _, body, _ = choosing.answer(choosing.ask(), GOOD).split(".")
    head = urlsafe_b64encode(b'{"alg":"HS256","kid":"%s"}' % str(choosing.rig.keys.private.kid).encode())
    signed = head.rstrip(b"=") + b"." + body.encode()
    mac = hmac.digest(choosing.rig.keys.private.as_pem(private=False), signed, "sha256")
    token = (signed + b"." + urlsafe_b64encode(mac).rstrip(b"=")).decode()
    _refused(choosing, token, "algorithm_not_allowed")


def test_dl1_not_signed(choosing: Choosing) -> None:
    token = choosing.answer(choosing.ask(), GOOD)
    body = token.split(".")[1]
    _refused(choosing, f"eyJhbGciOiJub25lIn0.{body}.", "algorithm_not_allowed")


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"kid": None}, "missing_kid"),
        ({"kid": "unknown"}, "unknown_kid"),
        ({"kid": "' OR 1=1 --"}, "unknown_kid"),
        ({"kid": ""}, "bad_kid"),
        ({"jku": "https://evil.example/jwks"}, "key_in_header"),
    ],
    ids=str,
)
def test_dl1_a_key_that_is_not_the_tools(choosing: Choosing, header: Mapping[str, Any], reason: str) -> None:
    _refused(choosing, choosing.answer(choosing.ask(), GOOD, header=header), reason)


def test_dl1_another_tools_key_and_name(choosing: Choosing) -> None:
    """South answers what north was asked: its signature is good, the data is not its own."""
    south = choosing.rig.south
    token = choosing.answer(choosing.ask(), GOOD, iss=south.client_id, deployment_id=south.deployment_id)
    _refused(choosing, token, "wrong_data")


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "nobody"}, "unknown_client"),
        ({"iss": "\0"}, "unknown_client"),
        ({"iss": None}, "unknown_client"),
        ({"iss": ["list"]}, "unknown_client"),
        ({"aud": "https://other.example"}, "wrong_audience"),
        ({"aud": None}, "wrong_audience"),
        ({"azp": "https://other.example"}, "wrong_azp"),
        ({"nonce": ""}, "no_nonce"),
        ({"nonce": 7}, "no_nonce"),
        ({"nonce": "n" * 301}, "no_nonce"),
        ({"message_type": "LtiResourceLinkRequest"}, "wrong_message_type"),
        ({"message_type": "LtiDeepLinkingRequest"}, "wrong_message_type"),
        ({"version": "1.2"}, "wrong_version"),
        ({"deployment_id": "another"}, "wrong_deployment"),
        ({"deployment_id": "\0"}, "wrong_deployment"),
        ({"deployment_id": 7}, "wrong_deployment"),
        ({"data": "altered"}, "wrong_data"),
        ({"data": "\0"}, "wrong_data"),
        ({"data": "\ud800"}, "malformed_token"),
        ({"iss": "\ud800"}, "malformed_token"),
        ({"data": {"a": 1}}, "wrong_data"),
        ({"content_items": {"type": "ltiResourceLink"}}, "bad_content_items"),
        ({"content_items": "none"}, "bad_content_items"),
    ],
    ids=str,
)
def test_dl1_a_claim_that_is_wrong(choosing: Choosing, claims: dict[str, Any], reason: str) -> None:
    _refused(choosing, choosing.answer(choosing.ask(), GOOD, **claims), reason)


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("iss", "unknown_client"),
        ("aud", "wrong_audience"),
        ("exp", "missing_exp"),
        ("iat", "missing_iat"),
        ("nonce", "no_nonce"),
        ("message_type", "wrong_message_type"),
        ("version", "wrong_version"),
        ("deployment_id", "missing_deployment"),
        ("data", "wrong_data"),
    ],
)
def test_dl1_a_claim_that_is_missing(choosing: Choosing, claim: str, reason: str) -> None:
    _refused(choosing, choosing.answer(choosing.ask(), GOOD, drop=claim), reason)


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ({"exp": -61}, "expired"),
        ({"exp": 24 * 3600 + 120}, "exp_too_far"),
        ({"iat": 120}, "issued_in_future"),
        ({"iat": -86_400}, "too_old"),
    ],
    ids=str,
)
def test_dl1_expired_or_from_another_time(choosing: Choosing, times: dict[str, int], reason: str) -> None:
    now = int(choosing.rig.hub.clock.now().timestamp())
    claims: dict[str, Any] = {name: now + seconds for name, seconds in times.items()}
    _refused(choosing, choosing.answer(choosing.ask(), GOOD, **claims), reason)


def test_dl1_two_audiences_without_an_authorized_party(choosing: Choosing) -> None:
    audience = ["https://other.example", choosing.rig.hub.settings.public_url]
    _refused(choosing, choosing.answer(choosing.ask(), GOOD, aud=audience), "missing_azp")


def test_dl1_the_same_answer_twice(choosing: Choosing) -> None:
    token = choosing.answer(choosing.ask(), GOOD)
    assert choosing.post(token).status_code == 303
    _refused(choosing, token, "data_used")


def test_dl1_another_answer_to_the_same_request(choosing: Choosing) -> None:
    asked = choosing.ask()
    assert choosing.post(choosing.answer(asked, GOOD)).status_code == 303
    _refused(choosing, choosing.answer(asked, GOOD), "data_used")


@pytest.mark.parametrize("claim", ["nonce", "jti"])
def test_dl1_a_replayed(choosing: Choosing, claim: str) -> None:
    once: dict[str, Any] = {claim: f"once-{claim}"}
    first = choosing.answer(choosing.ask(), GOOD, **once)
    assert choosing.post(first).status_code == 303
    again = choosing.answer(choosing.ask(), GOOD, **once)
    _refused(choosing, again, f"{claim}_replayed")


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "....", "\0", "é.é.é", "e30.e30.e30"])
def test_dl1_no_jwt(choosing: Choosing, token: str) -> None:
    record = choosing.rig.record()
    answer = choosing.post(token)
    assert answer.status_code == 400
    assert record.changed() == set()
    assert [(action, outcome) for action, outcome, _ in record.audited()] == [(ACTION, "refused")]


def test_dl1_two_answers_at_once(choosing: Choosing) -> None:
    token = choosing.answer(choosing.ask(), GOOD)
    record = choosing.rig.record()
    answer = choosing.rig.client.post(
        "/lti/content", data={"JWT": [token, token]}, base_url=choosing.rig.base
    )
    assert answer.status_code == 400
    record.assert_refused(ACTION, "repeated_parameter")


def test_dl1_a_member_that_occurs_twice(choosing: Choosing) -> None:
    now = int(choosing.rig.hub.clock.now().timestamp())
    payload = f'{{"iss":"{choosing.rig.north.client_id}","iat":{now},"iat":{now}}}'.encode()
    head = {"alg": "RS256", "kid": choosing.rig.keys.private.kid}
    token = jws.serialize_compact(head, payload, choosing.rig.keys.private, algorithms=["RS256"])
    _refused(choosing, token, "duplicate_member")


def test_dl1_a_form_of_five_megabytes(choosing: Choosing) -> None:
    _refused(choosing, "x" * 5 * 1024 * 1024, "too_large", 413)


def test_dl1_the_audience_may_be_a_list_with_the_hub_authorized(rig: Rig) -> None:
    choosing, hub = Choosing(rig), rig.hub.settings.public_url
    token = choosing.answer(choosing.ask(), GOOD, aud=["https://other.example", hub], azp=hub)
    assert choosing.post(token).status_code == 303


def test_dl1_an_answer_after_more_than_an_hour(rig: Rig) -> None:
    choosing = Choosing(rig)
    asked = choosing.ask()
    rig.hub.clock.advance(minutes=60)  # type: ignore[attr-defined]
    _refused(choosing, choosing.answer(asked, GOOD), "data_expired")


def test_p15_answer_of_a_tool_that_is_switched_off(rig: Rig) -> None:
    choosing = Choosing(rig)
    asked = choosing.ask()
    with rig.hub.unit_of_work() as uow:
        set_tool_disabled(uow, rig.world.ids["north"], disabled=True)
    _refused(choosing, choosing.answer(asked, GOOD), "tool_disabled", 403)


def test_p15_answer_in_a_deployment_that_is_switched_off(rig: Rig) -> None:
    choosing, partner_id = Choosing(rig), rig.world.ids["partner"]
    with rig.hub.unit_of_work() as uow:
        own = save_deployment(
            uow, rig.world.ids["north"], "own", partner_id=partner_id, name="", disabled=False
        )
    asked = choosing.ask()
    assert asked[CLAIM + "deployment_id"] == own.deployment_id
    with rig.hub.unit_of_work() as uow:
        save_deployment(uow, rig.world.ids["north"], "own", partner_id=partner_id, name="", disabled=True)
    _refused(choosing, choosing.answer(asked, GOOD, deployment_id="own"), "deployment_disabled", 403)


def test_dl3_nobody_is_signed_in(choosing: Choosing) -> None:
    """The first answer lets the browser post again from the hub itself, with its cookie if it has one."""
    token = choosing.answer(choosing.ask(), GOOD)
    choosing.rig.sign_out()
    record = choosing.rig.record()
    page = choosing.post(token)
    assert page.status_code == 200
    assert token in page.text
    record.assert_nothing()
    answer = choosing.post(token, again="1")
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, "no_session")
    record.assert_refused(ACTION, "no_session")


def test_dl3_the_cookie_comes_along_with_the_second_post(rig: Rig) -> None:
    choosing = Choosing(rig)
    token = choosing.answer(choosing.ask(), GOOD)
    rig.sign_out()
    assert choosing.post(token).status_code == 200
    rig.sign_in("ann")
    assert choosing.post(token, again="1").status_code == 303


def test_dl3_another_person(choosing: Choosing) -> None:
    token = choosing.answer(choosing.ask(), GOOD)
    choosing.rig.sign_in("bob")
    _refused(choosing, token, "other_session", 403)


def test_dl3_another_session_of_the_same_person(choosing: Choosing) -> None:
    token = choosing.answer(choosing.ask(), GOOD)
    choosing.rig.sign_in("ann", "session-2")
    _refused(choosing, token, "other_session", 403)


def test_dl3_an_operator_no_more(rig: Rig) -> None:
    choosing = Choosing(rig)
    token = choosing.answer(choosing.ask(), GOOD)
    choosing.resign()
    _refused(choosing, token, "not_operator", 403)


def test_what_was_received_stands_in_the_audit_trail(rig: Rig) -> None:
    choosing = Choosing(rig)
    token = choosing.answer(choosing.ask(), GOOD, aud="https://other.example")
    choosing.post(token)
    detail = choosing.last_detail()
    assert detail["received"]["aud"] == "https://other.example"
    assert detail["received"]["iss"] == rig.north.client_id
    assert token not in str(detail)
    assert DATA not in str(detail)
    assert ITEMS not in str(detail)


def test_dl1_a_key_the_tool_has_just_published_is_fetched_once(rig: Rig) -> None:
    choosing = Choosing(rig)
    fresh = new_key()
    assert choosing.post(choosing.answer(choosing.ask(), GOOD)).status_code == 303
    rig.keys.publish(rig.keys.private, fresh)
    rig.hub.clock.advance(seconds=11)  # type: ignore[attr-defined]
    calls = rig.keys.calls
    token = choosing.answer(choosing.ask(), GOOD, header={"kid": fresh.kid}, key=fresh)
    assert choosing.post(token).status_code == 303
    assert rig.keys.calls == calls + 1
