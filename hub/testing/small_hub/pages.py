"""The hub's pages as somebody sees them, without a server."""

import re
from dataclasses import dataclass, field
from functools import cached_property

import flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.app import create_app, open_worker
from hub.errors import Missing
from hub.network.systems.connections import create_connection, find_connection
from hub.runtime import Hub
from hub.sso.sessions import Proved, start_session
from hub.testing.small_hub.people import Person

SIGN_IN = "tests"


def sign_in(hub: Hub, person: Person) -> str:
    """The token of a new web session of a person."""
    with hub.unit_of_work() as uow:
        try:
            door = find_connection(uow, SIGN_IN).id
        except Missing:
            door = create_connection(uow, SIGN_IN, "oidc", "Tests")
        return start_session(uow, person.id, Proved(door, person.name, ""))


@dataclass
class PersonsBrowser:
    """A browser in which somebody is signed in."""

    client: FlaskClient = field(repr=False)
    address: str

    def get(self, path: str) -> TestResponse:
        """Open a page: ``.status_code``, ``.text``."""
        return self.client.get(path, base_url=self.address, follow_redirects=True)

    def send(self, path: str, page: str = "/my-training", **form: str) -> TestResponse:
        """Send a form, with the token that ``page`` holds, and follow where it leads."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
        data = {"csrf_token": token[1] if token else "", **form}
        return self.client.post(path, base_url=self.address, data=data, follow_redirects=True)


@dataclass
class Browse:
    """``browse(ann).get("/plugins/our_plugin/").text``: a page as somebody sees it who is signed in."""

    hub: Hub = field(repr=False)

    @cached_property
    def app(self) -> flask.Flask:
        """The web application."""
        return create_app(self.hub)

    def __call__(self, person: Person) -> PersonsBrowser:
        """A browser of the person's own, when no work waits any more."""
        open_worker(self.hub).drain()
        client = self.app.test_client()
        settings = self.hub.settings
        client.set_cookie("hub_session", sign_in(self.hub, person), domain="127.0.0.1")
        return PersonsBrowser(client, settings.public_url)
