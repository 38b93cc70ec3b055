"""The door: signed out, wrong address, several providers, and where it leads."""

import html

import pytest

from tests.web.world import World

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

ELSEWHERE = (
    "//evil.example",
    "/\\evil.example",
    "https:evil.example",
    "https://evil.example",
    "/%2f%2fevil.example",
    "%2f%2fevil.example",
    "javascript:alert(1)",
    "/team\r\nSet-Cookie: a=b",
    "/\t/evil.example",
)


def test_the_first_page_leads_to_the_door_or_to_the_own_training(world: World) -> None:
    assert world.browser().get("/").location == "/sign-in"
    assert world.browser("ana").get("/").location == "/my-training"


def test_the_door_asks_for_one_thing(world: World) -> None:
    page = world.browser().get("/sign-in")
    assert page.status_code == 200
    assert page.text.count('<input class="form-control"') == 1
    assert page.text.partition("<footer")[0].count("<button") == 1
    assert "Work e-mail" in page.text


def test_the_door_says_why_one_stands_before_it(world: World) -> None:
    for query, words in (
        ("problem=unknown_domain", "We do not know this address"),
        ("problem=session_ended", "You have been signed out"),
        ("signed_out=1", "You are signed out."),
    ):
        assert words in world.browser().get(f"/sign-in?{query}").text


def test_an_unknown_problem_is_not_repeated(world: World) -> None:
    assert "made-up" not in world.browser().get("/sign-in?problem=<b>made-up</b>").text


def test_one_chooses_between_several_sign_ins(world: World) -> None:
    page = (
        world.browser()
        .get("/sign-in?connection=harbor&connection=borealis&connection=nobody&return_to=/team")
        .text
    )
    assert "Choose your sign-in" in page
    assert 'href="/sign-in/with/harbor?return_to=/team"' in html.unescape(page)
    assert "Borealis Sign-in" in page
    assert "nobody" not in page


def test_a_known_domain_leads_to_the_choice_and_an_unknown_one_back(world: World) -> None:
    browser = world.browser()
    both = browser.send("/sign-in", "/sign-in", email="ana@harbor.example")
    assert both.location == "/sign-in?connection=borealis&connection=harbor"
    unknown = browser.send("/sign-in", "/sign-in", email="ana@elsewhere.example")
    assert unknown.location == "/sign-in?problem=unknown_domain"


def test_whoever_is_signed_in_does_not_stand_before_the_door(world: World) -> None:
    assert world.browser("ana").get("/sign-in?return_to=/team").location == "/team"


def test_pages_send_strangers_to_the_door_and_back(world: World) -> None:
    for path in ("/my-training", "/my-training/why/1", "/team?page=2&q=a", "/admin", "/my-training/version"):
        answer = world.browser().get(path)
        assert answer.status_code == 303
        assert answer.location.startswith("/sign-in?return_to=")
        page = world.browser().get(answer.location).text
        assert f'name="return_to" value="{html.escape(path)}"' in page


def test_an_ended_session_is_named(world: World) -> None:
    browser = world.browser()
    browser.set_cookie("hub_session", "gone", domain="127.0.0.1")
    assert "problem=session_ended" in browser.get("/team").location


def test_wb1_the_way_back_stays_in_the_hub(world: World) -> None:
    for target in ELSEWHERE:
        query = {"return_to": target}
        page = world.browser().get("/sign-in", query_string=query)
        assert 'name="return_to" value="/"' in page.text, target
        assert world.browser("ana").get("/sign-in", query_string=query).location == "/", target
        choice = world.browser().get("/sign-in", query_string={**query, "connection": "harbor"}).text
        assert 'href="/sign-in/with/harbor?return_to=/"' in choice, target


def test_signing_out_ends_the_session(world: World) -> None:
    browser = world.browser("ana")
    assert browser.send("/sign-out").location == "/sign-in?signed_out=1"
    assert browser.get("/my-training").status_code == 303
