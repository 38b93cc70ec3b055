"""Launches that are refused: one test per input of rows T6 to T8, T10 to T12, T14 to T18, T21 and T23.

Each leaves exactly one audit row with its reason, writes nothing else, starts no session, and never reaches the library.
"""

import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from hub.lti.tool import adapter
from hub.lti.tool.platforms import set_platform_disabled, update_platform
from hub.network import tables as network
from hub.testing.keys import new_key, public_pem
from tests.lti.tool.rig import CLIENT, ISSUER, West, record

DAY = 24 * 3600


@pytest.fixture(autouse=True)
def _library_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    seen: list[str] = []
    monkeypatch.setattr(adapter, "validate_message", lambda *_: seen.append("a refused message"))
    yield
    assert seen == []


def _now(west: West) -> int:
    return int(west.hub.clock.now().timestamp())


# --- state ---


@pytest.mark.parametrize(
    ("state", "reason"),
    [(None, "no_state"), ("", "no_state"), ("x" * 43, "unknown_state"), ("\0", "unknown_state")],
)
def test_t6_state_missing_or_unknown(shared: West, state: str | None, reason: str) -> None:
    begun = shared.begin()
    before = record(shared)
    assert shared.post(state, shared.sign(shared.claims(begun))).status_code == 400
    before.assert_refused("lti_entry", reason)


def test_t6_state_expired(west: West) -> None:
    begun = west.begin()
    west.hub.clock.advance(minutes=10)  # type: ignore[attr-defined]
    west.refuse(begun, west.sign(west.claims(begun)), "state_expired")


def test_t6_state_of_another_browser(shared: West) -> None:
    begun = shared.begin()
    other = shared.another_browser()
    other.refuse(begun, shared.sign(shared.claims(begun)), "state_of_another_browser")


def test_t6_state_of_another_browser_with_a_login_of_its_own(shared: West) -> None:
    begun, other = shared.begin(), shared.another_browser()
    other.begin()
    other.refuse(begun, shared.sign(shared.claims(begun)), "state_of_another_browser")


def test_t6_repeated_state(shared: West) -> None:
    begun = shared.begin()
    before = record(shared)
    answer = shared.post([begun["state"], "other"], shared.sign(shared.claims(begun)))  # type: ignore[arg-type]
    assert answer.status_code == 400
    before.assert_refused("lti_entry", "repeated_parameter")


def test_t7_state_of_one_registration_message_of_another_issuer(shared: West) -> None:
    shared.refused("state_of_another_platform", {"iss": "https://other.example", "aud": "hub-at-other"})


def test_t7_state_of_one_registration_message_of_another_client(shared: West) -> None:
    shared.refused("state_of_another_platform", {"aud": "hub-at-east"})


@pytest.mark.parametrize(
    ("nonce", "reason"),
    [(None, "no_nonce"), ("", "no_nonce"), (7, "no_nonce"), ("never issued", "wrong_nonce")],
)
def test_t8_nonce_missing_or_never_issued(shared: West, nonce: object, reason: str) -> None:
    shared.refused(reason, {"nonce": nonce})


def test_t8_nonce_issued_for_another_state(shared: West) -> None:
    shared.refused("wrong_nonce", {"nonce": shared.begin()["nonce"]})


# --- header and key ---


def _part(value: object) -> str:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _crafted(west: West, header: dict[str, Any], signature: str = "") -> tuple[dict[str, str], str]:
    begun = west.begin()
    return begun, f"{_part(header)}.{_part(west.claims(begun))}.{signature}"


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", None, 7, ["RS256"]])
def test_t10_algorithm_none_and_other_nonsense(shared: West, alg: object) -> None:
    begun, token = _crafted(shared, {"alg": alg, "kid": shared.key.kid})
    shared.refuse(begun, token, "algorithm_not_allowed")


def test_t10_hmac_with_the_public_key(shared: West) -> None:
    begun = shared.begin()
    key = OctKey.import_key(public_pem(shared.key).encode().replace(b"-", b"_"))
    token = jwt.encode({"alg": "HS256", "kid": shared.key.kid}, shared.claims(begun), key)
    shared.refuse(begun, token, "algorithm_not_allowed")


def test_t10_signed_by_another_key_of_the_same_name(shared: West) -> None:
    begun = shared.begin()
    token = shared.sign(shared.claims(begun), new_key(), kid=shared.key.kid)
    shared.refuse(begun, token, "bad_signature")


def test_t10_elliptic_curve_where_rsa_is_registered(shared: West) -> None:
    begun = shared.begin()
    token = jwt.encode(
        {"alg": "ES256", "kid": shared.key.kid}, shared.claims(begun), ECKey.generate_key("P-256")
    )
    shared.refuse(begun, token, "algorithm_not_allowed")


@pytest.mark.parametrize("alg", ["RS384", "RS512", "PS256"])
def test_t10_other_rsa_algorithms(shared: West, alg: str) -> None:
    begun, token = _crafted(shared, {"alg": alg, "kid": shared.key.kid}, "AAAA")
    shared.refuse(begun, token, "algorithm_not_allowed")


@pytest.mark.parametrize("signature", ["", "AAAA", "!", "A" * 342])
def test_t10_no_signature_at_all(shared: West, signature: str) -> None:
    begun, token = _crafted(shared, {"alg": "RS256", "kid": shared.key.kid}, signature)
    shared.refuse(begun, token, "bad_signature")


def test_t11_kid_absent(shared: West) -> None:
    shared.refused("missing_kid", kid=None)


BAD_KIDS = ["", "k" * 301, "k" * 30_000, "a\0b", 7, ["k"], {}]


@pytest.mark.parametrize("kid", BAD_KIDS)
def test_t11_kid_that_cannot_be(shared: West, kid: object) -> None:
    begun, token = _crafted(shared, {"alg": "RS256", "kid": kid}, "AAAA")
    shared.refuse(begun, token, "bad_kid")


@pytest.mark.parametrize("kid", ["unknown", "../../etc/passwd", "' OR 1=1 --", "k" * 300])
def test_t11_kid_unknown(shared: West, kid: str) -> None:
    shared.refused("unknown_kid", kid=kid)


def test_t11_unknown_kids_cost_one_fetch(west: West) -> None:
    for i in range(5):
        west.refused("unknown_kid", kid=f"unknown-{i}")
    assert west.keys.calls == 1


def test_t11_kid_that_names_two_keys(west: West) -> None:
    other = new_key()
    west.keys.published.append({**other.as_dict(private=False), "kid": west.key.kid})
    west.refused("unknown_kid")


def test_t11_kid_of_a_key_of_another_use(west: West) -> None:
    west.keys.published = [{**west.key.as_dict(private=False), "use": "enc"}]
    west.refused("unknown_kid")


def test_r4_keys_cannot_be_fetched(west: West) -> None:
    west.keys.status = 500
    west.refused("jwks_unreachable")


@pytest.mark.parametrize("name", ["jku", "x5u"])
def test_t12_address_of_a_key_in_the_header(west: West, name: str) -> None:
    begun, token = _crafted(west, {"alg": "RS256", "kid": "evil", name: f"{west.keys.address}/jwks"}, "AAAA")
    west.refuse(begun, token, "key_in_header")
    assert west.keys.calls == 0


def test_t12_key_in_the_header(west: West) -> None:
    evil = new_key()
    header = {"alg": "RS256", "kid": evil.kid, "jwk": evil.as_dict(private=False)}
    begun, token = _crafted(west, header, "AAAA")
    west.refuse(begun, token, "key_in_header")
    assert west.keys.calls == 0


def test_t12_critical_header(shared: West) -> None:
    begun, token = _crafted(shared, {"alg": "RS256", "kid": shared.key.kid, "crit": ["exp"]}, "AAAA")
    shared.refuse(begun, token, "critical_header")


# --- claims ---


@pytest.mark.parametrize("aud", ["somebody", ["somebody"], [], None, 7, {"a": 1}, [CLIENT, 7]])
def test_t14_audience_is_somebody_else(shared: West, aud: object) -> None:
    shared.refused("wrong_audience", {"aud": aud})


def test_t14_two_audiences_without_azp(shared: West) -> None:
    shared.refused("missing_azp", {"aud": [CLIENT, "somebody"]})


@pytest.mark.parametrize("aud", [CLIENT, [CLIENT], [CLIENT, "somebody"]])
def test_t14_azp_is_somebody_else(shared: West, aud: object) -> None:
    shared.refused("wrong_azp", {"aud": aud, "azp": "somebody"})


@pytest.mark.parametrize("issuer", [ISSUER + "/", "https://WEST.example", ISSUER.upper(), "", None, 7])
def test_t15_issuer_almost_right(shared: West, issuer: object) -> None:
    shared.refused("wrong_issuer", {"iss": issuer})


TIMES: list[tuple[str, dict[str, int | None]]] = [
    ("expired", {"exp": -61}),
    ("expired", {"exp": -DAY}),
    ("missing_exp", {"exp": None}),
    ("exp_too_far", {"exp": DAY + 61}),
    ("missing_iat", {"iat": None}),
    ("issued_in_future", {"iat": 61}),
    ("issued_in_future", {"iat": 600}),
    ("too_old", {"iat": -601}),
    ("too_old", {"iat": -DAY}),
    ("not_yet_valid", {"nbf": 61}),
]


@pytest.mark.parametrize(("reason", "moved"), TIMES)
def test_t16_times(shared: West, reason: str, moved: dict[str, int | None]) -> None:
    at = _now(shared)
    shared.refused(reason, {name: None if by is None else at + by for name, by in moved.items()})


@pytest.mark.parametrize("value", ["soon", True, [], "1"])
@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
def test_t16_time_that_is_no_number(shared: West, name: str, value: object) -> None:
    shared.refused("malformed_token", {name: value})


@pytest.mark.parametrize("deployment_id", [None, "", 7, "d" * 256, "\0"])
def test_t17_deployment_missing(shared: West, deployment_id: object) -> None:
    shared.refused("missing_deployment", {"x__deployment_id": deployment_id})


@pytest.mark.parametrize("version", [None, "1.2", "1.3", "LTI-1p0", 1.3])
def test_t18_version(shared: West, version: object) -> None:
    shared.refused("wrong_version", {"x__version": version})


@pytest.mark.parametrize("message_type", [None, "", "LtiStartProctoring", 7, []])
def test_t18_message_type(shared: West, message_type: object) -> None:
    shared.refused("wrong_message_type", {"x__message_type": message_type})


@pytest.mark.parametrize(
    "link", [None, {}, {"id": ""}, {"id": None}, {"id": 7}, [], "link", {"id": "x" * 256}]
)
def test_t18_resource_link(shared: West, link: object) -> None:
    shared.refused("missing_resource_link", {"x__resource_link": link})


@pytest.mark.parametrize("roles", [None, "Learner", {}, [7], [None]])
def test_t18_roles(shared: West, roles: object) -> None:
    shared.refused("missing_roles", {"x__roles": roles})


@pytest.mark.parametrize("subject", [7, [], "s" * 256, "a\0b"])
def test_t20_subject_that_cannot_be(shared: West, subject: object) -> None:
    shared.refused("malformed_token", {"sub": subject})


def test_t21_target_differs_from_the_login(shared: West) -> None:
    shared.refused("other_target", {"x__target_link_uri": shared.target("brakes")})


@pytest.mark.parametrize("uri", ["https://evil.example/", None, "", 7, "javascript:alert(1)"])
def test_t21_target_elsewhere(shared: West, uri: object) -> None:
    shared.refused("other_target", {"x__target_link_uri": uri})


# --- messages that are no messages ---


def test_t23_two_megabytes(shared: West) -> None:
    begun = shared.begin()
    began = time.process_time()
    shared.refuse(begun, shared.sign(shared.claims(begun, padding="x" * 2_000_000)), "too_large", 413)
    assert time.process_time() - began < 5


def test_t23_larger_than_a_message_smaller_than_a_form(shared: West) -> None:
    begun = shared.begin()
    shared.refuse(begun, shared.sign(shared.claims(begun, padding="x" * 100_000)), "too_large", 413)


def _deep(west: West, claims: dict[str, Any]) -> bytes:
    return json.dumps(claims).encode()[:-1] + b',"x":' + b"[" * 5000 + b"]" * 5000 + b"}"


def _nested(west: West, claims: dict[str, Any]) -> bytes:
    return json.dumps(claims).encode()[:-1] + b',"x":' + b"[" * 40 + b"]" * 40 + b"}"


def _not_utf8(west: West, claims: dict[str, Any]) -> bytes:
    return json.dumps(claims).encode()[:-1] + b',"name":"\xff\xfe"}'


def _half_a_pair(west: West, claims: dict[str, Any]) -> bytes:
    return json.dumps(claims).encode()[:-1] + rb',"name":"\ud800"}'


def _not_a_number(west: West, claims: dict[str, Any]) -> bytes:
    return json.dumps(claims).encode()[:-1] + b',"x":NaN}'


def _long_number(west: West, claims: dict[str, Any]) -> bytes:
    return json.dumps(claims).encode()[:-1] + b',"x":' + b"9" * 5000 + b"}"


def _array(west: West, claims: dict[str, Any]) -> bytes:
    return json.dumps([claims]).encode()


def _no_json(west: West, claims: dict[str, Any]) -> bytes:
    return b"hello"


@pytest.mark.parametrize(
    "make", [_deep, _nested, _not_utf8, _half_a_pair, _not_a_number, _long_number, _array, _no_json]
)
def test_t23_json_with_no_one_meaning(shared: West, make: Callable[[West, dict[str, Any]], bytes]) -> None:
    begun = shared.begin()
    shared.refuse(begun, shared.sign_bytes(make(shared, shared.claims(begun))), "malformed_token")


@pytest.mark.parametrize("member", [b'"sub":"other"', b'"x":{"a":1,"a":2}'])
def test_t23_duplicate_keys(shared: West, member: bytes) -> None:
    begun = shared.begin()
    payload = json.dumps(shared.claims(begun)).encode()[:-1] + b"," + member + b"}"
    shared.refuse(begun, shared.sign_bytes(payload), "duplicate_member")


@pytest.mark.parametrize("token", ["", "a", "a.b", "..", "a.b.c", "a.b.c.d", "{}.{}.x", "é.é.é", "\0.\0.\0"])
def test_t23_no_token(shared: West, token: str) -> None:
    shared.refuse(shared.begin(), token, "malformed_token")


def test_t23_header_with_duplicate_keys(shared: West) -> None:
    begun = shared.begin()
    header = b'{"alg":"RS256","kid":"a","kid":"b"}'
    shared.refuse(begun, f"{_part(header)}.{_part(shared.claims(begun))}.AAAA", "duplicate_member")


# --- people and platforms ---


def _set(west: West, table: Any, **values: Any) -> None:
    with west.hub.unit_of_work() as uow:
        uow.connection.execute(table.update().values(**values))


def _refuse_accepted(
    west: West, reason: str, status: int, monkeypatch: pytest.MonkeyPatch, **claims: Any
) -> None:
    """Refused after the message itself was found good: then the library may have seen it."""
    monkeypatch.setattr(adapter, "validate_message", lambda *_: None)
    begun = west.begin()
    west.refuse(begun, west.sign(west.claims(begun, **claims)), reason, status)


def test_platform_switched_off_after_the_login(west: West) -> None:
    begun = west.begin()
    with west.hub.unit_of_work() as uow:
        set_platform_disabled(uow, west.west.connection_id, disabled=True)
    west.refuse(begun, west.sign(west.claims(begun)), "platform_disabled", 403)


def test_person_switched_off(west: West, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(west, network.person, disabled=True)
    _refuse_accepted(west, "person_disabled", 403, monkeypatch)


def test_person_who_left_the_platforms_partner(west: West, monkeypatch: pytest.MonkeyPatch) -> None:
    with west.hub.unit_of_work() as uow:
        uow.connection.execute(network.partner.insert().values(id=west.another_partner, name="Hilltop"))
        uow.connection.execute(network.person.update().values(partner_id=west.another_partner))
    _refuse_accepted(west, "left_partner", 403, monkeypatch)


def test_t17_deployment_of_another_client(shared: West, monkeypatch: pytest.MonkeyPatch) -> None:
    _refuse_accepted(shared, "deployment_of_another", 400, monkeypatch, x__deployment_id="e-1")


def test_t17_deployment_that_was_refused(west: West, monkeypatch: pytest.MonkeyPatch) -> None:
    west.decide("1", "refused")
    _refuse_accepted(west, "deployment_refused", 403, monkeypatch)


def test_t22_unknown_people_are_refused_where_the_platform_says_so(
    west: West, monkeypatch: pytest.MonkeyPatch
) -> None:
    with west.hub.unit_of_work() as uow:
        update_platform(uow, west.west.connection_id, unknown_people="refuse")
    _refuse_accepted(west, "unknown_subject", 403, monkeypatch, sub="stranger", email="ann@riverside.example")


def test_br5_course_of_the_platform_itself(west: West, monkeypatch: pytest.MonkeyPatch) -> None:
    west.move_courses_to_west()
    monkeypatch.setattr(adapter, "validate_message", lambda *_: None)
    begun = west.begin(target_link_uri=west.target("brakes"))
    token = west.sign(west.claims(begun, x__target_link_uri=west.target("brakes")))
    page = west.refuse(begun, token, "launch_loop", 409)
    assert "LMS West" in page.text


def test_course_that_is_gone(west: West, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "validate_message", lambda *_: None)
    uri = f"{west.base}/lti/tool/open/path/{west.world.ids['ann']}"
    begun = west.begin(target_link_uri=uri)
    west.refuse(begun, west.sign(west.claims(begun, x__target_link_uri=uri)), "unknown_target", 404)


def test_refusal_tells_what_was_received_and_no_secrets(west: West) -> None:
    west.refused("wrong_audience", {"aud": "somebody", "email": "ann@west.example"})
    detail = west.last_audit_detail()
    assert detail == {
        "received": {
            "iss": ISSUER,
            "aud": "somebody",
            "kid": west.key.kid,
            "deployment_id": "1",
            "message_type": "LtiResourceLinkRequest",
        }
    }
