"""Every fault the simulated OpenID provider can be switched to does harm that a strict client sees."""

import pytest
import requests
from flask import Flask
from joserfc import jwt

from hub.testing.faults import faults_of
from hub.testing.idp import IDP_FAULTS, IdpConfig, create_idp, provider_of
from hub.testing.idp_tokens import TOKEN_FAULTS
from hub.testing.serve import serve
from tests.testing.idp_browser import ANA, CALLBACK, Idp, callback_of


@pytest.mark.parametrize("fault", TOKEN_FAULTS)
def test_a_strict_client_refuses_the_token_of_each_fault(idp: Idp, fault: str) -> None:
    with faults_of(idp.app).on(fault):
        tokens = idp.sign_in()
    assert idp.refusal(tokens)
    assert idp.refusal(idp.sign_in()) == ""
    assert faults_of(idp.app).calls("/rogue/jwks") == 0


def test_faults_around_the_token(idp: Idp) -> None:
    faults = faults_of(idp.app)
    with faults.on("no_id_token"):
        assert "id_token" not in idp.sign_in()
    with faults.on("callback_wrong_iss"):
        assert callback_of(idp.log_in())["iss"] != idp.issuer
    with faults.on("callback_missing_iss"):
        assert "iss" not in callback_of(idp.log_in())
        assert "iss" not in callback_of(idp.ask(prompt="none"))
    with faults.on("duplicate_kid"):
        keys = idp.session.get(f"{idp.issuer}/jwks").json()["keys"]
        assert [key["kid"] for key in keys] == [provider_of(idp.app).keys.current.kid] * 2
        assert keys[0]["n"] != keys[1]["n"]
    with faults.on("userinfo_other_sub"):
        bearer = {"Authorization": f"Bearer {idp.sign_in()['access_token']}"}
        assert idp.session.get(f"{idp.issuer}/userinfo", headers=bearer).json()["sub"] != "sub-ana"


def test_faults_of_whole_endpoints(idp: Idp) -> None:
    faults = faults_of(idp.app)
    well_known = f"{idp.issuer}/.well-known/openid-configuration"
    with faults.on("metadata_alg_none"):
        assert "none" in idp.session.get(well_known).json()["id_token_signing_alg_values_supported"]
    with faults.on("metadata_other_issuer"):
        assert idp.session.get(well_known).json()["issuer"] != idp.issuer
    with faults.on("metadata_500", "jwks_500", "token_500"):
        assert idp.session.get(well_known).status_code == 500
        assert idp.session.get(f"{idp.issuer}/jwks").status_code == 500
        assert idp.fetch_token(callback_of(idp.log_in())["code"]).status_code == 500
    with faults.on("token_slow"):
        assert idp.fetch_token(callback_of(idp.log_in())["code"]).elapsed.total_seconds() > 0.25


def test_faults_are_switched_over_http(idp: Idp) -> None:
    url = f"{idp.issuer}/faults"
    report = idp.session.post(url, data={"name": ["alg_none", "metadata_alg_none"], "seconds": "2"}).json()
    assert report["active"] == ["alg_none", "metadata_alg_none"]
    assert report["slow_seconds"] == 2
    assert report["known"].keys() == IDP_FAULTS.keys()
    assert idp.session.post(url, data={"name": "nonsense"}).status_code == 400
    assert (
        idp.session.post(url, data={"name": ""}, headers={"Origin": "http://evil.example"}).status_code == 403
    )
    assert idp.session.get(url).json()["active"] == ["alg_none", "metadata_alg_none"]
    assert idp.session.post(url, data={"name": ""}).json()["active"] == []


def test_the_clock_may_stand_at_another_time() -> None:
    def create(base_url: str) -> Flask:
        config = IdpConfig(
            base_url=base_url,
            client_id="hub",
            client_secret="s3cret",
            redirect_uris=(CALLBACK,),
            people=(ANA,),
        )
        return create_idp(config, clock=lambda: 1_000_000_000.9)

    with serve(create) as base_url, requests.Session() as session:
        session.trust_env = False
        idp = Idp(Flask("unused"), base_url, session)
        claims = jwt.decode(idp.sign_in()["id_token"], idp.key_set(), ["RS256"]).claims
    assert (claims["iat"], claims["auth_time"], claims["exp"]) == (
        1_000_000_000,
        1_000_000_000,
        1_000_000_600,
    )


def test_keys_rotate_with_and_without_the_old_one(idp: Idp) -> None:
    before = idp.sign_in()
    idp.session.post(f"{idp.issuer}/rotate-key", data={"keep_old": "true"})
    assert idp.refusal(before) == ""
    assert idp.refusal(idp.sign_in()) == ""
    idp.session.post(f"{idp.issuer}/rotate-key")
    assert "No key for kid" in idp.refusal(before)
