"""What can be set for a client, and how one shows who it is: rules that need no database."""

import base64
import json

import pytest
from joserfc.jwk import RSAKey

from hub.errors import BadInput, HubError
from hub.sso.provider.client_auth import Shown, read_shown, single_values
from hub.sso.provider.client_settings import DEFAULTS, changed_settings

BACK = "https://lms.example.com/back"
GOOD = {"name": "LMS", "redirect_uris": [BACK]}
WEAK = json.dumps(
    {"kty": "RSA", "n": base64.urlsafe_b64encode(b"\xff" * 128).decode().rstrip("="), "e": "AQAB"}
)


def test_defaults_are_the_careful_ones() -> None:
    settings = changed_settings(DEFAULTS, GOOD)  # type: ignore[arg-type]
    assert (settings["subject_type"], settings["refreshes"]) == ("pairwise", False)
    assert settings["auth_method"] == "client_secret_basic"


def test_loopback_may_do_without_tls() -> None:
    uris = ["http://127.0.0.1:3000/cb", "http://localhost/cb", "http://[::1]:1/cb"]
    assert changed_settings(DEFAULTS, {"name": "a", "redirect_uris": uris})["redirect_uris"] == uris


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": " "}, "name"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"redirect_uris": ["http://lms.example.com/back"]}, "redirect_uris"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "redirect_uris"),
        ({"redirect_uris": ["https://lms.example.com/*"]}, "redirect_uris"),
        ({"redirect_uris": ["https://lms.example.com/back#"]}, "redirect_uris"),
        ({"redirect_uris": ["https://a@lms.example.com/"]}, "redirect_uris"),
        ({"redirect_uris": ["https://lms.example.com\\@evil"]}, "redirect_uris"),
        ({"redirect_uris": ["https://lms.example.com:99999/"]}, "redirect_uris"),
        ({"redirect_uris": ["https:///path"]}, "redirect_uris"),
        ({"redirect_uris": [f"{BACK}/{n}" for n in range(21)]}, "redirect_uris"),
        ({"logout_redirect_uris": ["ftp://lms.example.com"]}, "logout_redirect_uris"),
        ({"logout_url": "http://lms.example.com/x"}, "logout_url"),
        ({"auth_method": "client_secret_jwt"}, "auth_method"),
        ({"auth_method": "private_key_jwt"}, "public_jwks"),
        ({"public_jwks": "{"}, "public_jwks"),
        ({"jwks_uri": "http://lms.example.com/jwks"}, "jwks_uri"),
        ({"public_jwks": '{"kty": "oct", "k": "c2VjcmV0"}'}, "public_jwks"),
        ({"public_jwks": '{"kty": "EC"}'}, "public_jwks"),
        ({"public_jwks": WEAK}, "public_jwks"),
        ({"scopes": ["admin"]}, "scopes"),
        ({"subject_type": "email"}, "subject_type"),
    ],
)
def test_a_setting_that_is_refused_is_named(changes: dict[str, object], place: str) -> None:
    with pytest.raises(BadInput) as refused:
        changed_settings(DEFAULTS, {**GOOD, **changes})  # type: ignore[typeddict-item]
    assert {problem.place for problem in refused.value.problems} == {place}


def test_of_a_key_only_the_public_members_are_kept(client_key: RSAKey) -> None:
    public = changed_settings(
        DEFAULTS,
        {"name": "a", "redirect_uris": [BACK], "public_jwks": json.dumps(client_key.as_dict(private=False))},
    )
    assert [key.keys() for key in public["public_jwks"]] == [{"kty", "kid", "n", "e"}]
    with pytest.raises(BadInput, match="private"):
        changed_settings(DEFAULTS, {"public_jwks": json.dumps(client_key.as_dict(private=True))})


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_a_client_shows_itself_in_one_of_four_ways() -> None:
    assert read_shown({}, basic("a%3Ab:s%2Bt+u")) == Shown("client_secret_basic", "a:b", "s+t u")
    assert read_shown({"client_id": "a", "client_secret": "s"}, "") == Shown("client_secret_post", "a", "s")
    assert read_shown({"client_id": "a"}, "") == Shown("none", "a")


@pytest.mark.parametrize(
    ("form", "authorization", "reason"),
    [
        ({}, "", "client_not_named"),
        ({"client_secret": "s"}, "", "client_not_named"),
        ({"client_secret": "s"}, basic("a:s"), "several_methods"),
        ({"client_id": "b"}, basic("a:s"), "two_clients"),
        ({}, "Bearer x", "bad_header"),
        ({}, "Basic ???", "bad_header"),
        ({}, basic("nocolon"), "bad_header"),
        ({}, "Basic " + base64.b64encode(b"\xff:\xff").decode(), "bad_header"),
        ({"client_assertion": "x"}, "", "assertion_type"),
        ({"client_assertion": "x", "client_secret": "s"}, "", "several_methods"),
    ],
)
def test_wb6_a_client_that_does_not_show_who_it_is(
    form: dict[str, str], authorization: str, reason: str
) -> None:
    with pytest.raises(HubError) as refused:
        read_shown(form, authorization)
    assert refused.value.code == reason


def test_a_parameter_that_comes_twice_is_refused_and_an_empty_one_is_none() -> None:
    assert single_values({"a": ["1"], "b": [""]}) == {"a": "1"}
    with pytest.raises(HubError, match="more than once"):
        single_values({"a": ["1", "1"]})
