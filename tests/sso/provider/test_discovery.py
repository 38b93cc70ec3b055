"""What the hub says about itself is so; and what is kept about a person goes when the person is erased."""

from urllib.parse import urlsplit

import sqlalchemy as sa

from hub.app import create_app
from hub.runtime import Hub
from hub.sso.erase_person import count_of_person, erase_person
from hub.sso.provider.discovery import provider_metadata
from tests.apps import app_of
from tests.sso.provider.rig import Downstream


def test_every_address_of_the_discovery_document_answers(hub: Hub) -> None:
    client = app_of(hub, create_app).test_client()
    answer = client.get("/.well-known/openid-configuration")
    assert answer.json == provider_metadata(hub.settings)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    addresses = {
        name: urlsplit(address)
        for name, address in provider_metadata(hub.settings).items()
        if name.endswith(("_endpoint", "_uri"))
    }
    assert len(addresses) == 6
    for name, address in addresses.items():
        assert f"{address.scheme}://{address.netloc}" == hub.settings.public_url
        answer = client.get(address.path, headers={"Accept": "application/json"})
        wanted = {
            "token_endpoint": 405,
            "revocation_endpoint": 405,
            "userinfo_endpoint": 401,
            "jwks_uri": 200,
        }
        assert answer.status_code in {wanted.get(name), 400, 303}, name


def test_programs_in_browsers_may_ask_for_tokens_from_other_sites_and_nothing_that_needs_a_cookie(
    hub: Hub,
) -> None:
    client = app_of(hub, create_app).test_client()
    asked = client.options("/oauth/token", headers={"Origin": "https://app.example"})
    assert asked.status_code == 200
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    for path in ("/oauth/authorize", "/oauth/logout"):
        assert "Access-Control-Allow-Origin" not in client.get(path).headers


def test_an_erased_person_is_signed_out_everywhere_and_nothing_is_left(lms: Downstream, tess: str) -> None:
    tokens = lms.sign_in()
    with lms.hub.unit_of_work() as uow:
        assert count_of_person(uow, tess)["sign-ins at other systems"] == 1
        erase_person(uow, tess)
        for table in ("oidc_grant", "oidc_code", "oidc_token", "web_session"):
            assert uow.connection.scalar(sa.text(f"SELECT count(*) FROM {table}")) == 0
    assert lms.userinfo(tokens["access_token"]).status_code == 401
    (body,) = lms.deliveries()
    assert body["sid"] == lms.claims(tokens["id_token"])["sid"]
