"""A partner without an identity provider, somebody who works there, and a hub with a name that passkeys can be bound to."""

import pytest

from hub.config import Settings
from hub.runtime import Hub
from tests.sso.local.rig import Local, new_local

SECRET = "only-for-tests-0123456789abcdefghij"


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(database_url=database_url, secret_key=SECRET, public_url="https://hub.example.com")


@pytest.fixture
def local(hub: Hub) -> Local:
    """Riverside, with Tess, who has no account yet."""
    return new_local(hub)
