"""Running simulated systems for the tests about them."""

from collections.abc import Iterator

import pytest
import requests
from flask import Flask

from hub.testing.idp import IdpConfig, create_idp
from hub.testing.keys import new_key, private_pem
from hub.testing.serve import serve
from tests.testing.idp_browser import ANA, CALLBACK, Idp


@pytest.fixture(scope="session")
def key_pem() -> str:
    """One RSA key for all systems of the run: making one takes longer than most of these tests."""
    return private_pem(new_key())


@pytest.fixture
def idp(key_pem: str) -> Iterator[Idp]:
    """A running provider that knows Ana."""
    apps: list[Flask] = []

    def create(base_url: str) -> Flask:
        config = IdpConfig(
            base_url=base_url,
            client_id="hub",
            client_secret="s3cret",
            redirect_uris=(CALLBACK,),
            people=(ANA,),
            private_key_pem=key_pem,
            slow_seconds=0.3,
        )
        apps.append(create_idp(config))
        return apps[0]

    with serve(create) as base_url, requests.Session() as session:
        session.trust_env = False
        yield Idp(apps[0], base_url, session)
