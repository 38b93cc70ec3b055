"""A hub with Tess signed in, and a system behind it that uses the hub as OpenID provider."""

import pytest
from joserfc.jwk import RSAKey

from hub.runtime import Hub
from tests.sso.provider.rig import Downstream, connect_downstream
from tests.sso.rig import Browser, Idp


@pytest.fixture(scope="session")
def client_key() -> RSAKey:
    """The private key of a client; making one takes longer than most of these tests."""
    return RSAKey.generate_key(2048, private=True, auto_kid=True)


@pytest.fixture
def stranger(hub: Hub, browser: Browser) -> Downstream:
    """An LMS, and a browser in which nobody is signed in."""
    return connect_downstream(hub, browser)


@pytest.fixture
def lms(stranger: Downstream, browser: Browser, riverside: Idp) -> Downstream:
    """The same, with Tess signed in."""
    assert browser.sign_in(riverside).status_code == 303
    return stranger
