"""A partner's administrator connects the sign-in by a setup link alone, through the pages of the whole application."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from hub.app import create_app
from hub.clock import SettableClock
from hub.ids import new_id
from hub.limits import Limit
from hub.network import tables as network
from hub.network.people.identities import find_person
from hub.network.structure.partners import create_partner
from hub.network.systems.connections import find_connection, set_connection_disabled
from hub.network.systems.setup_links import (
    list_setup_links,
    make_setup_link,
    read_setup_link,
    revoke_setup_link,
)
from hub.runtime import Hub
from hub.sso.onboarding import steps
from hub.sso.onboarding.domains import list_domains, vouch_for_domain
from hub.sso.policy import read_policy
from hub.sso.scim.tables import scim_request, scim_token
from hub.store import UnitOfWork
from hub.testing.dns import NameServer
from tests.apps import app_of
from tests.sso.rig import CLIENT_SECRET, TESS, Browser, Idp
from tests.web.world import Browser as Pages


class Admin:
    """The partner's administrator: a browser with the pages of one setup link."""

    def __init__(
        self, hub: Hub, names: NameServer, idp: Idp, parts: Sequence[str] = ("sign_in", "provisioning")
    ) -> None:
        self.hub, self.names, self.idp = hub, names, idp
        with hub.unit_of_work() as uow:
            self.partner_id = create_partner(uow, idp.slug.title())
            link = make_setup_link(uow, self.partner_id, parts, "Sign-in of Riverside", None)
        self.link_id, self.path = link.id, urlsplit(link.address).path
        app = app_of(hub, create_app)
        self.pages = Pages(app, app.response_class)
        self.browser = Browser(hub)  # for the provider's side

    def begin(self) -> None:
        assert self.pages.send(self.path, self.path).status_code == 303

    def send(self, step: str, page: str = "", **form: str) -> tuple[int, str]:
        """POST the form of a step; status and text."""
        answer = self.pages.send(f"{self.path}/{step}", f"{self.path}/{page or step}", **form)
        return answer.status_code, answer.text

    def enter(self, **changes: str) -> tuple[int, str]:
        values = {
            "issuer": self.idp.issuer,
            "client_id": f"hub at {self.idp.slug}",
            "client_secret": CLIENT_SECRET,
        }
        return self.send("provider", **{**values, **changes})

    def try_it(self) -> str:
        """Sign in on trial; the page that shows what came back."""
        sent = self.pages.send(f"{self.path}/trial", self.path)
        assert sent.status_code == 303, sent.text
        parameters = self.browser.log_in(sent.headers["Location"])
        came = self.pages.get(f"/sso/oidc/{self.idp.slug}/callback", query_string=parameters)
        assert (came.status_code, came.headers["Location"]) == (303, "/setup/back")
        assert not any("hub_session=" in cookie for cookie in came.headers.getlist("Set-Cookie"))
        back = self.pages.get("/setup/back")
        assert back.headers["Location"].endswith(f"{self.path}/trial")
        return self.pages.get(f"{self.path}/trial").text

    def connected(self) -> None:
        """Everything up to a good trial."""
        self.begin()
        self.send("product", choice="keycloak oidc")
        self.enter()
        self.try_it()

    def page(self, step: str = "") -> str:
        return self.pages.get(self.path + (f"/{step}" if step else "")).text

    def is_on(self) -> bool:
        with self.hub.reading() as uow:
            return not find_connection(uow, self.idp.slug).disabled

    def refusals(self) -> list[str]:
        query = sa.text("SELECT reason FROM audit WHERE action='setup_link' AND reason<>'' ORDER BY position")
        with self.hub.reading() as uow:
            return list(uow.connection.scalars(query))


@pytest.fixture
def admin(hub: Hub, names: NameServer, riverside: Idp) -> Admin:
    return Admin(hub, names, riverside)


@pytest.mark.requirement("D16")
def test_d16_sign_in_from_the_link_to_the_first_person(admin: Admin, hub: Hub) -> None:
    assert "People of Riverside" in admin.page()
    admin.begin()
    assert "0 of 8 done" in admin.page()
    assert admin.send("product", choice="entra oidc")[0] == 303
    page = admin.page("provider")
    assert "http://127.0.0.1:8000/sso/oidc/riverside/callback" in page
    assert "“App registrations”" in page
    # another product of the same connection, as nothing is entered yet
    assert admin.send("product", choice="keycloak oidc")[0] == 303
    assert admin.enter()[0] == 303
    assert not admin.is_on()
    assert (
        admin.send("mapping", creates_people="1", given_name="given_name", family_name="family_name")[0]
        == 303
    )
    assert admin.send("domains", domain="riverside.example")[0] == 303
    with hub.reading() as uow:
        [claim] = list_domains(uow, find_connection(uow, "riverside").id)
    _status, text = admin.send("domains/check", "domains", domain=claim.domain)
    assert "There is no such record yet." in text
    admin.names.texts[claim.record_name] = [claim.record_value]
    assert admin.send("domains/check", "domains", domain=claim.domain)[0] == 303
    assert admin.send("contacts", email="it@riverside.example")[0] == 303
    assert admin.send("switch", "product", on="1")[0] == 409
    tried = admin.try_it()
    assert "It works. You can switch it on now." in tried
    assert "Tess" in tried  # what came back, for the browser that tried
    with hub.reading() as uow:
        assert find_person(uow, claim.connection_id, "sub", TESS.sub) is None  # a trial writes nothing
    assert admin.send("switch", "product", on="1")[0] == 303
    assert admin.is_on()
    text = admin.send("provisioning")[1]
    assert re.search(r'id="scim-token">[\w-]{43}<', text)
    assert "scim-token" not in admin.page("provisioning")
    assert "8 of 8 done" in admin.page()
    assert "Sign-in of Riverside is connected" in admin.send("finish", "product")[1]
    assert admin.pages.get(admin.path).status_code == 410
    answer = admin.browser.sign_in(admin.idp)
    assert answer.status_code == 303
    with hub.reading() as uow:
        assert find_person(uow, claim.connection_id, "sub", TESS.sub) == admin.browser.person()


def test_a_trial_that_fails_says_what_to_change(admin: Admin, hub: Hub) -> None:
    admin.begin()
    admin.send("product", choice="keycloak oidc")
    admin.enter(client_secret="another secret")
    tried = admin.try_it()
    assert "client_refused" in tried
    assert "What to change:" in tried
    assert admin.send("switch", "product", on="1")[0] == 409
    assert admin.refusals() == ["not_tried"]
    assert not admin.is_on()


def test_an_administrator_who_does_not_learn_may_try_all_the_same(admin: Admin) -> None:
    admin.connected()
    assert "The sign-in itself works." in admin.page("trial")
    assert admin.send("switch", "product", on="1")[0] == 303


@pytest.mark.parametrize("step", ["provider", "mapping", "product"])
def test_what_is_entered_anew_is_tried_anew(admin: Admin, hub: Hub, step: str) -> None:
    admin.connected()
    match step:
        case "provider":
            assert admin.enter()[0] == 303
        case "mapping":
            assert admin.send("mapping", match="employee_id")[0] == 303
        case _:
            assert admin.send("product", choice="keycloak oidc")[0] == 303
    # back from a trial that was only begun: the good one of before counts no longer
    assert admin.pages.send(f"{admin.path}/trial", admin.path).status_code == 303
    admin.pages.get("/setup/back")
    with hub.reading() as uow:
        assert read_setup_link(uow, admin.link_id).tried_at is None
    assert admin.send("switch", "product", on="1")[0] == 409


def test_new_people_have_the_place_that_the_administrator_chose(admin: Admin, hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        mine, other = (location(uow, partner) for partner in (admin.partner_id, create_partner(uow, "Other")))
        uow.insert(network.position, id=(position := new_id()), title="Salesperson", family="sales")
    admin.connected()
    page = admin.page("mapping")
    assert (f'value="{mine}"' in page, f'value="{other}"' in page) == (True, False)
    for wrong in (
        {"default_location_id": other, "default_position_id": position},
        {"default_location_id": mine},
    ):
        assert admin.send("mapping", given_name="given_name", **wrong)[0] == 400
    right = {"default_location_id": mine, "default_position_id": position}
    assert admin.send("mapping", given_name="given_name", creates_people="1", **right)[0] == 303
    assert admin.page("mapping").count(" selected>") == 2
    with hub.reading() as uow:
        policy = read_policy(uow, find_connection(uow, "riverside").id)
    assert (policy.default_location_id, policy.default_position_id) == (mine, position)


def location(uow: UnitOfWork, partner_id: str) -> str:
    uow.insert(
        network.location,
        id=(id := new_id()),
        partner_id=partner_id,
        name="Harbor",
        city="",
        country="US",
        time_zone="UTC",
        valid_from=uow.now - timedelta(days=1),
    )
    return id


@pytest.mark.parametrize("changed", [{"match": "employee_id"}, {"creates_people": "1"}])
def test_who_comes_in_as_whom_changes_only_while_it_is_off(admin: Admin, changed: dict[str, str]) -> None:
    admin.connected()
    admin.send("mapping", given_name="given_name")
    admin.try_it()
    admin.send("switch", "product", on="1")
    status, text = admin.send("mapping", **changed)
    assert (status, "People sign in with this already" in text) == (400, True)
    assert admin.send("mapping", given_name="first")[0] == 303  # what somebody is called is no such thing
    admin.send("switch", "product", on="")
    assert admin.send("mapping", **changed)[0] == 303


def test_a_sign_in_that_is_on_is_switched_off_before_it_changes(admin: Admin) -> None:
    admin.connected()
    admin.send("switch", "product", on="1")
    for status, text in (admin.enter(), admin.send("product", choice="okta oidc")):
        assert status == 400
        assert "People sign in with this already" in text
    assert admin.send("switch", "product", on="")[0] == 303
    assert not admin.is_on()
    assert admin.enter()[0] == 303


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("issuer", "ftp://x", "issuer"),
        ("issuer", "http://127.0.0.1:9/", "issuer"),
        ("client_id", "", "client_id"),
        ("client_secret", "", "client_secret"),
        ("secret_expires", "31.12.2030", "secret_expires"),
        ("secret_expires", "2001-01-01", "secret_expires"),
    ],
)
def test_wrong_values_stand_at_their_fields(admin: Admin, field: str, value: str, place: str) -> None:
    admin.begin()
    admin.send("product", choice="other oidc")
    status, text = admin.enter(**{field: value})
    assert (status, f'id="{place}-problem"' in text) == (400, True), text
    assert CLIENT_SECRET not in text
    assert len(admin.refusals()) == 1


@pytest.mark.requirement("OI11")
def test_oi11_a_provider_that_speaks_for_another_issuer_is_not_saved(admin: Admin) -> None:
    admin.begin()
    admin.send("product", choice="other oidc")
    admin.idp.faults.switch("metadata_other_issuer")
    status, text = admin.enter()
    assert (status, "names another issuer" in text) == (400, True)
    assert admin.refusals() == ["other_issuer"]


def test_the_address_of_the_discovery_document_will_do(admin: Admin) -> None:
    admin.begin()
    admin.send("product", choice="other oidc")
    assert admin.enter(issuer=f"{admin.idp.issuer}/.well-known/openid-configuration")[0] == 303


def test_another_protocol_before_anything_is_entered_keeps_the_connection(admin: Admin, hub: Hub) -> None:
    admin.begin()
    for choice in ("adfs oidc", "adfs saml"):
        assert admin.send("product", choice=choice)[0] == 303
    with hub.reading() as uow:
        assert find_connection(uow, "riverside").kind == "saml"
        attributes = read_policy(uow, find_connection(uow, "riverside").id).attributes
    assert attributes["given_name"].endswith("/claims/givenname")
    page = admin.page("provider")
    assert "/sso/saml/riverside/acs" in page
    assert 'name="metadata_file"' in page


@pytest.mark.parametrize("choice", ["", "entra", "entra cas", "shibboleth oidc", "unknown saml"])
def test_products_that_cannot_be_chosen(admin: Admin, choice: str) -> None:
    admin.begin()
    assert admin.send("product", choice=choice)[0] == 400


def test_a_new_token_ends_the_one_before(admin: Admin, hub: Hub) -> None:
    admin.begin()
    for _ in range(2):
        admin.send("provisioning")
    with hub.reading() as uow:
        rows = uow.connection.execute(sa.select(scim_token)).all()
    assert sorted(row.revoked_at is None for row in rows) == [False, True]
    assert admin.send("provisioning/stop", "provisioning")[0] == 303
    assert "Make a token" in admin.page("provisioning")


def test_a_domain_of_an_operator_stays(admin: Admin, hub: Hub) -> None:
    admin.begin()
    admin.send("product", choice="okta oidc")
    with hub.unit_of_work() as uow:
        vouch_for_domain(uow, find_connection(uow, "riverside").id, "riverside.example", None)
    assert admin.send("domains/drop", "domains", domain="riverside.example")[0] == 403
    assert admin.refusals() == ["domain_is_vouched"]


STEPS = ("product", "provider", "mapping", "domains", "contacts", "trial", "provisioning")
POSTS = (*STEPS, "switch", "domains/check", "domains/drop", "contacts/drop", "provisioning/stop")


@pytest.mark.requirement("LN8")
def test_ln8_every_step_wants_the_browser_that_began(admin: Admin, hub: Hub, clock: SettableClock) -> None:
    admin.connected()
    app = app_of(hub, create_app)
    other = Pages(app, app.response_class)
    for step in STEPS:
        assert other.get(f"{admin.path}/{step}").status_code == 403, step
    token = re.search(r'name="csrf_token" value="([^"]+)"', other.get("/sign-in").text)
    assert token
    before = len(admin.refusals())
    for step in POSTS:
        answer = other.post(f"{admin.path}/{step}", data={"csrf_token": token[1], "on": "1"})
        assert answer.status_code == 403, step
    assert admin.refusals()[before:] == ["link_of_another_browser"] * len(POSTS)
    assert not admin.is_on()


@pytest.mark.requirement("LN8")
@pytest.mark.parametrize(("what", "code"), [("revoked", "link_revoked"), ("expired", "link_expired")])
def test_ln8_no_step_works_with_a_link_that_is_not_good(
    admin: Admin, hub: Hub, clock: SettableClock, what: str, code: str
) -> None:
    admin.connected()
    token = re.search(r'name="csrf_token" value="([^"]+)"', admin.page())
    assert token
    if what == "revoked":
        with hub.unit_of_work() as uow:
            revoke_setup_link(uow, admin.link_id, None)
    else:
        clock.advance(days=8)
    for step in POSTS:
        answer = admin.pages.post(f"{admin.path}/{step}", data={"csrf_token": token[1], "on": "1"})
        assert (answer.status_code, code in answer.text) == (410, True), step
    assert not admin.is_on()


@pytest.mark.requirement("LN8")
def test_ln8_a_link_for_an_lms_connects_no_sign_in(admin: Admin, hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        link = make_setup_link(uow, admin.partner_id, ["tool"], "LMS", None)
    admin.path = urlsplit(link.address).path
    admin.begin()
    for step, form in (("product", {"choice": "okta oidc"}), ("provisioning", {})):
        assert admin.send(step, "", **form)[0] == 403
    assert admin.refusals() == ["link_for_something_else"] * 2
    with hub.reading() as uow:
        assert all(each.sign_in_id is None for each in list_setup_links(uow))


@pytest.mark.requirement("WB5")
def test_wb5_the_forms_want_their_token(admin: Admin) -> None:
    admin.begin()
    for step in POSTS:
        assert admin.pages.post(f"{admin.path}/{step}", data={}).status_code == 400


def test_an_operator_may_switch_off_what_a_link_switched_on(admin: Admin, hub: Hub) -> None:
    admin.connected()
    admin.send("switch", "product", on="1")
    with hub.unit_of_work() as uow:
        set_connection_disabled(uow, find_connection(uow, "riverside").id, disabled=True)
    assert "Switch on" in admin.page()


def test_nothing_secret_stands_in_audit_and_journal(admin: Admin, hub: Hub) -> None:
    admin.connected()
    admin.send("contacts", email="it@riverside.example")
    token = re.search(r'id="scim-token">([\w-]+)<', admin.send("provisioning")[1])
    assert token
    secrets = (CLIENT_SECRET, token[1], "it@riverside.example", admin.path.rpartition("/")[2], TESS.email)
    with hub.reading() as uow:
        for table in ("audit", "change", "sign_in_flow", "setup_link"):
            rows = str(uow.connection.exec_driver_sql(f"SELECT * FROM {table}").all())
            for secret in secrets:
                assert secret not in rows, table


def test_what_the_client_asked_last_is_shown_in_words(admin: Admin, hub: Hub) -> None:
    admin.begin()
    admin.send("provisioning")
    assert "Nothing yet." in admin.page("provisioning")
    with hub.unit_of_work() as uow:
        id = read_setup_link(uow, admin.link_id).provisioning_id
        assert id
        row = {"method": "POST", "path": "/Users", "status": 409, "code": "uniqueness", "detail": ""}
        uow.insert(scim_request, id=new_id(), connection_id=id, at=uow.now, expires_at=uow.now, **row)
    page = admin.page("provisioning")
    assert "There is already a user with this userName." in page
    assert "What to change:" in page


def test_a_link_does_not_make_the_hub_ask_without_end(admin: Admin) -> None:
    admin.begin()
    admin.send("product", choice="other oidc")
    with patched_limit(2):
        assert [admin.enter()[0] for _ in range(3)] == [303, 303, 429]
    assert admin.refusals() == ["too_many_requests"]


@contextmanager
def patched_limit(times: int) -> Iterator[None]:
    """Fewer turns, so that the test need not take them all."""
    kept = steps.ENTRIES
    steps.ENTRIES = Limit(kept.name, times, kept.seconds)
    try:
        yield
    finally:
        steps.ENTRIES = kept
