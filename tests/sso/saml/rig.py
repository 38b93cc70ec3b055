"""A partner's running SAML provider, and browsers that go there and back."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import flask
import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.network.people.identities import link_identity
from hub.network.systems.connections import find_connection
from hub.runtime import Hub
from hub.sso.saml.connect import connect_saml_provider
from hub.sso.saml.providers import Choices
from hub.sso.saml.routes import blueprint, machine_blueprint
from hub.testing.faults import Faults
from hub.testing.idp_store import Person
from hub.testing.saml_idp import SamlIdp, SamlIdpConfig, create_saml_idp, saml_idp_of
from hub.testing.serve import serve
from tests.apps import app_of
from tests.sso.rig import HUB, TESS, Browser, add_person, small_app

HUBS = (HUB, "https://hub.example.com")


@dataclass(frozen=True)
class Running:
    """One running provider."""

    idp: SamlIdp
    slug: str

    @property
    def faults(self) -> Faults:
        return self.idp.faults

    @property
    def metadata_url(self) -> str:
        return self.idp.entity_id


@contextmanager
def run_saml_idp(slug: str, people: tuple[Person, ...], key_pem: str = "") -> Iterator[Running]:
    apps: list[flask.Flask] = []

    def create(base_url: str) -> flask.Flask:
        config = SamlIdpConfig(
            base_url=base_url, slug=slug, hubs=HUBS, name=slug.title(), people=people, private_key_pem=key_pem
        )
        apps.append(create_saml_idp(config))
        return apps[0]

    with serve(create):
        yield Running(saml_idp_of(apps[0]), slug)


def connect(hub: Hub, running: Running, partner_id: str | None = None, **choices: Any) -> str:
    """The id of a connection to this provider."""
    return connect_saml_provider(
        hub,
        running.slug,
        running.slug.title(),
        partner_id,
        Choices(**({"metadata_url": running.metadata_url} | choices)),
        domains=[f"{running.slug}.example"],
    )


def known(hub: Hub, someone: Person, running: Running) -> str:
    """The id of a new person who is known to this provider by their NameID."""
    person_id = add_person(hub, someone, None)
    with hub.unit_of_work() as uow:
        connection_id = find_connection(uow, running.slug).id
        link_identity(uow, connection_id, "nameid", someone.sub, person_id, made_by="roster")
    return person_id


def saml_app(hub: Hub) -> flask.Flask:
    app = small_app(hub)
    app.register_blueprint(blueprint)
    app.register_blueprint(machine_blueprint)
    return app


class SamlBrowser(Browser):
    """A browser that knows how to get there and back."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.client: FlaskClient = app_of(hub, saml_app).test_client()
        self.base_url = hub.settings.public_url

    def begin(self, running: Running, return_to: str = "/") -> str:
        """The provider's address to which the hub sends this browser."""
        answer = self.get(f"/sso/saml/{running.slug}/start", {"return_to": return_to})
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def log_in_there(self, address: str, person: Person = TESS) -> dict[str, str]:
        """Sign in at the provider; the fields of the form that it posts to the hub."""
        carried = dict(parse_qsl(urlsplit(address).query))
        base = address.partition("?")[0].removesuffix("/sso")
        with requests.Session() as session:
            session.trust_env = False
            assert session.get(address).status_code == 200
            form = carried | {"username": person.username, "password": person.password}
            answer = session.post(f"{base}/login", data=form)
        assert answer.status_code == 200, answer.text
        fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer.text)
        return {name: html.unescape(value) for name, value in fields}

    def post_answer(self, running: Running, fields: dict[str, str]) -> TestResponse:
        """Post the provider's form to the hub: another site's form brings no cookie along."""
        bare = app_of(self.hub, saml_app).test_client()
        answer = bare.post(f"/sso/saml/{running.slug}/acs", base_url=self.base_url, data=fields)
        for cookie in answer.headers.getlist("Set-Cookie"):
            name, _, rest = cookie.partition("=")
            self.client.set_cookie(
                name, rest.partition(";")[0], domain=urlsplit(self.base_url).hostname or ""
            )
        return answer

    def arrive(self, running: Running, fields: dict[str, str]) -> TestResponse:
        """Post the form, and follow the hub to its own page if it goes on."""
        answer = self.post_answer(running, fields)
        if answer.status_code != 303:
            return answer
        return self.client.get(answer.headers["Location"], base_url=self.base_url)

    def sign_in_by_saml(self, running: Running, person: Person = TESS, return_to: str = "/") -> TestResponse:
        return self.arrive(running, self.log_in_there(self.begin(running, return_to), person))
