"""Rows WB1, WB2, WB4 and WB9: where people land, what their cookies are, and how floods end."""

from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.config import Settings
from hub.limits import Limit
from hub.runtime import Hub
from hub.sso import routes
from hub.sso.home_realm import read_choices
from hub.sso.oidc import routes as oidc_routes
from hub.sso.return_to import local_path
from tests.sso.rig import TESS, Browser, Idp, Record, connect

SAFE = [
    "/",
    "/my-training",
    "/my-training?tab=due&x=%20y",
    "/team#goals",
    "/admin/events?url=https://x.example//y",
]
UNSAFE = [
    "",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%5cevil.example",
    "/%255cevil.example",
    "https:evil.example",
    "https://evil.example/",
    "HTTP://evil.example",
    "%2f%2fevil.example",
    "/%2f%2fevil.example",
    "/%2Fevil.example",
    "/%252fevil.example",
    "/.//evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "my-training",
    " /my-training",
    "/my-training\r\nSet-Cookie: a=b",
    "/my-training%0d%0aSet-Cookie:%20a=b",
    "/\t/evil.example",
    "/my training",
    "/fuß",
    "/\0",
    "/" + "a" * 2000,
    "/sign-in?problem=unknown_domain",
    "/sign-out",
    "/sso/oidc/riverside/start",
]


@pytest.mark.parametrize("return_to", SAFE)
def test_wb1_local_paths_are_kept(return_to: str) -> None:
    assert local_path(return_to) == return_to


@pytest.mark.parametrize("return_to", UNSAFE)
def test_wb1_everything_else_becomes_the_home_page(return_to: str) -> None:
    assert local_path(return_to) == "/"


@pytest.mark.parametrize(
    "return_to, lands",
    [
        ("/my-training?tab=due&q=%C3%A9", "/my-training?tab=due&q=%C3%A9"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/my-training\r\nSet-Cookie: a=b", "/"),
    ],
)
def test_wb1_no_sign_in_leads_out_of_the_hub(
    browser: Browser, riverside: Idp, return_to: str, lands: str
) -> None:
    answer = browser.sign_in(riverside, return_to=return_to)
    assert (answer.status_code, answer.headers["Location"]) == (303, lands)


def test_wb1_the_forms_field_is_checked_too(browser: Browser, riverside: Idp) -> None:
    for return_to, lands in (("//evil.example", "/"), ("/team", "/team")):
        away = browser.post("/sign-in", email=TESS.email, return_to=return_to)
        back = browser.log_in(away.headers["Location"])
        assert browser.come_back(riverside, back).headers["Location"] == lands


def test_wb2_a_planted_session_is_not_adopted(hub: Hub, browser: Browser, riverside: Idp, tess: str) -> None:
    browser.client.set_cookie("hub_session", "planted", domain="127.0.0.1")
    browser.sign_in(riverside)
    assert browser.person() == tess
    assert browser.cookie("hub_session") != "planted"
    attacker = Browser(hub)
    attacker.client.set_cookie("hub_session", "planted", domain="127.0.0.1")
    assert attacker.person() is None


def test_wb2_the_session_changes_at_each_sign_in_and_the_old_one_ends(
    hub: Hub, browser: Browser, riverside: Idp
) -> None:
    browser.sign_in(riverside)
    first = browser.cookie("hub_session")
    assert first
    browser.sign_in(riverside)
    assert browser.cookie("hub_session") != first
    elsewhere = Browser(hub)
    elsewhere.client.set_cookie("hub_session", first, domain="127.0.0.1")
    assert elsewhere.person() is None


def test_wb2_what_was_planted_before_is_cleared(browser: Browser, riverside: Idp) -> None:
    browser.get("/plant")
    answer = browser.get("/who").json
    assert answer
    assert answer["planted"]
    browser.sign_in(riverside)
    answer = browser.get("/who").json
    assert answer
    assert answer["planted"] is None


def cookies_of(browser: Browser, idp: Idp) -> dict[str, str]:
    """The Set-Cookie headers of a whole sign-in, by name."""
    start = browser.get(f"/sso/oidc/{idp.slug}/start")
    finish = browser.come_back(idp, browser.log_in(start.headers["Location"]))
    assert finish.status_code == 303, finish.text
    headers = [*start.headers.getlist("Set-Cookie"), *finish.headers.getlist("Set-Cookie")]
    return {header.partition("=")[0]: header.partition(";")[2] for header in headers}


def test_wb4_cookies_on_plain_loopback(browser: Browser, riverside: Idp) -> None:
    cookies = cookies_of(browser, riverside)
    assert cookies.keys() == {"hub_flow", "hub_session"}
    for attributes in cookies.values():
        assert "HttpOnly" in attributes
        assert "SameSite=Lax" in attributes
        assert "Path=/" in attributes
        assert "Secure" not in attributes
        assert "Domain" not in attributes


class TestOnHttps:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"public_url": "https://hub.example.com"})

    def test_wb4_cookies_on_https(self, browser: Browser, riverside: Idp, tess: str) -> None:
        cookies = cookies_of(browser, riverside)
        assert cookies.keys() == {"__Host-hub_flow", "__Host-hub_session"}
        for attributes in cookies.values():
            assert {"HttpOnly", "SameSite=Lax", "Path=/", "Secure"} <= {
                part.strip() for part in attributes.split(";")
            }
            assert "Domain" not in attributes
        assert browser.person() == tess

    def test_wb4_a_cookie_without_the_prefix_counts_for_nothing(
        self, browser: Browser, riverside: Idp
    ) -> None:
        browser.sign_in(riverside)
        token = browser.cookie("__Host-hub_session")
        assert token
        browser.client.delete_cookie("__Host-hub_session", domain="hub.example.com")
        browser.client.set_cookie("hub_session", token, domain="hub.example.com")
        assert browser.person() is None


# --- the sign-in form ----------------------------------------------------------------------------------------


def test_the_domain_of_an_email_leads_to_its_provider(browser: Browser, riverside: Idp) -> None:
    answer = browser.post("/sign-in", email="  Tess@RIVERSIDE.example ")
    assert answer.status_code == 303
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert answer.headers["Location"].startswith(f"{riverside.issuer}/authorize?")
    assert query["login_hint"] == ["Tess@RIVERSIDE.example"]


def test_several_providers_are_offered(hub: Hub, browser: Browser, riverside: Idp, lakeside: Idp) -> None:
    connect(hub, lakeside, "riverside.example", slug="group-wide")
    answer = browser.post("/sign-in", email=TESS.email, return_to="/team")
    path, _, query = answer.headers["Location"].partition("?")
    assert (answer.status_code, path) == (303, "/sign-in")
    assert parse_qs(query) == {"connection": ["group-wide", "riverside"], "return_to": ["/team"]}
    with hub.reading() as uow:
        choices = read_choices(uow, ["riverside", "no\0such", "group-wide"])
    assert [choice.name for choice in choices] == ["Riverside", "Lakeside"]


@pytest.mark.parametrize(
    "email",
    [
        "x@unknown.example",
        "",
        "tess",
        "@riverside.example",
        "tess@",
        "x@\0.example",
        "x@" + "a" * 400,
        "x@y@",
    ],
)
def test_wb9_an_unknown_domain_gets_one_answer(browser: Browser, record: Record, email: str) -> None:
    answer = browser.post("/sign-in", email=email)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?problem=unknown_domain")
    assert "Set-Cookie" not in answer.headers
    assert record.audit_since() == [("sign_in", "refused", "unknown_domain")]
    assert record.changed_tables() == set()


def test_wb9_known_and_unknown_emails_get_the_same_answer_for_the_same_work(
    hub: Hub, browser: Browser, tess: str
) -> None:
    seen = []
    for email in ("nobody@riverside.example", TESS.email):
        statements: list[str] = []
        listener = (hub.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))  # noqa: B023
        sa.event.listen(*listener)
        answer = browser.post("/sign-in", email=email)
        sa.event.remove(*listener)
        address = urlsplit(answer.headers["Location"])
        seen.append(
            (answer.status_code, address.netloc, address.path, parse_qs(address.query).keys(), statements)
        )
    assert seen[0] == seen[1]


def test_wb9_a_thousand_lookups_end_in_429(hub: Hub, browser: Browser, clock: SettableClock) -> None:
    record = Record(hub)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routes, "LOOKUPS", Limit("sign_in_lookup", 5, 60))
        statuses = [browser.post("/sign-in", email=f"p{n}@unknown.example").status_code for n in range(20)]
        assert statuses == [303] * 5 + [429] * 15
        refused = browser.post("/sign-in", email=TESS.email)
        assert (refused.status_code, refused.json and refused.json["code"]) == (429, "too_many_requests")
        assert browser.post("/sign-in", "127.0.0.2", email=TESS.email).status_code == 303
        clock.advance(seconds=60)
        assert browser.post("/sign-in", email=TESS.email).status_code == 303
    unknown, flood = ("sign_in", "refused", "unknown_domain"), ("sign_in", "refused", "too_many_requests")
    assert record.audit_since() == [unknown] * 5 + [flood]
    assert record.changed_tables() == set()


def test_wb9_the_real_limit_is_well_below_a_thousand() -> None:
    for limit in (routes.LOOKUPS, oidc_routes.STARTS, oidc_routes.CALLBACKS):
        assert limit.times <= 100
        assert limit.seconds >= 60


def test_wb9_one_ipv6_subscriber_is_one_address(browser: Browser) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routes, "LOOKUPS", Limit("sign_in_lookup", 2, 60))
        hosts = ["2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:1:ffff::3", "2001:db8:0:2::1"]
        statuses = [browser.post("/sign-in", host, email=TESS.email).status_code for host in hosts]
    assert statuses == [303, 303, 429, 303]


def test_wb9_web_processes_count_together(
    hub: Hub, settings: Settings, clock: SettableClock, browser: Browser
) -> None:
    from hub.app import open_hub

    other = open_hub(settings, clock=clock)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routes, "LOOKUPS", Limit("sign_in_lookup", 2, 60))
        statuses = [
            process.post("/sign-in", email=TESS.email).status_code
            for process in (browser, Browser(other), browser, Browser(other))
        ]
    other.close()
    assert statuses == [303, 303, 429, 429]


@pytest.mark.parametrize("limit, page", [("STARTS", "start"), ("CALLBACKS", "callback")])
def test_wb9_starts_and_callbacks_are_limited_too(
    browser: Browser, riverside: Idp, limit: str, page: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(oidc_routes, limit, Limit(limit, 1, 60))
        statuses = [browser.get(f"/sso/oidc/{riverside.slug}/{page}").status_code for _ in range(3)]
    assert statuses[0] != 429
    assert statuses[1:] == [429, 429]


def test_wb9_no_address_is_kept(hub: Hub, browser: Browser) -> None:
    from hub.limits.tables import request_count

    browser.post("/sign-in", "127.0.0.77", email=TESS.email)
    with hub.reading() as uow:
        keys = uow.connection.scalars(sa.select(request_count.c.key)).all()
    assert keys
    assert "127.0.0.77" not in repr(keys)
