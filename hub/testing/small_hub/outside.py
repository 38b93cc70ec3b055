"""The hub's simulated systems beside the hub of a test, all of them really served on loopback."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlsplit

import flask

from hub.app import create_app, open_worker
from hub.clock import SettableClock
from hub.lti.tools import add_tool
from hub.network.people.identities import link_identity
from hub.runtime import Hub
from hub.sso.oidc.connect import connect_identity_provider
from hub.testing.demo.browser import Browser, Page
from hub.testing.idp import IdpConfig, create_idp, provider_of
from hub.testing.idp_store import Person as Account
from hub.testing.lms_south import SouthConfig, create_lms_south
from hub.testing.lti_tool import Course as ListedCourse
from hub.testing.serve import serve
from hub.testing.small_hub.courses import Course, MakeCourse
from hub.testing.small_hub.network import SmallNetwork
from hub.testing.small_hub.pages import sign_in
from hub.testing.small_hub.people import Person
from hub.xapi.callers.credentials import DEFINE, READ_MINE, WRITE, create_credential

SLUG, NAME, DOMAIN = "fake-lms", "Fake LMS", "riverside.example"
SIGN_IN = "fake-idp"
PASSWORD = "correct horse"
CLIENT = ("training-hub", "a secret of tests")


@dataclass(frozen=True)
class FakeLms:
    """A running LMS that the hub launches by LTI 1.3 and that reports by xAPI. It lives at ``address``."""

    address: str
    network: SmallNetwork = field(repr=False)
    browsers: dict[str, Browser] = field(default_factory=dict, repr=False)
    """Those of people who have one already, by their ids."""

    def course(self, key: str = "brakes", **more: Any) -> Course:
        """A course of this LMS; ``more`` as for ``course``."""
        launch = {"course": key, **(more.pop("launch", None) or {})}
        return MakeCourse(self.network)(key, lms=SLUG, home_page=self.address, launch=launch, **more)

    def launch(self, person: Person, course: Course) -> Page:
        """The LMS's page of a course, to which the person comes from "My training"; AssertionError with what came instead."""
        browser = self.browser(person)
        open_worker(self.network.hub).drain()
        page = browser.get("/my-training")
        arrived = browser.submit(page.form(f"/launch/{course.id}"))
        if not arrived.url.startswith(self.address):
            raise AssertionError(f"the launch ended at {arrived.url}: {arrived.text[:300]}")
        return arrived

    def complete(self, person: Person, course: Course, verb: str = "completed", **fields: str) -> str:
        """Let the person do a course after a launch; the id of the statement that the LMS has sent.

        ``fields`` are those of its page: ``score`` with ``score_maximum``, ``success``, ``completion``, ``timestamp``.
        """
        page = self.launch(person, course)
        done = self.browser(person).post_json(page.form("/complete").action, verb=verb, actor="hub", **fields)
        if not done.ok:
            raise AssertionError(f"the hub did not take the statement: {done.text[:300]}")
        return str(done.json()["statement_id"])

    def browser(self, person: Person) -> Browser:
        """The person's browser, signed in at the hub."""
        if person.id in self.browsers:
            return self.browsers[person.id]
        hub = self.network.hub
        browser = Browser(hub.settings.public_url)
        host = urlsplit(hub.settings.public_url).hostname
        browser.session.cookies.set("hub_session", sign_in(hub, person), domain=host)
        self.browsers[person.id] = browser
        return browser


@dataclass(frozen=True)
class FakeIdp:
    """A running OpenID provider of the domain riverside.example. It lives at ``address``."""

    address: str
    app: flask.Flask = field(repr=False)
    connection_id: str
    network: SmallNetwork = field(repr=False)

    def sign_in(self, person: Person, **claims: object) -> Browser:
        """The person's browser after a sign-in at the provider, which tells ``claims`` too; AssertionError where it failed."""
        hub = self.network.hub
        email = f"{person.name}@{DOMAIN}"
        account = Account(person.name, email, PASSWORD, email, person.name.capitalize(), "Tester", claims)
        provider_of(self.app).store.add(account)
        with hub.unit_of_work() as uow:
            link_identity(uow, self.connection_id, "sub", person.name, person.id, "roster")
        browser = Browser(hub.settings.public_url)
        login = browser.submit(browser.get("/sign-in").form("/sign-in"), email=email)
        page = browser.submit(login.form("/login"), username=email, password=PASSWORD)
        if page.status != 200 or not page.url.startswith(hub.settings.public_url):
            raise AssertionError(f"{person.name} cannot sign in: {page.text[:300]}")
        return browser


@contextmanager
def served(hub: Hub) -> Iterator[Hub]:
    """Let the hub's pages be at its public address."""
    port = urlsplit(hub.settings.public_url).port
    with serve(create_app(hub), port or 0):
        yield hub


@contextmanager
def run_lms(network: SmallNetwork) -> Iterator[FakeLms]:
    """LMS South beside a hub that is served. It goes by the machine's time, so the hub's clock is set to that."""
    hub = network.hub
    if isinstance(hub.clock, SettableClock):
        hub.clock.set(datetime.now(UTC))
    address = f"http://{hub.settings.outgoing_allow[0]}"
    with hub.unit_of_work() as uow:
        lms_id = network.lms(uow, SLUG)
        tool = add_tool(
            uow,
            lms_id,
            login_url=f"{address}/lti/login",
            launch_url=f"{address}/lti/launch",
            jwks_url=f"{address}/lti/jwks",
        )
        credential = create_credential(uow, lms_id, [WRITE, READ_MINE, DEFINE], NAME)
    config = SouthConfig(
        base_url=address,
        hub_url=hub.settings.public_url,
        client_id=tool.client_id,
        deployment_id=tool.deployment_id,
        name=NAME,
        xapi_username=credential.key,
        xapi_password=credential.secret,
        courses=(ListedCourse("brakes", "Brakes"),),
    )
    with serve(create_lms_south(config), _port(address)):
        yield FakeLms(address, network)


@contextmanager
def run_idp(network: SmallNetwork) -> Iterator[FakeIdp]:
    """An OpenID provider beside a hub that is served, at the hub's time."""
    hub = network.hub
    address = f"http://{hub.settings.outgoing_allow[1]}"
    config = IdpConfig(
        base_url=address,
        client_id=CLIENT[0],
        client_secret=CLIENT[1],
        redirect_uris=(hub.settings.url(f"/sso/oidc/{SIGN_IN}/callback"),),
    )
    app = create_idp(config, lambda: hub.clock.now().timestamp())
    with serve(app, _port(address)):
        connection_id = connect_identity_provider(hub, SIGN_IN, "Fake IdP", None, address, *CLIENT, [DOMAIN])
        yield FakeIdp(address, app, connection_id, network)


def _port(address: str) -> int:
    return cast(int, urlsplit(address).port)
