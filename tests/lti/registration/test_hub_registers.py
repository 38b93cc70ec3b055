"""The hub registers itself at a platform: whom it calls, what it believes, and what it never calls at all."""

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import flask
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from werkzeug.serving import make_server

import hub.http
from hub.clock import SettableClock
from hub.errors import HubError
from hub.http import OutgoingHttp
from hub.lti.registration import tool_side
from hub.lti.registration.decide import decide_draft
from hub.lti.registration.drafts import read_draft
from hub.lti.registration.metadata import TOOL_CONFIGURATION
from hub.lti.tool.platform_deployments import list_platform_deployments
from hub.lti.tool.platforms import Platform, find_platform, read_platform, update_platform
from hub.lti.vocabulary import AGS_SCOPES, NRPS_SCOPE, SCORE_SCOPE
from hub.network.systems.setup_links import make_setup_link, read_setup_link
from tests.lti.registration.desk import Desk, Outside
from tests.lti.rig import Form

PUBLIC = "8.8.8.8"


def test_hub_registers_when_the_administrator_confirms(desk: Desk, outside: Outside) -> None:
    draft = desk.open("platform")
    page = desk.visit(draft, outside.configuration_url)
    assert page.status_code == 200
    assert f"frame-ancestors {outside.address}" in page.headers["Content-Security-Policy"]
    assert outside.calls == []  # looking calls nobody
    assert Form(page.text).fields == {
        "openid_configuration": outside.configuration_url,
        "registration_token": "token-of-west",
    }
    done = desk.confirm(draft, outside.configuration_url)
    assert done.status_code == 200, done.text
    assert 'subject: "org.imsglobal.lti.close"' in done.text
    assert outside.calls == ["configuration", "register"]
    assert outside.token == "Bearer token-of-west"
    platform = _platform(desk, outside)
    assert (platform.slug, platform.name, platform.product) == ("west", "LMS West", "west")
    assert platform.partner_id == desk.partners["riverside"]
    assert set(platform.scopes) == {*AGS_SCOPES, NRPS_SCOPE}
    with desk.hub.reading() as uow:
        (deployment,) = list_platform_deployments(uow, platform.connection_id)
        assert read_draft(uow, draft.id).state == "approved"
    assert (deployment.deployment_id, deployment.state) == ("1", "approved")


def test_hub_says_what_it_is_and_asks_for_nobodys_name(desk: Desk, outside: Outside) -> None:
    desk.confirm(desk.open("platform"), outside.configuration_url)
    sent = outside.received
    assert sent["redirect_uris"] == [f"{desk.base}/lti/tool/launch"]
    assert sent["initiate_login_uri"] == f"{desk.base}/lti/tool/login"
    assert sent["jwks_uri"] == f"{desk.base}/lti/jwks"
    assert sent["token_endpoint_auth_method"] == "private_key_jwt"
    assert sent[TOOL_CONFIGURATION]["claims"] == ["iss", "sub"]
    assert {m["type"] for m in sent[TOOL_CONFIGURATION]["messages"]} == {
        "LtiResourceLinkRequest",
        "LtiDeepLinkingRequest",
    }


def test_platform_may_grant_less_and_name_no_deployment(desk: Desk, outside: Outside) -> None:
    outside.answer = {"client_id": 1234, "scope": f"openid {SCORE_SCOPE}"}
    done = desk.confirm(desk.open("platform"), outside.configuration_url)
    assert "did not say where" in done.text
    with desk.hub.reading() as uow:
        platform = find_platform(uow, outside.address, "1234")
        assert platform is not None
        assert platform.scopes == (SCORE_SCOPE,)
        assert list_platform_deployments(uow, platform.connection_id) == []


def test_setup_link_learns_which_connection_came_of_it(desk: Desk, outside: Outside) -> None:
    with desk.hub.unit_of_work() as uow:
        link = make_setup_link(uow, desk.partners["riverside"], ["platform"], "West", None)
    assert (
        desk.confirm(desk.open("platform", setup_link_id=link.id), outside.configuration_url).status_code
        == 200
    )
    with desk.hub.reading() as uow:
        assert read_setup_link(uow, link.id).connection_id == _platform(desk, outside).connection_id


# --- R1 ---


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/configuration",
        "http://127.0.0.1:9/configuration",
        "https://[::1]/configuration",
        "https://169.254.169.254/latest/meta-data",
        "https://10.1.2.3/configuration",
        "http://[::ffff:7f00:1]/configuration",
        "https://[::ffff:7f00:1]/configuration",
        "https://2130706433/configuration",
        "https://0x7f000001/configuration",
        "https://inside.example/configuration",
        "file:///etc/passwd",
        "gopher://lms.example/1",
        "https://lms.example:22/configuration",
        "http://lms.example/configuration",
        "https://hub@lms.example/configuration",
        "//lms.example/configuration",
        "",
    ],
)
def test_r1_configuration_at_an_inside_address(
    desk: Desk, attempts: list[Any], names: dict[str, str], address: str
) -> None:
    names |= {"inside.example": "10.0.0.7", "lms.example": PUBLIC}
    draft = desk.open("platform")
    record = desk.record()
    answer = desk.confirm(draft, address)
    assert answer.status_code >= 400
    assert "refused_address" in answer.text
    assert attempts == []
    record.assert_refused("lti_registration", "refused_address")


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("inside", ["https://10.0.0.7/x", "http://127.0.0.1:1/x"])
def test_r1_configuration_that_redirects_inside(desk: Desk, outside: Outside, inside: str) -> None:
    outside.status, outside.location = 302, inside
    draft = desk.open("platform")
    record = desk.record()
    assert desk.confirm(draft, outside.configuration_url).status_code == 502
    assert outside.calls == ["configuration"]
    record.assert_refused("lti_registration", "configuration_status")


@pytest.mark.requirement("R1")
def test_r1_registration_endpoint_at_an_inside_address(desk: Desk, outside: Outside) -> None:
    outside.configuration["registration_endpoint"] = "https://127.0.0.1/register"
    draft = desk.open("platform")
    record = desk.record()
    answer = desk.confirm(draft, outside.configuration_url)
    assert "refused_address" in answer.text
    assert outside.calls == ["configuration"]
    record.assert_refused("lti_registration", "refused_address")


# --- R2 ---


@pytest.mark.requirement("R2")
@pytest.mark.parametrize("issuer", ["https://other.example", "https://127.0.0.1.other.example"])
def test_r2_issuer_on_another_host(desk: Desk, outside: Outside, issuer: str) -> None:
    outside.configuration["issuer"] = issuer
    draft = desk.open("platform")
    record = desk.record()
    answer = desk.confirm(draft, outside.configuration_url)
    assert answer.status_code == 400
    assert outside.calls == ["configuration"]
    record.assert_refused("lti_registration", "other_host")


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    "name", ["authorization_endpoint", "token_endpoint", "jwks_uri", "authorization_server"]
)
def test_r2_endpoint_on_another_host_waits_for_an_operator(desk: Desk, outside: Outside, name: str) -> None:
    outside.configuration[name] = "https://keys.example/x"
    draft = desk.open("platform")
    done = desk.confirm(draft, outside.configuration_url)
    assert "keys.example" in done.text
    with desk.hub.unit_of_work() as uow:
        waiting = read_draft(uow, draft.id)
        assert waiting.state == "received"
        assert waiting.received
        assert waiting.received["flags"] == ["other_host"]
        assert find_platform(uow, outside.address, "hub-at-west") is None
        decide_draft(uow, draft.id, True, None)
    assert _platform(desk, outside).slug == "west"


@pytest.mark.requirement("R2")
@pytest.mark.parametrize("audience", ["keys", "urn:keys:token", "https://["])
def test_r2_audience_that_names_no_host_waits_for_an_operator(
    desk: Desk, outside: Outside, audience: str
) -> None:
    outside.configuration["authorization_server"] = audience
    assert _flags(desk, outside) == ["other_host"]


@pytest.mark.requirement("R2")
@pytest.mark.parametrize("name", ["issuer", "token_url", "token_audience"])
def test_r2_audience_of_another_connection_waits_for_an_operator(
    desk: Desk, outside: Outside, name: str
) -> None:
    outside.configuration["authorization_server"] = f"{outside.address}/audience"
    assert _flags(desk, outside) == []
    assert _flags(desk, outside) == []  # its own again
    outside.configuration["authorization_server"] = getattr(_platform(desk, outside), name)
    outside.answer["client_id"] = "hub-at-east"
    assert _flags(desk, outside, "east") == ["audience_shared"]
    with desk.hub.reading() as uow:
        assert find_platform(uow, outside.address, "hub-at-east") is None


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    "name", ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint"]
)
def test_r2_endpoint_by_plain_http(desk: Desk, outside: Outside, name: str) -> None:
    outside.configuration[name] = "http://lms.example/x"
    draft = desk.open("platform")
    record = desk.record()
    assert desk.confirm(draft, outside.configuration_url).status_code == 400
    assert outside.calls == ["configuration"]
    record.assert_refused("lti_registration", "insecure_endpoint")


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": None},
        {"token_endpoint": "javascript:alert(1)"},
        {"jwks_uri": 7},
        {"id_token_signing_alg_values_supported": ["HS256"]},
        {"https://purl.imsglobal.org/spec/lti-platform-configuration": "x"},
        {"scopes_supported": "openid"},
        {"authorization_server": 7},
    ],
)
def test_configuration_that_is_none_is_refused(desk: Desk, outside: Outside, changes: dict[str, Any]) -> None:
    outside.configuration |= changes
    draft = desk.open("platform")
    record = desk.record()
    assert desk.confirm(draft, outside.configuration_url).status_code == 400
    record.assert_refused("lti_registration", "bad_metadata")


# --- R3 ---


@pytest.mark.requirement("R3")
def test_r3_platform_sends_no_token(desk: Desk, outside: Outside) -> None:
    draft = desk.open("platform")
    for call in (desk.visit, desk.confirm):
        record = desk.record()
        assert call(draft, outside.configuration_url, "").status_code == 401
        record.assert_refused("lti_registration", "no_token")
    assert outside.calls == []


@pytest.mark.requirement("R3")
def test_r3_no_token_where_the_administrator_allows_it(desk: Desk, outside: Outside) -> None:
    draft = desk.open("platform", allow_no_token=True)
    assert desk.confirm(draft, outside.configuration_url, "").status_code == 200
    assert outside.token == ""


@pytest.mark.requirement("R3")
def test_r3_unknown_expired_and_used_registration_address(
    desk: Desk, outside: Outside, clock: SettableClock
) -> None:
    used, late, tool = desk.open("platform"), desk.open("platform", slug="late"), desk.open(slug="tool")
    assert desk.confirm(used, outside.configuration_url).status_code == 200
    outside.calls.clear()
    _refuse_code(desk, outside, used.code, "token_used")
    _refuse_code(desk, outside, "x" * 43, "unknown_token")
    _refuse_code(desk, outside, tool.code, "token_of_another_draft")
    clock.advance(days=7)
    _refuse_code(desk, outside, late.code, "token_expired")
    assert outside.calls == []


@pytest.mark.requirement("R3")
@pytest.mark.parametrize(
    ("status", "reason"),
    [(401, "token_refused"), (403, "token_refused"), (400, "refused_by_platform"), (500, "platform_failed")],
)
def test_r3_platform_refuses_its_token(desk: Desk, outside: Outside, status: int, reason: str) -> None:
    outside.registered_status = status
    draft = desk.open("platform")
    record = desk.record()
    answer = desk.confirm(draft, outside.configuration_url)
    assert reason in answer.text
    assert "token-of-west" not in answer.text
    record.assert_refused("lti_registration", reason)
    outside.registered_status = 200  # what went wrong there is put right: the same address works
    assert desk.confirm(draft, outside.configuration_url).status_code == 200


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("token", ["two words", "line\nbreak", "é", "x" * 8001])
def test_r3_token_that_cannot_be_sent(desk: Desk, outside: Outside, token: str) -> None:
    draft = desk.open("platform")
    record = desk.record()
    assert desk.confirm(draft, outside.configuration_url, token).status_code == 400
    assert outside.calls == []
    record.assert_refused("lti_registration", "bad_token")


def test_twenty_at_once_register_once(desk: Desk, outside: Outside) -> None:
    draft = desk.open("platform")
    outcomes: list[str] = []

    def register() -> None:
        try:
            tool_side.register_hub(desk.hub, draft.code, outside.configuration_url, "token")
            outcomes.append("done")
        except HubError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=register) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outside.calls.count("register") == 1
    assert outcomes.count("done") == 1
    # More calls than one system may be asked at a time, or the code was used: either way nothing was done.
    assert set(outcomes) <= {"done", "token_used", "busy"}


# --- R4 ---


@pytest.mark.requirement("R4")
@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"<html>", 200, "bad_metadata"),
        (b"[]", 200, "bad_metadata"),
        (b'{"a": 1, "a": 2}', 200, "bad_metadata"),
        (b"{" + b" " * 100_000 + b"}", 200, "bad_metadata"),
        (b" " * 3_000_000, 200, "too_large"),
        (b"{}", 500, "configuration_status"),
        (b"{}", 404, "configuration_status"),
    ],
)
def test_r4_configuration_that_cannot_be_used(
    desk: Desk, outside: Outside, body: bytes, status: int, reason: str
) -> None:
    outside.raw, outside.status = body, status
    draft = desk.open("platform")
    record = desk.record()
    answer = desk.confirm(draft, outside.configuration_url)
    assert 400 <= answer.status_code < 600
    assert reason in answer.text
    record.assert_refused("lti_registration", reason)


@pytest.mark.requirement("R4")
def test_r4_slow_configuration(desk: Desk, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub.http, "TIMEOUT", (0.5, 0.2))
    outside.delay = 1.0
    draft = desk.open("platform")
    record = desk.record()
    answer = desk.confirm(draft, outside.configuration_url)
    assert "timeout" in answer.text
    record.assert_refused("lti_registration", "timeout")


@pytest.mark.requirement("R4")
def test_r4_answer_that_names_no_client_id(desk: Desk, outside: Outside) -> None:
    draft = desk.open("platform")
    for answer in ({}, {"client_id": ""}, {"client_id": True}, {"client_id": "x" * 256}):
        outside.answer = answer
        record = desk.record()
        assert desk.confirm(draft, outside.configuration_url).status_code == 502
        record.assert_refused("lti_registration", "refused_by_platform")


# --- R5 ---


@pytest.mark.requirement("R5")
def test_r5_registered_twice_renews_the_connection(desk: Desk, outside: Outside) -> None:
    desk.confirm(desk.open("platform"), outside.configuration_url)
    before = _platform(desk, outside)
    outside.configuration["token_endpoint"] = f"{outside.address}/token-2"
    assert desk.confirm(desk.open("platform"), outside.configuration_url).status_code == 200
    after = _platform(desk, outside)
    assert after.connection_id == before.connection_id
    assert after.token_url == f"{outside.address}/token-2"


@pytest.mark.requirement("R5")
def test_r5_registered_again_with_another_client_id_waits(desk: Desk, outside: Outside) -> None:
    desk.confirm(desk.open("platform"), outside.configuration_url)
    before = _platform(desk, outside)
    outside.answer = {"client_id": "hub-2", TOOL_CONFIGURATION: {"deployment_id": "2"}}
    draft = desk.open("platform")
    desk.confirm(draft, outside.configuration_url)
    assert _platform(desk, outside) == before  # until somebody has agreed it goes on as before
    with desk.hub.unit_of_work() as uow:
        waiting = read_draft(uow, draft.id).received
        assert waiting
        assert waiting["flags"] == ["platform_changed"]
        decide_draft(uow, draft.id, True, None)
    with desk.hub.reading() as uow:
        after = find_platform(uow, outside.address, "hub-2")
        assert find_platform(uow, outside.address, "hub-at-west") is None
        assert after is not None
        states = {d.deployment_id: d.state for d in list_platform_deployments(uow, after.connection_id)}
    assert after.connection_id == before.connection_id
    assert states["2"] == "approved"


@pytest.mark.requirement("R5")
@pytest.mark.parametrize("name", ["issuer", "authorize_url", "token_url", "jwks_url", "token_audience"])
def test_r5_renewal_from_another_host_waits(desk: Desk, outside: Outside, name: str) -> None:
    desk.confirm(desk.open("platform"), outside.configuration_url)
    connection_id = _platform(desk, outside).connection_id
    changes: Any = {name: "https://lms.example/x"}
    with desk.hub.unit_of_work() as uow:
        before = update_platform(uow, connection_id, **changes)
    assert _flags(desk, outside) == ["platform_changed"]
    with desk.hub.reading() as uow:
        assert read_platform(uow, connection_id) == before


@pytest.mark.requirement("R5")
def test_r5_same_issuer_and_client_id_by_another_partner(desk: Desk, outside: Outside) -> None:
    desk.confirm(desk.open("platform"), outside.configuration_url)
    other = desk.open("platform", slug="east", partner_id=desk.partners["lakeside"])
    record = desk.record()
    answer = desk.confirm(other, outside.configuration_url)
    assert answer.status_code == 409
    record.assert_refused("lti_registration", "platform_taken")
    assert _platform(desk, outside).partner_id == desk.partners["riverside"]


# --- R10 ---


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """A platform on loopback whose certificate nobody has vouched for, and the requests that reached it."""
    folder = tmp_path_factory.mktemp("certificate")
    calls: list[str] = []
    app = flask.Flask(__name__)

    def note(path: str) -> str:
        calls.append(path)
        return "{}"

    app.add_url_rule("/<path:path>", "note", note)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*_certificate(folder))
    server = make_server("127.0.0.1", 0, app, ssl_context=context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}", calls
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.requirement("R10")
def test_r10_invalid_certificate(
    desk: Desk, self_signed: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, calls = self_signed
    # Also where the address itself is allowed: only the certificate is at fault.
    allowed = OutgoingHttp([address.removeprefix("https://")])
    monkeypatch.setitem(desk.hub.__dict__, "http", allowed)
    draft = desk.open("platform")
    record = desk.record()
    answer = desk.confirm(draft, f"{address}/configuration")
    assert answer.status_code == 502
    assert "SSLError" in answer.text
    assert calls == []
    record.assert_refused("lti_registration", "unreachable")


def test_pages_hold_nothing_of_the_other_systems_body(desk: Desk, outside: Outside) -> None:
    outside.raw = b'{"issuer": "<script>alert(1)</script>"}'
    answer = desk.confirm(desk.open("platform"), outside.configuration_url)
    assert "alert(1)" not in answer.text


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, private


def _refuse_code(desk: Desk, outside: Outside, code: str, reason: str) -> None:
    record = desk.record()
    form = {"openid_configuration": outside.configuration_url, "registration_token": "token"}
    answer = desk.client.post(f"/lti/tool/register/{code}", data=form, base_url=desk.base)
    assert answer.status_code == 401
    record.assert_refused("lti_registration", reason)


def _flags(desk: Desk, outside: Outside, slug: str = "west") -> list[str]:
    """What is flagged about one more registration, which waits if anything is."""
    draft = desk.open("platform", slug=slug)
    assert desk.confirm(draft, outside.configuration_url).status_code == 200
    with desk.hub.reading() as uow:
        answered = read_draft(uow, draft.id)
    assert answered.received
    flags: list[str] = answered.received["flags"]
    assert answered.state == ("received" if flags else "approved")
    return flags


def _platform(desk: Desk, outside: Outside) -> Platform:
    with desk.hub.reading() as uow:
        platform = find_platform(uow, outside.address, "hub-at-west")
    assert platform is not None
    return platform
