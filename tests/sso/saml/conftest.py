"""Two partners' SAML providers on loopback, and a hub that is connected to both."""

from collections.abc import Iterator

import pytest

from hub.config import Settings
from hub.runtime import Hub
from tests.sso.rig import BORIS, IMPOSTOR, NAMESAKE, TESS, Record
from tests.sso.saml.rig import Running, SamlBrowser, connect, known, run_saml_idp


@pytest.fixture(scope="session")
def riverside_saml_server(key_pem: str) -> Iterator[Running]:
    with run_saml_idp("riverside", (TESS, BORIS), key_pem) as running:
        yield running


@pytest.fixture(scope="session")
def lakeside_saml_server() -> Iterator[Running]:
    with run_saml_idp("lakeside", (IMPOSTOR, NAMESAKE)) as running:
        yield running


def _as_new(running: Running) -> Iterator[Running]:
    signer, clock = running.idp.signer, running.idp.clock
    running.faults.switch()
    yield running
    running.idp.signer, running.idp.clock, running.idp.published = signer, clock, ()


@pytest.fixture
def riverside_saml(riverside_saml_server: Running) -> Iterator[Running]:
    yield from _as_new(riverside_saml_server)


@pytest.fixture
def lakeside_saml(lakeside_saml_server: Running) -> Iterator[Running]:
    yield from _as_new(lakeside_saml_server)


@pytest.fixture
def settings(database_url: str, riverside_saml: Running, lakeside_saml: Running) -> Settings:
    servers = (riverside_saml, lakeside_saml)
    hosts = [running.idp.config.base_url.removeprefix("http://") for running in servers]
    return Settings(
        database_url=database_url, secret_key="only-for-tests-0123456789abcdefghij", outgoing_allow=hosts
    )


@pytest.fixture
def tess(hub: Hub, riverside_saml: Running, lakeside_saml: Running) -> str:
    """Tess is known at Riverside; both providers are connected."""
    connect(hub, riverside_saml)
    connect(hub, lakeside_saml)
    return known(hub, TESS, riverside_saml)


@pytest.fixture
def browser(hub: Hub, tess: str) -> SamlBrowser:
    return SamlBrowser(hub)


@pytest.fixture
def record(hub: Hub, browser: SamlBrowser) -> Record:
    """What was written before the test began."""
    return Record(hub)
