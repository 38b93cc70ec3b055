"""SAML with other people's software: samlify is the provider at which people sign in, and from which they sign out."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests
from cryptography.hazmat.primitives import serialization

from hub.network.people.identities import link_identity
from hub.network.systems.connections import find_connection
from hub.sso.saml.connect import connect_saml_provider
from hub.sso.saml.providers import Choices
from hub.testing.demo.browser import Browser
from hub.testing.saml_signing import Signer, new_signer
from tests.interop.servers import node_server
from tests.interop.site import Site, serve_site
from tests.lti.rig import Keys


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a provider on samlify (npm)."""
    with node_server("saml_provider.mjs", tmp_path_factory.mktemp("saml") / "log") as url:
        yield url


@pytest.fixture(scope="session")
def signer() -> Signer:
    """The provider's key."""
    return new_signer()


@pytest.fixture
def site(database_url: str, key_server: Keys, provider: str) -> Iterator[Site]:
    """A served hub that may read its metadata."""
    with serve_site(database_url, key_server, [provider]) as served:
        yield served


@dataclass
class Provider:
    """The provider as its administrator and as the person use it."""

    address: str
    site: Site
    browser: Browser

    def tell(self, path: str, **form: str) -> None:
        answer = requests.post(self.address + path, data=form, timeout=15)
        assert answer.ok, answer.text

    def seen(self) -> dict[str, list[object]]:
        found: dict[str, list[object]] = requests.get(f"{self.address}/seen", timeout=15).json()
        return found

    def sign_in(self) -> str:
        """Go there and back; the page of the hub on which the person ends up."""
        return self.browser.get(f"{self.site.url}/sso/saml/foreign/start?return_to=/my-training").url

    def is_in(self) -> bool:
        return self.browser.get(f"{self.site.url}/my-training").url.endswith("/my-training")


@pytest.fixture(params=["plain", "encrypted"])
def foreign(request: pytest.FixtureRequest, site: Site, provider: str, signer: Signer) -> Provider:
    """The provider and the hub know each other by their metadata, and the provider knows Ann."""
    pem = signer.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    found = Provider(provider, site, Browser(site.url))
    encrypted = "1" if request.param == "encrypted" else ""
    found.tell("/configure", key=pem.decode(), certificate=signer.encoded, encrypted=encrypted)
    connect_saml_provider(
        site.hub,
        "foreign",
        "Foreign",
        None,
        Choices(metadata_url=f"{provider}/metadata", signs_requests=True),
    )
    with site.hub.unit_of_work() as uow:
        connection_id = find_connection(uow, "foreign").id
        link_identity(uow, connection_id, "nameid", "ann", site.rig.world.ids["ann"], made_by="roster")
    found.tell("/meet", metadata=requests.get(f"{site.url}/sso/saml/foreign/metadata", timeout=15).text)
    found.tell("/sit-down", name="ann")
    return found


def test_people_sign_in_at_samlify_and_sign_out_of_both(foreign: Provider) -> None:
    assert not foreign.is_in()
    assert foreign.sign_in() == f"{foreign.site.url}/my-training"
    assert foreign.is_in()
    before = len(foreign.seen()["leaving"])
    page = foreign.browser.get("/my-training")
    last = foreign.browser.submit(page.form("/sign-out"))
    onward = next(part for part in last.html.split('"') if part.startswith(f"{foreign.address}/slo"))
    came_back = foreign.browser.get(onward.replace("&amp;", "&"))
    assert came_back.url.startswith(f"{foreign.site.url}/signed-out?state=")
    assert "Foreign" in came_back.text
    (left,) = foreign.seen()["leaving"][before:]
    assert left == {"name": "ann", "index": foreign.seen()["index"]}
    assert not foreign.is_in()


def test_samlify_signs_people_out_of_the_hub(foreign: Provider) -> None:
    foreign.sign_in()
    assert foreign.is_in()
    before = len(foreign.seen()["answered"])
    page = foreign.browser.get(f"{foreign.address}/leave")
    assert page.text == "Everything is signed out."
    assert len(foreign.seen()["answered"]) == before + 1
    assert not foreign.is_in()


def test_somebody_whom_the_hub_does_not_know_is_told_so(foreign: Provider) -> None:
    foreign.tell("/sit-down", name="somebody else")
    answer = foreign.browser.get(f"{foreign.site.url}/sso/saml/foreign/start")
    assert answer.status == 403
    assert "worked" in answer.text
