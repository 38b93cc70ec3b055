"""Two partners' running identity providers, a hub connected to both, browsers, and a look at what was written."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlsplit

import flask
import requests
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.errors import HubError
from hub.ids import new_id
from hub.journal import tables as journal
from hub.network import tables as network
from hub.network.people.identities import link_identity
from hub.network.systems.connections import find_connection
from hub.runtime import Hub
from hub.sso.load_session import load_session
from hub.sso.oidc.connect import connect_identity_provider
from hub.sso.oidc.machine_routes import blueprint as oidc_machine
from hub.sso.oidc.routes import blueprint as oidc
from hub.sso.provider.routes import blueprint as provider
from hub.sso.routes import blueprint
from hub.testing.faults import Faults, faults_of
from hub.testing.idp import IdpConfig, create_idp, provider_of
from hub.testing.idp_store import Person
from hub.testing.serve import serve
from hub.web.language import install_languages
from tests.apps import app_of
from tests.rows import count_rows

HUB = "http://127.0.0.1:8000"
CLIENT_SECRET = "secret of the client: %41 + & /"
TESS = Person("sub-tess", "tess", "correct horse", "tess@riverside.example", "Tess", "Okafor")
BORIS = Person("sub-boris", "boris", "battery staple", "boris@riverside.example", "Boris", "Lind")
IMPOSTOR = Person("sub-impostor", "impostor", "let me in", "tess@riverside.example", "Tess", "Okafor")
NAMESAKE = Person("sub-tess", "namesake", "let me in", "namesake@lakeside.example", "Tina", "Weber")

MAY_CHANGE = {"audit", "oidc_provider", "request_count", "sign_in_flow"}
"""What a refused sign-in may leave behind; everything else must be as before."""


@dataclass(frozen=True)
class Idp:
    """One running provider; ``calls_before`` are the requests it got before this test."""

    app: flask.Flask
    slug: str
    issuer: str
    calls_before: Mapping[str, int] = field(default_factory=dict)

    @property
    def faults(self) -> Faults:
        return faults_of(self.app)

    def calls(self, path: str) -> int:
        """How many requests for ``path`` came in this test."""
        return self.faults.calls(path) - self.calls_before.get(path, 0)

    def rotate_key(self, *, keep_old: bool) -> None:
        provider_of(self.app).keys.rotate(keep_old=keep_old)


@contextmanager
def run_idp(slug: str, people: tuple[Person, ...], key_pem: str, *, logout: bool = False) -> Iterator[Idp]:
    apps: list[flask.Flask] = []

    def create(base_url: str) -> flask.Flask:
        callbacks = tuple(f"{host}/sso/oidc/{slug}/callback" for host in (HUB, "https://hub.example.com"))
        config = IdpConfig(
            base_url=base_url,
            client_id=f"hub at {slug}",
            client_secret=CLIENT_SECRET,
            redirect_uris=callbacks,
            name=slug.title(),
            people=people,
            private_key_pem=key_pem,
            slow_seconds=0.6,
            post_logout_redirect_uris=(f"{HUB}/signed-out",) if logout else (),
        )
        apps.append(create_idp(config))
        return apps[0]

    with serve(create) as base_url:
        yield Idp(apps[0], slug, base_url)


def for_one_test(idp: Idp) -> Idp:
    """The provider without faults, its requests counted from zero."""
    idp.faults.switch()
    calls = idp.faults.report()["calls"]
    assert isinstance(calls, dict)
    return replace(idp, calls_before=calls)


def connect(hub: Hub, idp: Idp, *domains: str, slug: str = "", issuer: str = "") -> str:
    """The id of a connection to this provider."""
    return connect_identity_provider(
        hub,
        slug or idp.slug,
        idp.slug.title(),
        None,
        issuer or idp.issuer,
        f"hub at {idp.slug}",
        CLIENT_SECRET,
        domains or (f"{idp.slug}.example",),
    )


def add_person(hub: Hub, someone: Person, idp: Idp | None) -> str:
    """The id of a new person of the network, known to ``idp`` by ``sub``."""
    person_id, partner_id = new_id(), new_id()
    with hub.unit_of_work() as uow:
        run = uow.connection.execute
        run(sa.insert(network.partner).values(id=partner_id, name="Riverside"))
        run(
            sa.insert(network.person).values(id=person_id, partner_id=partner_id, locale="en", disabled=False)
        )
        run(
            sa.insert(network.person_detail).values(
                person_id=person_id,
                given_name=someone.given_name,
                family_name=someone.family_name,
                email=someone.email,
            )
        )
        if idp:
            connection_id = find_connection(uow, idp.slug).id
            link_identity(uow, connection_id, "sub", someone.sub, person_id, made_by="roster")
    return person_id


def small_app(hub: Hub) -> flask.Flask:
    """The sign-in alone, with errors as JSON; the whole application is tried in the journeys."""
    app = flask.Flask(__name__)
    app.secret_key = "only for tests"
    app.extensions["hub"] = hub
    app.before_request(load_session)
    app.register_blueprint(blueprint)
    app.register_blueprint(oidc)
    app.register_blueprint(oidc_machine)
    app.register_blueprint(provider)
    install_languages(app)

    def who() -> flask.Response:
        session = flask.g.session
        return flask.jsonify(person=session.person_id if session else None, planted=flask.session.get("csrf"))

    def plant() -> str:
        flask.session["csrf"] = "known to somebody else"
        return ""

    def on_error(error: HubError) -> tuple[flask.Response, int]:
        return flask.jsonify(code=error.code, message=error.message, help=error.help), error.status

    app.add_url_rule("/who", "who", who)
    app.add_url_rule("/plant", "plant", plant)
    app.register_error_handler(HubError, on_error)
    return app


class Browser:
    """A browser with its cookies: test client towards the hub, real HTTP towards the providers."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.client: FlaskClient = app_of(hub, small_app).test_client()
        self.base_url = hub.settings.public_url

    def get(self, path: str, query: dict[str, str] | None = None) -> TestResponse:
        return self.client.get(path, base_url=self.base_url, query_string=query)

    def post(self, path: str, address: str = "127.0.0.1", **form: str) -> TestResponse:
        return self.client.post(
            path, base_url=self.base_url, data=form, environ_base={"REMOTE_ADDR": address}
        )

    def start(self, idp: Idp, return_to: str = "/") -> str:
        """The provider's address to which the hub sends this browser."""
        answer = self.get(f"/sso/oidc/{idp.slug}/start", {"return_to": return_to})
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def log_in(self, address: str, person: Person = TESS, **changes: str) -> dict[str, str]:
        """Sign in at the provider; the callback's parameters. ``changes`` alter the authorization request."""
        request = dict(parse_qsl(urlsplit(address).query)) | changes
        with requests.Session() as session:
            session.trust_env = False
            form = request | {"username": person.username, "password": person.password}
            answer = session.post(
                address.partition("?")[0].replace("/authorize", "/login"), data=form, allow_redirects=False
            )
        assert answer.status_code == 302, answer.text
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    def come_back(self, idp: Idp, parameters: dict[str, str]) -> TestResponse:
        return self.get(f"/sso/oidc/{idp.slug}/callback", parameters)

    def sign_in(self, idp: Idp, person: Person = TESS, return_to: str = "/") -> TestResponse:
        return self.come_back(idp, self.log_in(self.start(idp, return_to), person))

    def cookie(self, name: str) -> str | None:
        domain = urlsplit(self.base_url).hostname or ""
        found = self.client.get_cookie(name, domain)
        return found.value if found else None

    def person(self) -> str | None:
        """The person the hub takes this browser for."""
        answer = self.get("/who").json
        assert answer is not None
        found: str | None = answer["person"]
        return found


class Record:
    """What the hub's database held at one moment, to compare with what it holds later."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._rows = count_rows(self._hub)
        self._audited = len(self._audit_rows())

    def audit_since(self) -> list[tuple[str, str, str]]:
        return [(row.action, row.outcome, row.reason) for row in self._audit_rows()[self._audited :]]

    def changed_tables(self) -> set[str]:
        now = count_rows(self._hub)
        return {name for name in now if now[name] != self._rows[name]} - MAY_CHANGE

    def assert_refused(self, browser: Browser, answer: TestResponse, status: int, reason: str) -> None:
        """Right status and code, no session, nothing written, exactly one audit row with the reason."""
        assert (answer.status_code, answer.json and answer.json["code"]) == (status, reason), answer.text
        assert not any("session=" in cookie for cookie in answer.headers.getlist("Set-Cookie"))
        assert browser.person() is None
        assert self.changed_tables() == set()
        assert self.audit_since() == [("sign_in", "refused", reason)]

    def _audit_rows(self) -> list[sa.Row[tuple[str, str, str]]]:
        columns = (journal.audit.c.action, journal.audit.c.outcome, journal.audit.c.reason)
        with self._hub.reading() as uow:
            return list(uow.connection.execute(sa.select(*columns).order_by(journal.audit.c.position)))
