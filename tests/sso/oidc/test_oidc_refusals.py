"""Rows OI1 to OI12: what a browser or a provider may not get away with. Each refusal is checked by ``assert_refused``."""

import dataclasses
from collections.abc import Callable

import msgspec
import pytest

from hub.clock import SettableClock
from hub.errors import HubError
from hub.runtime import Hub
from hub.sso.flows import LIFETIME
from hub.sso.oidc.providers import read_provider, save_metadata
from tests.sso.rig import NAMESAKE, TESS, Browser, Idp, Record, add_person, connect

Parameters = dict[str, str]


def sign_in_with_fault(
    browser: Browser, idp: Idp, record: Record, reason: str, *faults: str, status: int = 403
) -> None:
    with idp.faults.on(*faults):
        answer = browser.sign_in(idp)
    record.assert_refused(browser, answer, status, reason)


# --- OI1: state ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change, reason",
    [
        (lambda back: {k: v for k, v in back.items() if k != "state"}, "missing_state"),
        (lambda back: back | {"state": ""}, "missing_state"),
        (lambda back: back | {"state": "A" * 43}, "unknown_state"),
        (lambda back: back | {"state": back["state"] + " "}, "unknown_state"),
        (lambda back: back | {"state": "\0\ud7ff'--"}, "unknown_state"),
    ],
    ids=["missing", "empty", "unknown", "longer", "odd characters"],
)
def test_oi1_wrong_state(
    browser: Browser,
    riverside: Idp,
    record: Record,
    change: Callable[[Parameters], Parameters],
    reason: str,
) -> None:
    back = browser.log_in(browser.start(riverside))
    record.assert_refused(browser, browser.come_back(riverside, change(back)), 400, reason)
    assert riverside.calls("/token") == 0


@pytest.mark.parametrize("began_one_itself", [False, True])
def test_oi1_state_of_another_browser(
    hub: Hub, browser: Browser, riverside: Idp, record: Record, tess: str, began_one_itself: bool
) -> None:
    back = browser.log_in(browser.start(riverside))
    other = Browser(hub)
    if began_one_itself:
        other.start(riverside)
    answer = other.come_back(riverside, back)
    record.assert_refused(other, answer, 400, "state_of_another_browser")
    assert browser.come_back(riverside, back).status_code == 303
    assert browser.person() == tess


def test_oi1_state_used_twice(hub: Hub, browser: Browser, riverside: Idp) -> None:
    back = browser.log_in(browser.start(riverside))
    assert browser.come_back(riverside, back).status_code == 303
    browser.post("/sign-out")
    record = Record(hub)
    record.assert_refused(browser, browser.come_back(riverside, back), 400, "unknown_state")


def test_oi1_state_too_old(browser: Browser, riverside: Idp, record: Record, clock: SettableClock) -> None:
    back = browser.log_in(browser.start(riverside))
    clock.advance(seconds=LIFETIME.total_seconds())
    record.assert_refused(browser, browser.come_back(riverside, back), 400, "unknown_state")


@pytest.mark.parametrize("name", ["state", "code", "iss", "error"])
def test_oi1_repeated_parameter(browser: Browser, riverside: Idp, record: Record, name: str) -> None:
    back = browser.log_in(browser.start(riverside))
    query = [*back.items(), (name, "one"), (name, "two")]
    path = f"/sso/oidc/{riverside.slug}/callback"
    answer = browser.client.get(path, base_url=browser.base_url, query_string=query)
    record.assert_refused(browser, answer, 400, "repeated_parameter")


# --- OI2: nonce ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["missing_nonce", "wrong_nonce"])
def test_oi2_nonce(browser: Browser, riverside: Idp, record: Record, fault: str) -> None:
    sign_in_with_fault(browser, riverside, record, fault, fault)


def test_oi2_nonce_of_an_earlier_sign_in(browser: Browser, riverside: Idp, record: Record) -> None:
    earlier = browser.log_in(browser.start(riverside))
    assert earlier["code"]
    address = browser.start(riverside)
    first_nonce = browser.start(riverside).partition("nonce=")[2].partition("&")[0]
    back = browser.log_in(address, nonce=first_nonce)
    record.assert_refused(browser, browser.come_back(riverside, back), 403, "wrong_nonce")


# --- OI3, OI4, OI5: codes and issuers of others ------------------------------------------------------------------


def test_oi3_code_with_another_flows_verifier(browser: Browser, riverside: Idp, record: Record) -> None:
    first, second = (browser.log_in(browser.start(riverside)) for _ in range(2))
    answer = browser.come_back(riverside, second | {"code": first["code"]})
    record.assert_refused(browser, answer, 400, "code_refused")
    assert riverside.calls("/token") == 1  # no second try


def test_oi4_callback_names_the_issuer_of_another(
    browser: Browser, riverside: Idp, lakeside: Idp, record: Record
) -> None:
    back = browser.log_in(browser.start(riverside))
    answer = browser.come_back(riverside, back | {"iss": lakeside.issuer})
    record.assert_refused(browser, answer, 400, "callback_of_another_issuer")
    assert riverside.calls("/token") + lakeside.calls("/token") == 0


@pytest.mark.parametrize("change", ["/", " "])
def test_oi4_issuer_spelled_otherwise(browser: Browser, riverside: Idp, record: Record, change: str) -> None:
    back = browser.log_in(browser.start(riverside))
    answer = browser.come_back(riverside, back | {"iss": riverside.issuer + change})
    record.assert_refused(browser, answer, 400, "callback_of_another_issuer")


def test_oi4_provider_names_another_issuer(browser: Browser, riverside: Idp, record: Record) -> None:
    sign_in_with_fault(
        browser, riverside, record, "callback_of_another_issuer", "callback_wrong_iss", status=400
    )


def test_oi4_code_of_another_provider(
    browser: Browser, riverside: Idp, lakeside: Idp, record: Record
) -> None:
    at_lakeside = browser.log_in(browser.start(lakeside), NAMESAKE)
    back = browser.log_in(browser.start(riverside))
    answer = browser.come_back(riverside, back | {"code": at_lakeside["code"]})
    record.assert_refused(browser, answer, 400, "code_refused")
    assert lakeside.calls("/token") == 0


def test_oi4_callback_address_of_another_connection(
    browser: Browser, riverside: Idp, lakeside: Idp, record: Record
) -> None:
    back = browser.log_in(browser.start(riverside))
    answer = browser.come_back(lakeside, back)
    record.assert_refused(browser, answer, 400, "state_of_another_connection")
    assert lakeside.calls("/token") == 0


def test_oi5_announced_issuer_is_missing(browser: Browser, riverside: Idp, record: Record) -> None:
    sign_in_with_fault(
        browser, riverside, record, "callback_without_issuer", "callback_missing_iss", status=400
    )
    assert riverside.calls("/token") == 0


def test_oi5_error_without_the_announced_issuer(browser: Browser, riverside: Idp, record: Record) -> None:
    state = browser.start(riverside).partition("state=")[2].partition("&")[0]
    answer = browser.come_back(riverside, {"state": state, "error": "access_denied"})
    record.assert_refused(browser, answer, 400, "callback_without_issuer")


def test_oi5_no_issuer_is_fine_where_none_is_announced(
    hub: Hub, browser: Browser, riverside: Idp, tess: str
) -> None:
    with hub.unit_of_work() as uow:
        provider = read_provider(uow, riverside.slug)
        assert provider.metadata
        silent = msgspec.structs.replace(
            provider.metadata, authorization_response_iss_parameter_supported=False
        )
        save_metadata(uow, provider.connection.id, silent)
    with riverside.faults.on("callback_missing_iss"):
        browser.sign_in(riverside)
    assert browser.person() == tess


# --- OI6, OI7, OI8: algorithms and keys ----------------------------------------------------------------------


@pytest.mark.parametrize("listed", [(), ("metadata_alg_none",)], ids=["unlisted", "listed by the metadata"])
@pytest.mark.parametrize("fault", ["alg_none", "alg_hs256", "alg_hs256_public_key"])
def test_oi6_weak_algorithm(hub: Hub, riverside: Idp, fault: str, listed: tuple[str, ...]) -> None:
    with riverside.faults.on(*listed):
        connect(hub, riverside)
    add_person(hub, TESS, riverside)
    sign_in_with_fault(Browser(hub), riverside, Record(hub), "algorithm_not_allowed", fault, *listed)


def test_oi6_algorithm_that_the_key_is_not_for(browser: Browser, riverside: Idp, record: Record) -> None:
    sign_in_with_fault(browser, riverside, record, "wrong_key", "alg_ps256")


def test_oi7_unknown_kid_fetches_the_keys_once_a_minute(
    hub: Hub, browser: Browser, riverside: Idp, clock: SettableClock
) -> None:
    before = riverside.calls("/jwks")
    for _ in range(3):
        sign_in_with_fault(browser, riverside, Record(hub), "unknown_kid", "unknown_kid")
    assert riverside.calls("/jwks") == before + 1
    clock.advance(seconds=60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hub.sso.oidc.id_token.LEEWAY", 600)
        sign_in_with_fault(browser, riverside, Record(hub), "unknown_kid", "unknown_kid")
    assert riverside.calls("/jwks") == before + 2


def test_oi7_new_key_is_found_and_a_removed_one_forgotten(
    hub: Hub, browser: Browser, riverside: Idp, tess: str
) -> None:
    with hub.reading() as uow:
        old = read_provider(uow, riverside.slug).keys
    riverside.rotate_key(keep_old=False)
    before = riverside.calls("/jwks")
    browser.sign_in(riverside)
    assert browser.person() == tess
    assert riverside.calls("/jwks") == before + 1
    with hub.reading() as uow:
        new = read_provider(uow, riverside.slug).keys
    assert old
    assert new
    assert len(new) == 1
    assert new[0].kid != old[0].kid


def test_oi7_keys_cannot_be_fetched_again(browser: Browser, riverside: Idp, record: Record) -> None:
    sign_in_with_fault(browser, riverside, record, "idp_status", "unknown_kid", "jwks_500", status=502)


def test_oi8_ambiguous_kid(hub: Hub, riverside: Idp) -> None:
    with riverside.faults.on("duplicate_kid"):
        connect(hub, riverside)
    add_person(hub, TESS, riverside)
    sign_in_with_fault(Browser(hub), riverside, Record(hub), "ambiguous_kid", "duplicate_kid")


@pytest.mark.parametrize(
    "fault, reason",
    [
        ("jwk_header", "key_in_header"),
        ("jku_header", "key_in_header"),
        ("x5u_header", "key_in_header"),
        ("other_key", "bad_signature"),
        ("no_kid", "bad_signature"),
    ],
)
def test_oi8_key_of_the_senders_choice(
    browser: Browser, riverside: Idp, record: Record, fault: str, reason: str
) -> None:
    before = riverside.calls("/jwks")
    sign_in_with_fault(browser, riverside, record, reason, fault)
    assert riverside.calls("/rogue/jwks") + riverside.calls("/rogue/certificate") == 0
    assert riverside.calls("/jwks") == before


# --- OI9, OI10, OI12: claims and answers ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault, reason",
    [
        ("wrong_at_hash", "wrong_at_hash"),
        ("wrong_aud", "wrong_audience"),
        ("aud_list_without_azp", "missing_azp"),
        ("wrong_azp", "wrong_azp"),
        ("iat_future", "issued_in_future"),
        ("missing_iat", "missing_iat"),
        ("expired", "expired"),
        ("missing_exp", "missing_exp"),
        ("wrong_iss", "wrong_issuer"),
        ("missing_sub", "bad_subject"),
    ],
)
def test_oi9_claims(browser: Browser, riverside: Idp, record: Record, fault: str, reason: str) -> None:
    sign_in_with_fault(browser, riverside, record, reason, fault)


def test_oi10_no_id_token(browser: Browser, riverside: Idp, record: Record) -> None:
    sign_in_with_fault(browser, riverside, record, "no_id_token", "no_id_token")


def test_oi12_userinfo_of_another_subject(browser: Browser, riverside: Idp, record: Record) -> None:
    sign_in_with_fault(browser, riverside, record, "userinfo_of_another_subject", "userinfo_other_sub")


# --- OI11: connecting ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault, reason",
    [("metadata_other_issuer", "other_issuer"), ("metadata_500", "status"), ("jwks_500", "status")],
)
def test_oi11_provider_that_fails_the_test_is_not_saved(
    hub: Hub, riverside: Idp, fault: str, reason: str
) -> None:
    record = Record(hub)
    with riverside.faults.on(fault), pytest.raises(HubError) as refused:
        connect(hub, riverside)
    assert (refused.value.status, refused.value.code) == (502, reason)
    assert record.changed_tables() == set()
    assert record.audit_since() == [("connect_identity_provider", "refused", reason)]


@pytest.mark.parametrize(
    "spell, reason, status",
    [
        (lambda issuer: issuer + "/", "other_issuer", 502),
        (lambda issuer: issuer.replace("http://", "https://"), "unreachable", 502),
        (lambda issuer: issuer.replace("http://", "HTTP://"), "other_issuer", 502),
        (lambda issuer: issuer + "?x=1", "bad_issuer", 400),
        (lambda issuer: "http://10.0.0.1", "refused_address", 502),
        (lambda issuer: "file:///etc/passwd", "bad_issuer", 400),
        (lambda issuer: "", "bad_issuer", 400),
    ],
    ids=["slash", "https", "case", "query", "private address", "file", "empty"],
)
def test_oi11_issuer_must_be_spelled_as_the_provider_does(
    hub: Hub, riverside: Idp, spell: Callable[[str], str], reason: str, status: int
) -> None:
    record = Record(hub)
    with pytest.raises(HubError) as refused:
        connect(hub, dataclasses.replace(riverside, issuer=spell(riverside.issuer)))
    assert (refused.value.status, refused.value.code) == (status, reason)
    assert record.changed_tables() == set()
    assert record.audit_since() == [("connect_identity_provider", "refused", reason)]


def test_oi11_a_slug_that_is_taken_is_refused_with_everything_else(
    hub: Hub, browser: Browser, riverside: Idp, lakeside: Idp
) -> None:
    record = Record(hub)
    with pytest.raises(HubError) as refused:
        connect(hub, lakeside, "new.example", slug=riverside.slug)
    assert refused.value.status == 409
    assert record.changed_tables() == set()
    assert record.audit_since() == [("connect_identity_provider", "refused", "connection_exists")]


# --- the provider says no ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error, status, reason",
    [
        ("access_denied", 403, "sign_in_cancelled"),
        ("temporarily_unavailable", 502, "idp_error"),
        ("<script>", 502, "idp_error"),
    ],
)
def test_provider_answers_with_an_error(
    browser: Browser, riverside: Idp, record: Record, error: str, status: int, reason: str
) -> None:
    state = browser.start(riverside).partition("state=")[2].partition("&")[0]
    back = {"state": state, "error": error, "iss": riverside.issuer}
    answer = browser.come_back(riverside, back)
    record.assert_refused(browser, answer, status, reason)
    assert "<script>" not in answer.text


def test_a_callback_without_code(browser: Browser, riverside: Idp, record: Record) -> None:
    back = browser.log_in(browser.start(riverside))
    del back["code"]
    record.assert_refused(browser, browser.come_back(riverside, back), 400, "missing_code")


def test_a_code_works_once(hub: Hub, browser: Browser, riverside: Idp) -> None:
    first = browser.log_in(browser.start(riverside))
    assert browser.come_back(riverside, first).status_code == 303
    browser.post("/sign-out")
    second = browser.log_in(browser.start(riverside))
    record = Record(hub)
    answer = browser.come_back(riverside, second | {"code": first["code"]})
    record.assert_refused(browser, answer, 400, "code_refused")
