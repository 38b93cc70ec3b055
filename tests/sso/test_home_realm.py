"""Finding where somebody signs in: by e-mail domain, by a name in an address, by what the browser remembers."""

from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Missing
from hub.ids import new_id
from hub.network import tables as network
from hub.network.systems.connections import create_connection, find_connection, set_connection_disabled
from hub.runtime import Hub
from hub.sso.doors import add_door, find_door, list_doors, remove_door
from hub.sso.policy import SignInPolicy, save_policy
from tests.sso.rig import Browser, Idp, Record, connect

UNKNOWN = ["somebody@nowhere.example", "tess@riverside.example.evil", "no e-mail", "@riverside.example", ""]


def add_partner(hub: Hub, name: str) -> str:
    with hub.unit_of_work() as uow:
        partner_id = new_id()
        uow.connection.execute(sa.insert(network.partner).values(id=partner_id, name=name))
    return partner_id


def queries(hub: Hub, browser: Browser, email: str) -> tuple[list[str], tuple[int, str]]:
    """The statements that a lookup runs, and its answer."""
    seen: list[str] = []

    def note(_: object, __: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    sa.event.listen(hub.engine, "before_cursor_execute", note)
    try:
        answer = browser.post("/sign-in", email=email)
    finally:
        sa.event.remove(hub.engine, "before_cursor_execute", note)
    return seen, (answer.status_code, answer.headers["Location"])


def test_wb9_unknown_domains_and_unknown_people_get_one_answer_by_the_same_statements(
    hub: Hub, browser: Browser
) -> None:
    queries(hub, browser, "warm@up.example")
    answers = [queries(hub, browser, email) for email in UNKNOWN[:2]]
    assert answers[0] == answers[1]
    assert answers[0][1] == (303, "/sign-in?problem=unknown_domain")


def test_wb9_person_with_an_account_and_person_without_get_one_answer(
    hub: Hub, browser: Browser, riverside: Idp
) -> None:
    def look_up(email: str) -> tuple[int, list[str], dict[str, list[str]]]:
        statements, (status, address) = queries(hub, browser, email)
        query = parse_qs(urlsplit(address).query)
        changing = ("state", "nonce", "code_challenge", "login_hint")
        return status, statements, {name: query[name] for name in query if name not in changing}

    look_up("warm@riverside.example")
    assert look_up("tess@riverside.example") == look_up("nobody@riverside.example")


def test_wb9_with_local_accounts_every_unknown_address_goes_to_their_page(hub: Hub, browser: Browser) -> None:
    small = add_partner(hub, "Small")
    with hub.unit_of_work() as uow:
        create_connection(uow, "accounts", "local", "Accounts", small)
    for email in UNKNOWN:
        answer = browser.post("/sign-in", email=email, return_to="/team")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in/local?return_to=%2Fteam")


def test_wb9_a_thousand_lookups_are_too_many(browser: Browser) -> None:
    codes = {browser.post("/sign-in", email=f"{n}@nowhere.example").status_code for n in range(102)}
    assert codes == {303, 429}


def test_wb1_no_lookup_leads_to_another_host(browser: Browser) -> None:
    for wanted in ("//evil", "/\\evil", "https:evil", "%2f%2fevil", "javascript:alert(1)", "/a\r\nb"):
        answer = browser.post("/sign-in", email="x@nowhere.example", return_to=wanted)
        assert answer.headers["Location"] == "/sign-in?problem=unknown_domain"


def test_domain_of_several_connections_asks_and_a_domain_of_one_does_not(
    hub: Hub, browser: Browser, riverside: Idp, lakeside: Idp
) -> None:
    connect(hub, lakeside, "riverside.example", slug="riverside-2")
    answer = browser.post("/sign-in", email="tess@riverside.example")
    assert answer.headers["Location"] == "/sign-in?connection=riverside&connection=riverside-2"
    alone = browser.post("/sign-in", email="tina@lakeside.example")
    assert alone.headers["Location"].startswith(lakeside.issuer)


def test_browser_remembers_where_its_person_signs_in_until_told_to_forget(
    browser: Browser, riverside: Idp
) -> None:
    answer = browser.get("/sign-in/with/riverside", {"return_to": "/team"})
    assert answer.headers["Location"].startswith(riverside.issuer)
    assert browser.cookie("hub_door") == "riverside"
    browser.post("/sign-in/forget")
    assert not browser.cookie("hub_door")


def test_sign_in_at_a_connection_that_is_not_there_is_refused(browser: Browser, record: Record) -> None:
    answer = browser.get("/sign-in/with/nowhere")
    record.assert_refused(browser, answer, 404, "no_connection")


def test_door_of_a_partner_leads_to_its_ways_in(
    hub: Hub, browser: Browser, riverside: Idp, lakeside: Idp
) -> None:
    partner = add_partner(hub, "Riverside")
    with hub.unit_of_work() as uow:
        add_door(uow, "river", partner)
        run = uow.connection.execute
        run(
            sa.update(network.connection)
            .where(network.connection.c.slug == "riverside")
            .values(partner_id=partner)
        )
    answer = browser.get("/sign-in/river")
    assert answer.headers["Location"].startswith(riverside.issuer)
    with hub.unit_of_work() as uow:
        shared = find_connection(uow, "lakeside")
        save_policy(uow, shared.id, SignInPolicy(partner_claim="org", partners={"r": partner}))
    assert (
        browser.get("/sign-in/river").headers["Location"]
        == "/sign-in?connection=riverside&connection=lakeside"
    )
    with hub.unit_of_work() as uow:
        set_connection_disabled(uow, shared.id, disabled=True)
    assert browser.get("/sign-in/river").headers["Location"].startswith(riverside.issuer)


def test_slug_of_a_connection_is_a_door_too(browser: Browser, riverside: Idp) -> None:
    assert browser.get("/sign-in/riverside").headers["Location"].startswith(riverside.issuer)


@pytest.mark.parametrize("slug", ["nowhere", "local", "%00", "a%0d%0ab"])
def test_unknown_door_is_answered_on_the_page(browser: Browser, record: Record, slug: str) -> None:
    answer = browser.get(f"/sign-in/{slug}")
    assert answer.headers["Location"] == "/sign-in?problem=unknown_door"
    assert record.audit_since() == [("sign_in", "refused", "unknown_door")]


def test_doors_are_kept_taken_and_removed(hub: Hub, browser: Browser) -> None:
    one, other = add_partner(hub, "One"), add_partner(hub, "Other")
    with hub.unit_of_work() as uow:
        add_door(uow, "one", one)
        add_door(uow, "one", one)
        assert [door.name for door in list_doors(uow, one)] == ["One"]
        for slug, partner, error in (
            ("one", other, Conflict),
            ("riverside", one, Conflict),
            ("local", one, BadInput),
            ("One!", one, BadInput),
            ("two", "no id", Missing),
        ):
            with pytest.raises(error):
                add_door(uow, slug, partner)
        with pytest.raises(Missing):
            add_door(uow, "two", one, "no id")
        remove_door(uow, "one")
        assert find_door(uow, "one") is None
        with pytest.raises(Missing):
            remove_door(uow, "one")
