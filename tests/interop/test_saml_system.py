"""SAML with other people's software: samlify is a learning system that knows nothing else, and the hub its identity provider."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization

from hub.sso.saml_provider.connect import connect_system
from hub.testing.saml_signing import Signer, new_signer
from tests.interop.servers import node_server
from tests.interop.site import Site, serve_site
from tests.lti.rig import Keys


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a system on samlify (npm)."""
    with node_server("saml_system.mjs", tmp_path_factory.mktemp("saml") / "log") as url:
        yield url


@pytest.fixture(scope="module")
def system_signer() -> Signer:
    """The system's key."""
    return new_signer()


@pytest.fixture
def site(database_url: str, key_server: Keys, system: str) -> Iterator[Site]:
    """A served hub that may read its metadata."""
    with serve_site(database_url, key_server, [system]) as served:
        yield served


@dataclass
class System:
    """The system as its administrator and as ann uses it."""

    address: str
    site: Site
    client_id: str

    def tell(self, path: str, **form: str) -> None:
        answer = requests.post(self.address + path, data=form, timeout=15)
        assert answer.ok, answer.text

    def seen(self) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(f"{self.address}/seen", timeout=15).json()
        return found

    def sign_in(self, by: str = "redirect") -> str:
        """What the system shows in the end."""
        page = self.site.browser.get(f"{self.address}/start?by={by}")
        if by == "post":
            page = self.site.browser.submit(page.form("/saml/sso"))
        return page.text

    def is_in(self) -> bool:
        return self.site.browser.get(f"{self.site.url}/my-training").url.endswith("/my-training")


@pytest.fixture
def lms(request: pytest.FixtureRequest, site: Site, system: str, system_signer: Signer) -> System:
    """The system and the hub know each other by their metadata."""
    pem = system_signer.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    encrypted = getattr(request, "param", "plain") == "encrypted"
    found = System(system, site, "")
    found.tell("/configure", key=pem.decode(), certificate=system_signer.encoded)
    found.client_id = connect_system(
        site.hub, "only-saml", "Only SAML", None, metadata_url=f"{system}/metadata", encrypts=encrypted
    )
    metadata = requests.get(f"{site.url}/saml/metadata", timeout=15).text
    found.tell("/meet", metadata=metadata, encrypted="1" if encrypted else "")
    return found


@pytest.mark.parametrize("lms", ["plain", "encrypted"], indirect=True)
def test_people_sign_in_at_samlify_with_the_hub(lms: System) -> None:
    assert lms.sign_in() == "Signed in as ann Tester."
    told = lms.seen()["told"]
    assert told["relayState"] == "course 7"
    assert told["nameID"] != lms.site.rig.world.ids["ann"]
    assert lms.sign_in("post") == "Signed in as ann Tester."
    assert lms.seen()["told"]["nameID"] == told["nameID"]


def test_samlify_signs_people_out_of_the_hub(lms: System) -> None:
    lms.sign_in()
    before = lms.seen()["answered"]
    page = lms.site.browser.get(f"{lms.address}/leave")
    assert page.text == "Everything is signed out."
    assert lms.seen()["answered"] == before + 1
    assert not lms.is_in()


def test_the_hub_signs_people_out_of_samlify(lms: System) -> None:
    lms.sign_in()
    told, before = lms.seen()["told"], len(lms.seen()["left"])
    page = lms.site.browser.get("/my-training")
    onward = lms.site.browser.submit(page.form("/sign-out"))
    assert "systems that you opened" in onward.text
    last = lms.site.browser.get(f"{onward.url}/next")
    assert last.url.startswith(f"{lms.site.url}/sign-in")
    assert lms.seen()["left"][before:] == [{"name": told["nameID"], "index": told["index"]}]
    assert not lms.is_in()
