"""OpenID Connect with other people's software: oidc-provider signs people in at the hub, openid-client signs in with it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from hub.app import open_worker
from hub.lti.tools import connect_tool
from hub.network.people.identities import link_identity, pairwise_subject
from hub.network.systems.connections import create_connection
from hub.sso.oidc.connect import connect_identity_provider
from hub.sso.provider.clients import add_client
from hub.sso.sessions import end_sessions_of
from hub.testing.demo.browser import Browser, Page
from tests.interop.servers import node_server
from tests.interop.site import Site, serve_site
from tests.lti.rig import Keys


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a provider on oidc-provider (npm)."""
    with node_server("openid_provider.mjs", tmp_path_factory.mktemp("provider") / "log") as url:
        yield url


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an application on openid-client (npm)."""
    with node_server("relying_party.mjs", tmp_path_factory.mktemp("application") / "log") as url:
        yield url


@pytest.fixture
def site(database_url: str, key_server: Keys, provider: str, application: str) -> Iterator[Site]:
    """A served hub that may call both."""
    with serve_site(database_url, key_server, [provider, application]) as served:
        yield served


@dataclass
class Application:
    """The application as the person and its administrator use it."""

    address: str
    browser: Browser
    client_id: str

    def press(self, path: str, **form: str) -> dict[str, Any]:
        """What the application's server answers to a request of its own."""
        return read(requests.post(self.address + path, data=form, timeout=15))

    def look(self, path: str) -> dict[str, Any]:
        return read(requests.get(self.address + path, timeout=15))

    def open(self, path: str) -> Page:
        """Open a page in the person's browser."""
        return self.browser.get(self.address + path)


def read(answer: requests.Response) -> dict[str, Any]:
    return {"status": answer.status_code, **answer.json()}


@pytest.fixture(params=["basic", "post", "none"])
def app(request: pytest.FixtureRequest, site: Site, application: str) -> Application:
    """The application, connected to the hub in each way it knows."""
    methods = {"basic": "client_secret_basic", "post": "client_secret_post", "none": "none"}
    with site.hub.unit_of_work() as uow:
        made = add_client(
            uow,
            create_connection(uow, "application", "lms", "An application on openid-client"),
            name="An application on openid-client",
            redirect_uris=[f"{application}/back"],
            logout_redirect_uris=[f"{application}/goodbye"],
            logout_url=f"{application}/backchannel",
            auth_method=methods[request.param],
            refreshes=True,
        )
    found = Application(application, site.browser, made.client_id)
    configured = found.press(
        "/configure",
        issuer=site.url,
        client_id=made.client_id,
        client_secret=made.secret,
        method=request.param,
    )
    assert configured == {"status": 200, "issuer": site.url}
    return found


def test_an_application_on_openid_client_signs_people_in_with_the_hub(site: Site, app: Application) -> None:
    signed_in = json.loads(app.open("/sign-in").html)
    assert (signed_in["claims"]["iss"], signed_in["has_refresh"]) == (site.url, True)
    about = app.look("/userinfo")
    assert (about["sub"], about["given_name"]) == (signed_in["claims"]["sub"], "ann")
    stolen = app.look("/seen")["refresh"]
    refreshed = app.press("/refresh")
    assert refreshed["status"] == 200, refreshed
    assert refreshed["claims"]["sub"] == about["sub"]
    assert app.press("/refresh", token=stolen)["code"] == "invalid_grant"
    assert app.press("/refresh")["code"] == "invalid_grant", "the whole family is revoked"
    assert app.look("/userinfo")["status"] == 400


def test_it_is_told_by_the_back_channel_and_signs_out_by_the_front(site: Site, app: Application) -> None:
    claims = json.loads(app.open("/sign-in").html)["claims"]
    assert app.press("/revoke")["status"] == 200
    goodbye = app.open("/sign-out")
    assert json.loads(goodbye.html) == {"goodbye": "see you"}
    assert site.browser.get("/my-training").url.startswith(f"{site.url}/sign-in")
    open_worker(site.hub).send()
    assert app.look("/seen")["loggedOut"] == [{"sid": claims["sid"], "sub": claims["sub"]}]
    refused = json.loads(app.open("/sign-in?prompt=none").html)
    assert refused["code"] == "login_required"


@pytest.fixture
def stranger(site: Site, provider: str) -> Browser:
    """Ann's other browser, in which she is not signed in; the provider knows her as ``ann-at-work``."""
    callback = f"{site.url}/sso/oidc/employer/callback"
    registered = requests.post(
        f"{provider}/reg",
        json={
            "redirect_uris": [callback],
            "post_logout_redirect_uris": [f"{site.url}/signed-out"],
            "backchannel_logout_uri": f"{site.url}/sso/oidc/employer/backchannel-logout",
            "backchannel_logout_session_required": True,
        },
        timeout=15,
    ).json()
    connection_id = connect_identity_provider(
        site.hub,
        "employer",
        "Sign-in on oidc-provider",
        None,
        provider,
        registered["client_id"],
        registered["client_secret"],
        ["somewhere.example"],
    )
    with site.hub.unit_of_work() as uow:
        link_identity(uow, connection_id, "sub", "ann-at-work", site.rig.world.ids["ann"], "roster")
    return Browser(site.url)


def sign_in(browser: Browser, name: str, page: Page) -> Page:
    """Sign in at oidc-provider's own pages."""
    page = browser.submit(page.forms[0], login=name, password="any", prompt="login")
    return browser.submit(page.forms[0], prompt="consent")


def test_people_of_a_provider_on_oidc_provider_sign_in_at_the_hub(site: Site, stranger: Browser) -> None:
    assert stranger.get("/my-training").url.startswith(f"{site.url}/sign-in")
    there = stranger.get("/sso/oidc/employer/start?return_to=/my-training")
    inside = sign_in(stranger, "ann-at-work", there)
    assert (inside.status, inside.url) == (200, f"{site.url}/my-training")
    refused = Browser(site.url)
    page = sign_in(refused, "somebody", refused.get("/sso/oidc/employer/start"))
    assert "unknown_subject" in page.text


def test_its_back_channel_ends_the_session_here_and_in_the_application_behind(
    site: Site, stranger: Browser, provider: str, app: Application
) -> None:
    app.browser = stranger
    there = app.open("/sign-in")
    assert there.url.startswith(f"{site.url}/sign-in")
    there = stranger.get(f"/sso/oidc/employer/start?return_to={there.forms[0].fields['return_to']}")
    claims = json.loads(sign_in(stranger, "ann-at-work", there).html)["claims"]
    leaving = stranger.get(f"{provider}/session/end")
    stranger.submit(leaving.forms[0], logout="yes")
    assert stranger.get("/my-training").url.startswith(f"{site.url}/sign-in")
    open_worker(site.hub).send()
    assert app.look("/seen")["loggedOut"] == [{"sid": claims["sid"], "sub": claims["sub"]}]


def test_one_system_knows_a_person_by_one_name_whichever_way_they_come(site: Site, application: str) -> None:
    with site.hub.unit_of_work() as uow:
        tool = connect_tool(
            uow,
            "both",
            "An LMS",
            login_url=f"{application}/x",
            launch_url=f"{application}/x",
            jwks_url=f"{application}/x",
        )
        made = add_client(uow, tool.connection_id, name="An LMS", redirect_uris=[f"{application}/back"])
    app = Application(application, site.browser, made.client_id)
    app.press(
        "/configure", issuer=site.url, client_id=made.client_id, client_secret=made.secret, method="basic"
    )
    claims = json.loads(app.open("/sign-in").html)["claims"]
    with site.hub.unit_of_work() as uow:
        assert claims["sub"] == pairwise_subject(uow, tool.connection_id, site.rig.world.ids["ann"])
        end_sessions_of(uow, site.rig.world.ids["ann"])
    assert app.look("/userinfo")["status"] == 400
