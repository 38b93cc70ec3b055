"""The simulated OpenID provider, over HTTP: right sign-ins and wrong ones."""

import pytest
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt

from tests.testing.idp_browser import ANA, CALLBACK, VERIFIER, Idp, callback_of


def test_a_client_library_signs_in_with_pkce(idp: Idp) -> None:
    metadata = idp.session.get(f"{idp.issuer}/.well-known/openid-configuration").json()
    with OAuth2Session(
        "hub", "s3cret", scope="openid profile email", redirect_uri=CALLBACK, code_challenge_method="S256"
    ) as client:
        client.trust_env = False
        url, state = client.create_authorization_url(
            metadata["authorization_endpoint"], nonce="nonce-1", code_verifier=VERIFIER
        )
        page = idp.session.get(url)
        location = idp.submit(page, username="ana", password=ANA.password).headers["Location"]
        tokens = client.fetch_token(
            metadata["token_endpoint"], authorization_response=location, state=state, code_verifier=VERIFIER
        )
        who = client.get(metadata["userinfo_endpoint"]).json()
    claims = jwt.decode(tokens["id_token"], idp.key_set(), ["RS256"]).claims
    assert claims["iss"] == metadata["issuer"] == idp.issuer
    assert (claims["sub"], claims["aud"], claims["nonce"]) == ("sub-ana", "hub", "nonce-1")
    assert who["sub"] == "sub-ana"
    assert who["email"] == claims["email"] == "ana@riverside.example"
    assert metadata["code_challenge_methods_supported"] == ["S256"]


def test_the_callback_carries_state_and_issuer(idp: Idp) -> None:
    callback = callback_of(idp.log_in())
    assert callback.pop("code")
    assert callback == {"state": "state-1", "iss": idp.issuer}
    assert idp.refusal(idp.sign_in()) == ""


def test_the_email_address_is_a_login_name_too_and_fills_the_form(idp: Idp) -> None:
    assert 'value="ana"' in idp.ask(login_hint="ANA@riverside.example").text
    assert "code" in callback_of(idp.log_in(username="Ana@Riverside.example"))


@pytest.mark.parametrize("username,password", [("ana", "wrong"), ("nobody", "correct horse"), ("", "")])
def test_a_wrong_password_shows_the_form_again_and_makes_nothing(
    idp: Idp, username: str, password: str
) -> None:
    answer = idp.log_in(password=password, username=username)
    assert answer.status_code == 401
    assert "Nobody was signed in" in answer.text
    assert "Location" not in answer.headers
    assert "code" in callback_of(idp.submit(answer, username="ana", password=ANA.password))


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
        {"nonce": None},
        {"scope": "openid everything"},
    ],
    ids=str,
)
def test_a_weak_request_goes_back_with_an_error_and_the_issuer(
    idp: Idp, changes: dict[str, str | None]
) -> None:
    callback = callback_of(idp.ask(**changes))
    assert callback["error"] in {"invalid_request", "invalid_scope"}
    assert callback["iss"] == idp.issuer
    assert callback["state"] == "state-1"
    assert "code" not in callback


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": f"{CALLBACK}/more"},
        {"redirect_uri": None},
        {"client_id": "stranger"},
        {"client_id": None},
    ],
    ids=str,
)
def test_a_request_of_a_stranger_is_answered_here(idp: Idp, changes: dict[str, str | None]) -> None:
    answer = idp.ask(**changes)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_cancel_and_prompt_none_go_back_with_an_error(idp: Idp) -> None:
    cancelled = callback_of(idp.log_in(decision="cancel"))
    assert (cancelled["error"], cancelled["iss"]) == ("access_denied", idp.issuer)
    silent = callback_of(idp.ask(prompt="none"))
    assert (silent["error"], silent["iss"]) == ("login_required", idp.issuer)


def test_a_code_needs_its_verifier_and_works_once(idp: Idp) -> None:
    stolen = callback_of(idp.log_in())["code"]
    assert idp.fetch_token(stolen, verifier="w" * 50).json()["error"] == "invalid_grant"
    assert idp.fetch_token(stolen).json()["error"] == "invalid_grant"
    code = callback_of(idp.log_in())["code"]
    assert idp.fetch_token(code, secret="guess").status_code == 401
    assert idp.fetch_token(code).status_code == 200
    assert idp.fetch_token(code).json()["error"] == "invalid_grant"


def test_userinfo_needs_a_token(idp: Idp) -> None:
    answer = idp.session.get(f"{idp.issuer}/userinfo", headers={"Authorization": "Bearer made-up"})
    assert answer.status_code == 401
