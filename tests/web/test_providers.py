"""The pages for identity providers: connecting one, changing it, trying it, and what is refused there."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import flask
import pytest
import requests
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.config import Settings
from hub.sso.oidc.providers import read_provider
from hub.sso.policy import SignInPolicy, save_policy
from hub.sso.sessions import Proved, start_session
from hub.sso.tables import oidc_provider
from hub.testing.faults import faults_of
from hub.testing.idp import IdpConfig, create_idp
from hub.testing.idp_store import Person
from hub.testing.keys import new_key, private_pem
from hub.testing.serve import serve
from tests.web.world import PUBLIC_URL, Browser, World

SECRET = "the client's secret"
PAUL = Person("sub-paul", "paul", "quiet harbor", "paul@harbor.example", "Paul", "Ode")


class Idp:
    """A provider that knows the hub as client ``hub``."""

    def __init__(self, app: flask.Flask, issuer: str) -> None:
        self.app, self.issuer = app, issuer

    def log_in(self, address: str) -> str:
        """Sign in as Paul; the path of the hub to which that leads."""
        form = dict(parse_qsl(urlsplit(address).query)) | {
            "username": PAUL.username,
            "password": PAUL.password,
        }
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(f"{self.issuer}/login", data=form, allow_redirects=False)
        return answer.headers["Location"].removeprefix(PUBLIC_URL)


@pytest.fixture(scope="module")
def server() -> Iterator[Idp]:
    apps: list[flask.Flask] = []

    def create(base_url: str) -> flask.Flask:
        config = IdpConfig(
            base_url=base_url,
            client_id="hub",
            client_secret=SECRET,
            redirect_uris=(f"{PUBLIC_URL}/sso/oidc/harbor-login/callback",),
            people=(PAUL,),
            private_key_pem=private_pem(new_key()),
            post_logout_redirect_uris=(f"{PUBLIC_URL}/signed-out",),
        )
        apps.append(create_idp(config))
        return apps[0]

    with serve(create) as base_url:
        yield Idp(apps[0], base_url)


@pytest.fixture
def settings(settings: Settings, server: Idp) -> Settings:
    return settings.model_copy(update={"outgoing_allow": [server.issuer.removeprefix("http://")]})


@pytest.fixture
def clock() -> SettableClock:
    from datetime import UTC, datetime

    return SettableClock(datetime.now(UTC))


@pytest.fixture
def olga(world: World) -> Browser:
    return world.browser("olga")


def form_of(idp: Idp, **changes: str) -> dict[str, str]:
    return {
        "name": "Harbor login",
        "slug": "harbor-login",
        "partner": "",
        "issuer": idp.issuer,
        "client_id": "hub",
        "client_secret": SECRET,
        "secret_expires_on": "2031-03-31",
        "domains": "harbor-login.example",
        "scopes": "openid",
        "signs_out": "1",
    } | changes


def connect(olga: Browser, idp: Idp, **changes: str) -> str:
    page = "/admin/connect/provider"
    answer = olga.send(page, page, **form_of(idp, **changes))
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_one_is_connected_by_the_form(world: World, olga: Browser, server: Idp) -> None:
    page = connect(olga, server)
    assert page == "/admin/connections/harbor-login"
    with world.hub.reading() as uow:
        provider = read_provider(uow, "harbor-login")
    assert provider.secret_expires_at
    assert provider.secret_expires_at.date().isoformat() == "2031-03-31"
    assert world.hub.sealer.open(provider.client_secret) == SECRET
    shown = olga.get(page).text
    assert f"{PUBLIC_URL}/sso/oidc/harbor-login/callback" in shown
    assert f"{PUBLIC_URL}/sso/oidc/harbor-login/backchannel-logout" in shown
    assert SECRET not in shown


@pytest.mark.parametrize(
    "field, value, words",
    [
        ("name", "", "is missing"),
        ("slug", "Bad Slug", "cannot name a connection"),
        ("issuer", "", "is missing"),
        ("issuer", "ftp://x.example", "must be an https address"),
        ("client_secret", "", "is missing"),
        ("scopes", 'openid "x"', "must be names"),
        ("secret_expires_on", "tomorrow", "must be a date"),
        ("partner", "Nobody Ltd", "Nobody Ltd"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    world: World, olga: Browser, server: Idp, field: str, value: str, words: str
) -> None:
    page = "/admin/connect/provider"
    answer = olga.send(page, page, **form_of(server, **{field: value}))
    assert answer.status_code == 400
    assert f'id="{field}-problem"' in answer.text
    assert words in answer.text
    assert SECRET not in answer.text
    with world.hub.reading() as uow:
        known = (
            sa.select(sa.func.count()).select_from(oidc_provider).where(oidc_provider.c.client_id == "hub")
        )
        assert uow.connection.scalar(known) == 0


@pytest.mark.parametrize("fault", ["metadata_other_issuer", "metadata_500", "jwks_500"])
def test_oi11_nothing_is_saved_when_the_provider_is_not_right(
    world: World, olga: Browser, server: Idp, fault: str
) -> None:
    page = "/admin/connect/provider"
    with faults_of(server.app).on(fault):
        answer = olga.send(page, page, **form_of(server))
    assert answer.status_code == 400
    assert 'id="issuer-problem"' in answer.text
    assert olga.get("/admin/connections/harbor-login").status_code == 404


def test_it_is_changed_and_an_empty_secret_stays(world: World, olga: Browser, server: Idp) -> None:
    connect(olga, server)
    page = "/admin/connections/harbor-login/provider"
    form = {
        "client_id": "hub-2",
        "scopes": "openid groups",
        "required_acr": " urn:a  urn:b ",
        "signs_out": "",
    }
    assert olga.send(page, page, **form).status_code == 303
    with world.hub.reading() as uow:
        provider = read_provider(uow, "harbor-login")
    assert (provider.client_id, provider.scopes) == ("hub-2", "openid groups")
    assert (provider.required_acr, provider.signs_out) == ("urn:a urn:b", False)
    assert provider.secret_expires_at is None
    assert world.hub.sealer.open(provider.client_secret) == SECRET
    olga.send(page, page, **form, client_secret="another")
    with world.hub.reading() as uow:
        assert world.hub.sealer.open(read_provider(uow, "harbor-login").client_secret) == "another"
    refused = olga.send(page, page, client_id="", scopes="openid")
    assert refused.status_code == 400
    assert 'id="client_id-problem"' in refused.text


def ask(olga: Browser) -> str:
    page = "/admin/connections/harbor-login"
    return olga.send(f"{page}/try", page, what="provider").text


def test_the_provider_is_asked_and_shows_that_it_knows_the_hub(olga: Browser, server: Idp) -> None:
    connect(olga, server)
    assert "Every step works: 3 requests" in ask(olga)


def test_a_wrong_secret_shows_without_a_person(world: World, olga: Browser, server: Idp) -> None:
    connect(olga, server, client_secret="wrong")
    shown = ask(olga)
    assert "client_refused" in shown
    assert "a secret that has not expired" in shown


def test_a_provider_that_is_down_shows_where(olga: Browser, server: Idp) -> None:
    connect(olga, server)
    with faults_of(server.app).on("metadata_500"):
        shown = ask(olga)
    assert "1 of 1 step failed" in shown
    assert shown.count("Not tried") == 2


def try_sign_in(olga: Browser, server: Idp) -> str:
    page = "/admin/connections/harbor-login"
    away = olga.send(f"{page}/try-sign-in", page)
    assert away.status_code == 303
    back = olga.get(server.log_in(away.headers["Location"]))
    assert back.headers["Location"] == f"{page}?tried=1"
    return back.headers["Location"]


def test_a_trial_sign_in_shows_what_came_back_to_who_tried(world: World, olga: Browser, server: Idp) -> None:
    connect(olga, server)
    shown = olga.get(try_sign_in(olga, server))
    assert "sub-paul" in shown.text
    assert "unknown_subject" in shown.text
    assert "Provide the person" in shown.text
    assert olga.get("/admin").status_code == 200  # still Olga
    other = world.browser("olga").get("/admin/connections/harbor-login?tried=1")
    assert "sub-paul" not in other.text


def test_it_is_switched_off_and_on_and_nobody_stays_signed_in(
    world: World, olga: Browser, server: Idp
) -> None:
    connect(olga, server)
    page = "/admin/connections/harbor-login"
    paul = world.browser()
    with world.hub.unit_of_work() as uow:
        connection_id = read_provider(uow, "harbor-login").connection.id
        token = start_session(uow, world.ids["ana"], Proved(connection_id, "sub", PAUL.sub))
    paul.set_cookie("hub_session", token, domain="127.0.0.1")
    assert paul.get("/my-training").status_code == 200
    olga.send(f"{page}/sign-ins", page, disabled="1")
    assert "Switched off" in olga.get(page).text
    assert world.browser().get("/sso/oidc/harbor-login/start").status_code == 403
    assert "unknown_subject" in olga.get(try_sign_in(olga, server)).text  # tried while it is off
    olga.send(f"{page}/sign-ins", page, disabled="0")
    assert world.browser().get("/sso/oidc/harbor-login/start").status_code == 303
    assert paul.get("/my-training").status_code == 303
    assert olga.send(f"{page}/sign-ins", page, disabled="x").status_code == 400


def test_an_operator_does_not_shut_themselves_out(olga: Browser) -> None:
    page = "/admin/connections/harbor"
    assert olga.send(f"{page}/sign-ins", page, disabled="1").status_code == 409
    assert olga.get(page).status_code == 200


def test_refusals_are_explained_on_the_page(world: World, olga: Browser, server: Idp) -> None:
    connect(olga, server)
    paul = world.browser()
    away = paul.get("/sso/oidc/harbor-login/start").headers["Location"]
    assert paul.get(server.log_in(away)).status_code == 403
    shown = olga.get("/admin/connections/harbor-login").text
    assert "Sign-in refused" in shown
    assert "the connection makes no new people" in shown


def test_signing_out_goes_on_to_the_provider_and_comes_back(world: World, olga: Browser, server: Idp) -> None:
    from hub.network.people.identities import link_identity

    connect(olga, server)
    with world.hub.unit_of_work() as uow:
        connection_id = read_provider(uow, "harbor-login").connection.id
        link_identity(uow, connection_id, "sub", PAUL.sub, world.ids["ana"], "roster")
    paul = world.browser()
    away = paul.get("/sso/oidc/harbor-login/start").headers["Location"]
    assert paul.get(server.log_in(away)).status_code == 303
    leaving = paul.send("/sign-out").headers["Location"]
    page = paul.get(leaving)
    assert "You are still signed in at Harbor login" in page.text
    assert 'http-equiv="refresh"' in page.text
    assert (
        "signed out of the training hub and at Harbor login"
        in paul.get(leaving.replace("leave=", "state=")).text
    )
    assert paul.get(leaving).headers["Location"] == "/sign-in?signed_out=1"


def test_what_the_claims_mean_stands_on_the_page(world: World, olga: Browser, server: Idp) -> None:
    connect(olga, server, partner="Harbor Auto Group")
    page = "/admin/connections/harbor-login"
    assert "only people the hub knows come in" in olga.get(page).text
    policy = SignInPolicy(attributes={"match": "employee_number"}, refreshes_details=True)
    with world.hub.unit_of_work() as uow:
        save_policy(uow, read_provider(uow, "harbor-login").connection.id, policy)
    shown = olga.get(page).text
    assert "employee_number" in shown
    assert "are taken over at each sign-in" in shown
