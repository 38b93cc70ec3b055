"""A hub with Tess, whose employer is Riverside, and a system behind it that knows only SAML."""

from datetime import UTC, datetime

import pytest

from hub.clock import SettableClock
from hub.config import Settings
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.testing.saml_signing import Signer, new_signer
from tests.sso.rig import TESS, add_person
from tests.sso.saml_provider.rig import Lms, SamlBrowser, connect_lms


@pytest.fixture(scope="session")
def signer() -> Signer:
    """The system's key; making one takes longer than most of these tests."""
    return new_signer()


@pytest.fixture(scope="session")
def stranger_signer() -> Signer:
    return new_signer()


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(database_url=database_url, secret_key="only-for-tests-0123456789abcdefghij")


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(datetime(2026, 11, 2, 9, 0, tzinfo=UTC))


@pytest.fixture
def tess(hub: Hub) -> str:
    return add_person(hub, TESS, None)


@pytest.fixture
def home(hub: Hub) -> str:
    """The connection at which Tess signs in."""
    with hub.unit_of_work() as uow:
        return create_connection(uow, "riverside", "oidc", "Riverside", None)


@pytest.fixture
def browser(hub: Hub) -> SamlBrowser:
    return SamlBrowser(hub)


@pytest.fixture
def stranger(hub: Hub, browser: SamlBrowser, signer: Signer) -> Lms:
    """A system, and a browser in which nobody is signed in."""
    return connect_lms(Lms(hub, browser, signer))


@pytest.fixture
def lms(stranger: Lms, tess: str, home: str) -> Lms:
    """The same, with Tess signed in."""
    stranger.browser.sit_down(tess, home)
    return stranger
