"""A name server on loopback and a hub that asks it."""

from collections.abc import Iterator

import pytest

from hub.config import Settings
from hub.network.structure.partners import create_partner
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.testing.dns import NameServer, serve_names
from tests.sso.onboarding.desk import Desk
from tests.sso.rig import TESS, Idp
from tests.sso.saml.rig import Running, run_saml_idp


@pytest.fixture(scope="session")
def name_server() -> Iterator[NameServer]:
    """One server for all tests."""
    with serve_names() as server:
        yield server


@pytest.fixture
def names(name_server: NameServer) -> NameServer:
    """The name server as a test finds it: it knows nothing."""
    return name_server.begin()


@pytest.fixture(scope="session")
def saml_server(key_pem: str) -> Iterator[Running]:
    """One SAML provider for all tests."""
    with run_saml_idp("riverside", (TESS,), key_pem) as running:
        yield running


@pytest.fixture
def saml(saml_server: Running) -> Running:
    """The SAML provider without faults."""
    saml_server.faults.switch()
    return saml_server


@pytest.fixture
def settings(database_url: str, name_server: NameServer, riverside: Idp, saml: Running) -> Settings:
    """The settings of a hub that asks this name server and may call the provider of Riverside."""
    return Settings(
        database_url=database_url,
        secret_key="only-for-tests-0123456789abcdefghij",
        dns_resolver=name_server.address,
        outgoing_allow=[url.removeprefix("http://") for url in (riverside.issuer, saml.idp.config.base_url)],
    )


@pytest.fixture
def desk(hub: Hub, names: NameServer) -> Desk:
    """Two partners, each with a sign-in."""
    partners, connections = {}, {}
    with hub.unit_of_work() as uow:
        for slug in ("harbor", "lakeside"):
            partners[slug] = create_partner(uow, slug.title())
            connections[slug] = create_connection(uow, slug, "oidc", slug.title(), partners[slug])
    return Desk(hub, names, partners, connections)
