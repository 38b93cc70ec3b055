"""A hub in processes of its own with two providers, and people who sign in step by step."""

import html
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import flask
import requests

from hub.app import open_hub
from hub.config import load_settings
from hub.network.people.identities import link_identity
from hub.network.systems.connections import find_connection
from hub.runtime import Hub
from hub.sso.oidc.connect import connect_identity_provider
from hub.sso.saml.connect import connect_saml_provider
from hub.sso.saml.providers import Choices
from hub.sso.tokens import token_hash
from hub.testing.demo.hub_process import HubProcess
from hub.testing.idp import IdpConfig, create_idp
from hub.testing.saml_idp import SamlIdpConfig, create_saml_idp
from hub.testing.serve import free_port, serve
from tests.journeys.ingest import Place
from tests.sso.rig import CLIENT_SECRET, TESS, add_person

OIDC, SAML = "riverside", "lakeside"


@dataclass
class Visit:
    """One browser that signs in. Each request is a connection of its own, which any web process may take."""

    hub_url: str
    begun: int = 0
    interrupted: int = 0
    """Times that it could not begin."""
    lost: int = 0
    """Times that it came back and got no answer: it may have been signed in without learning of it."""
    waits: bool = False
    """Whether a request of it is at the hub."""
    session: str = ""
    flow: str = ""
    refusals: list[int] = field(default_factory=list)

    @property
    def session_hash(self) -> str:
        """As the hub keeps it."""
        return token_hash(self.session)

    def begin(self) -> None:
        """From the hub to the provider, and sign in there."""
        raise NotImplementedError

    def come_back(self) -> int:
        """Bring the provider's answer to the hub; the status, 303 when that signed somebody in."""
        raise NotImplementedError

    def again(self) -> int:
        """Bring all of it once more, every part by itself; the lowest status."""
        return self.come_back()

    def ask(
        self, method: str, path: str, cookies: dict[str, str] | None = None, **rest: Any
    ) -> requests.Response:
        """One request to the hub, which is not followed anywhere."""
        sent = {"Connection": "close"}
        if cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        address = path if path.startswith("http") else self.hub_url + path
        with requests.Session() as session:
            session.trust_env = False
            self.waits = address.startswith(self.hub_url)
            try:
                return session.request(
                    method, address, headers=sent, allow_redirects=False, timeout=10, **rest
                )
            finally:
                self.waits = False

    def _start(self, path: str) -> str:
        answer = self.ask("GET", path)
        assert answer.status_code == 303, answer.text
        self.flow = answer.cookies["hub_flow"]
        self.begun += 1
        return answer.headers["Location"]

    def _take(self, answer: requests.Response) -> int:
        assert answer.status_code < 500, answer.text
        if answer.status_code == 303:
            self.session = answer.cookies["hub_session"]
        else:
            assert "hub_session" not in answer.cookies
            self.refusals.append(answer.status_code)
        return answer.status_code


class OidcVisit(Visit):
    """By OpenID Connect."""

    callback = ""

    def begin(self) -> None:
        """As Visit says."""
        address = self._start(f"/sso/oidc/{OIDC}/start")
        form = {
            "username": TESS.username,
            "password": TESS.password,
            **dict(parse_qsl(urlsplit(address).query)),
        }
        answer = self.ask("POST", address.partition("?")[0].replace("/authorize", "/login"), data=form)
        assert answer.status_code == 302, answer.text
        self.callback = answer.headers["Location"]

    def come_back(self) -> int:
        """As Visit says."""
        return self._take(self.ask("GET", self.callback, {"hub_flow": self.flow}))


class SamlVisit(Visit):
    """By SAML: the provider's form, and the hub's own page behind it."""

    answer: dict[str, str] = {}  # noqa: RUF012  (replaced, never changed)
    finish = ""

    def begin(self) -> None:
        """As Visit says."""
        self.finish = ""
        address = self._start(f"/sso/saml/{SAML}/start")
        form = {
            "username": TESS.username,
            "password": TESS.password,
            **dict(parse_qsl(urlsplit(address).query)),
        }
        page = self.ask("POST", address.partition("?")[0].removesuffix("/sso") + "/login", data=form)
        assert page.status_code == 200, page.text
        fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text)
        self.answer = {name: html.unescape(value) for name, value in fields}

    def come_back(self) -> int:
        """As Visit says."""
        if not self.finish:
            posted = self._post()
            if posted.status_code != 303:
                return self._take(posted)
            self.finish = posted.headers["Location"]
        return self._take(self.ask("GET", self.finish, {"hub_flow": self.flow}))

    def again(self) -> int:
        """As Visit says."""
        posted = self._post()
        return min(posted.status_code, self._take(self.ask("GET", self.finish, {"hub_flow": self.flow})))

    def _post(self) -> requests.Response:
        return self.ask("POST", f"/sso/saml/{SAML}/acs", data=self.answer)


@dataclass
class Running:
    """The hub's processes, and this process's own way to look at their database."""

    hub: Hub
    process: HubProcess

    def visit(self, number: int) -> Visit:
        """A new browser: by OpenID Connect for even numbers, by SAML for odd ones."""
        return (SamlVisit if number % 2 else OidcVisit)(self.process.stage.hub_url)

    def look(self, visit: Visit) -> int:
        """The status of a page for those who are signed in."""
        return visit.ask("GET", "/my-training", {"hub_session": visit.session}).status_code


@contextmanager
def running_hub_with_providers(database_url: str, folder: Path, key_pem: str) -> Iterator[Running]:
    """Run it all until the block ends; Tess is known to both providers."""
    port = free_port()
    place = Place(folder, folder / "hub.toml", f"http://127.0.0.1:{port}")
    callback = f"{place.hub_url}/sso/oidc/{OIDC}/callback"

    def oidc(base_url: str) -> flask.Flask:
        told: dict[str, Any] = {"client_id": "hub", "client_secret": CLIENT_SECRET, "people": (TESS,)}
        config = IdpConfig(base_url=base_url, redirect_uris=(callback,), private_key_pem=key_pem, **told)
        return create_idp(config)

    def saml(base_url: str) -> flask.Flask:
        told: dict[str, Any] = {"slug": SAML, "hubs": (place.hub_url,), "people": (TESS,)}
        return create_saml_idp(SamlIdpConfig(base_url=base_url, private_key_pem=key_pem, **told))

    with serve(oidc) as issuer, serve(saml) as saml_url:
        _write_settings(place, port, database_url, [issuer, saml_url])
        hub, process = open_hub(load_settings(place.settings_file)), HubProcess(place)
        try:
            connect_identity_provider(hub, OIDC, "Riverside", None, issuer, "hub", CLIENT_SECRET, ())
            metadata_url = f"{saml_url}/metadata"
            connect_saml_provider(hub, SAML, "Lakeside", None, Choices(metadata_url=metadata_url))
            person_id = add_person(hub, TESS, None)
            with hub.unit_of_work() as uow:
                for slug, form in ((OIDC, "sub"), (SAML, "nameid")):
                    connection_id = find_connection(uow, slug).id
                    link_identity(uow, connection_id, form, TESS.sub, person_id, made_by="roster")
            process.start()
            yield Running(hub, process)
        finally:
            process.stop()
            hub.close()


def _write_settings(place: Place, port: int, database_url: str, allowed: list[str]) -> None:
    settings = {
        "public_url": place.hub_url,
        "listen_port": port,
        "database_url": database_url,
        "secret_key": "only-for-tests-0123456789abcdefghij",
        "storage_url": f"file:{place.directory / 'files'}",
        "outgoing_allow": [url.removeprefix("http://") for url in allowed],
        "web_processes": 2,
        "log_level": "error",
    }
    place.settings_file.touch(mode=0o600)
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in settings.items()]
    place.settings_file.write_text("".join(lines), encoding="utf-8")
