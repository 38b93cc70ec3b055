"""Row WB6, as far as the request alone decides: no database is needed to refuse it."""

from datetime import UTC, datetime

import pytest

from hub.errors import HubError
from hub.sso.provider.authorize import check_client, with_query
from hub.sso.provider.clients import Client
from hub.sso.provider.request import read_request

BACK = "https://lms.example.com/back"
GOOD = {
    "response_type": ["code"],
    "scope": ["openid email phone"],
    "code_challenge": ["a" * 43],
    "code_challenge_method": ["S256"],
    "state": ["s"],
    "nonce": ["n"],
}
CLIENT = Client(
    client_id="c",
    connection_id="x",
    slug="lms",
    connection_name="LMS",
    partner_id=None,
    name="LMS",
    auth_method="none",
    secret_hash="",
    old_secret_hash="",
    old_secret_until=None,
    public_jwks=(),
    redirect_uris=(BACK, "https://lms.example.com/other?a=1"),
    logout_redirect_uris=(),
    logout_url="",
    scopes=("profile", "email"),
    subject_type="pairwise",
    refreshes=False,
    partner_ids=(),
    audiences=(),
    disabled=False,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def test_a_good_request_keeps_what_the_client_may_ask_for() -> None:
    request = read_request({**GOOD, "max_age": ["60"], "prompt": ["login consent"]}, ("profile", "email"))
    assert request.scopes == ("openid", "email")
    assert (request.state, request.nonce, request.code_challenge) == ("s", "n", "a" * 43)
    assert request.max_age is not None
    assert request.max_age.total_seconds() == 60
    assert request.wants_new_sign_in
    assert request.may_ask


@pytest.mark.parametrize(
    ("changes", "reason", "error"),
    [
        ({"code_challenge": []}, "no_pkce", "invalid_request"),
        ({"code_challenge": [""]}, "no_pkce", "invalid_request"),
        ({"code_challenge_method": ["plain"]}, "plain_pkce", "invalid_request"),
        ({"code_challenge_method": []}, "plain_pkce", "invalid_request"),
        ({"code_challenge_method": ["s256"]}, "plain_pkce", "invalid_request"),
        ({"code_challenge": ["a" * 42]}, "bad_code_challenge", "invalid_request"),
        ({"code_challenge": ["a" * 42 + "="]}, "bad_code_challenge", "invalid_request"),
        ({"response_type": ["id_token"]}, "bad_response_type", "unsupported_response_type"),
        ({"response_type": ["code id_token"]}, "bad_response_type", "unsupported_response_type"),
        ({"response_type": ["token"]}, "bad_response_type", "unsupported_response_type"),
        ({"response_type": []}, "bad_response_type", "unsupported_response_type"),
        ({"response_mode": ["fragment"]}, "bad_response_mode", "invalid_request"),
        ({"response_mode": ["form_post"]}, "bad_response_mode", "invalid_request"),
        ({"scope": ["email"]}, "bad_scope", "invalid_scope"),
        ({"scope": []}, "bad_scope", "invalid_scope"),
        ({"prompt": ["none login"]}, "bad_prompt", "invalid_request"),
        ({"prompt": ["create"]}, "bad_prompt", "invalid_request"),
        ({"max_age": ["-1"]}, "bad_max_age", "invalid_request"),
        ({"max_age": ["1e3"]}, "bad_max_age", "invalid_request"),
        ({"max_age": ["٣"]}, "bad_max_age", "invalid_request"),
        ({"max_age": ["9" * 12]}, "bad_max_age", "invalid_request"),
        ({"request": ["eyJ"]}, "request_not_supported", "request_not_supported"),
        ({"request_uri": ["https://x"]}, "request_uri_not_supported", "request_uri_not_supported"),
        ({"registration": ["{}"]}, "registration_not_supported", "registration_not_supported"),
        ({"state": ["s", "t"]}, "repeated_parameter", "invalid_request"),
        ({"nonce": ["n" * 501]}, "bad_nonce", "invalid_request"),
        ({"nonce": ["\0"]}, "bad_nonce", "invalid_request"),
        ({"state": ["s" * 4001]}, "bad_state", "invalid_request"),
        ({"acr_values": ["a" * 256]}, "bad_acr_values", "invalid_request"),
        ({"acr_values": [" ".join("abcdefghijk")]}, "bad_acr_values", "invalid_request"),
        ({"claims": ["{"]}, "bad_claims", "invalid_request"),
        ({"claims": ["[]"]}, "bad_claims", "invalid_request"),
        ({"claims": ["[" * 3999]}, "bad_claims", "invalid_request"),
        ({"claims": [" " * 4000 + "{}"]}, "bad_claims", "invalid_request"),
        (
            {"claims": ['{"id_token":{"acr":{"essential":true,"values":[1]}}}']},
            "bad_claims",
            "invalid_request",
        ),
        (
            {"claims": ['{"id_token":{"acr":{"essential":true,"value":"a b"}}}']},
            "bad_acr_values",
            "invalid_request",
        ),
    ],
)
def test_wb6_a_request_that_is_refused(changes: dict[str, list[str]], reason: str, error: str) -> None:
    with pytest.raises(HubError) as refused:
        read_request({**GOOD, **changes}, ("profile", "email"))
    assert (refused.value.code, refused.value.error) == (reason, error)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("changes", "acr"),
    [
        ({}, ()),
        ({"acr_values": ["a b a"]}, ("a", "b")),
        ({"claims": ['{"id_token":{"acr":{"essential":true,"values":["c","d"]}}}']}, ("c", "d")),
        ({"claims": ['{"id_token":{"acr":{"essential":true,"value":"c"}}}'], "acr_values": ["a"]}, ("c",)),
        ({"claims": ['{"id_token":{"acr":{"values":["c"]}}}'], "acr_values": ["a"]}, ("a",)),
        ({"claims": ['{"id_token":{"acr":{"essential":true}}}']}, ()),
        ({"claims": ['{"id_token":{"acr":null,"email":{"essential":true}},"userinfo":7}']}, ()),
        ({"claims": ['{"id_token":["acr"]}']}, ()),
    ],
)
def test_what_is_asked_for_as_acr(changes: dict[str, list[str]], acr: tuple[str, ...]) -> None:
    assert read_request({**GOOD, **changes}, ()).acr == acr


@pytest.mark.parametrize(
    "redirect_uris",
    [
        [],
        [""],
        [BACK, BACK],
        [BACK + "/"],
        [BACK + "?x=1"],
        [BACK + "#f"],
        [BACK[:-1]],
        ["https://lms.example.com/other"],
        ["https://lms.example.com/other?a=1&b=2"],
        ["https://LMS.example.com/back"],
        ["https://lms.example.com:443/back"],
        ["http://lms.example.com/back"],
        ["https://lms.example.com/x/../back"],
        ["https://lms.example.com@evil.example/back"],
        ["https://lms.example.com.evil.example/back"],
        ["//lms.example.com/back"],
        ["https://lms.example.com/back%00"],
    ],
)
def test_wb6_redirect_uri_not_exact(redirect_uris: list[str]) -> None:
    with pytest.raises(HubError) as refused:
        check_client(CLIENT, {"redirect_uri": redirect_uris})
    assert refused.value.code == "unregistered_redirect_uri"


def test_an_answer_keeps_what_stands_in_the_query_of_the_redirect_uri() -> None:
    check_client(CLIENT, {"redirect_uri": [BACK]})
    assert (
        with_query("https://a.example/b?c=d%20e", {"code": "x&y"}) == "https://a.example/b?c=d%20e&code=x%26y"
    )
    assert with_query("https://a.example/b", {}) == "https://a.example/b"
