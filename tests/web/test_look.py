"""Looking at somebody's pages: what they see, nothing that can be done, and never unnoticed."""

import html

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from hub.access.roles import grant_partner_admin
from hub.journal.tables import audit
from hub.network.people.person import grant_role
from hub.network.tables import location, partner, person
from hub.sso.tables import web_session
from tests.web.world import Browser, World


def rows(world: World) -> list[tuple[str, str, str]]:
    """Action, reason and actor of what looking has left in the audit trail."""
    names = {id: name for name, id in world.ids.items()}
    with world.hub.reading() as uow:
        found = uow.connection.execute(
            sa.select(audit).where(audit.c.action.startswith("look")).order_by(audit.c.position)
        )
        return [(row.action, row.reason, names.get(row.actor_id, "")) for row in found]


def look(world: World, who: str, at: str) -> tuple[Browser, TestResponse]:
    browser = world.browser(who)
    return browser, browser.send(f"/admin/learners/{world.ids[at]}/look")


def text(answer: TestResponse) -> str:
    return html.unescape(answer.text)


def test_an_operator_sees_what_the_person_sees_and_comes_back(world: World) -> None:
    world.appoint("ana", "technician", "hilltop")
    browser, begun = look(world, "olga", "ana")
    assert (begun.status_code, begun.headers["Location"]) == (303, "/my-training")
    page = text(browser.get("/my-training"))
    assert "You are looking at the pages of <strong>Ana Lopes</strong>" in page
    assert "Hello, Ana" in page
    assert "Brake Safety Essentials" in page
    assert "Sign out" not in page
    assert "You are looking at" in browser.get("/no-such-page").text
    stopped = browser.send("/stop-looking")
    assert stopped.headers["Location"] == f"/admin/learners/{world.ids['ana']}"
    assert "Hello, Olga" in text(browser.get("/my-training"))
    assert rows(world) == [("look_begun", "", "olga"), ("look_ended", "", "olga")]


@pytest.mark.parametrize(
    "method, path",
    [
        ("POST", "/sign-out"),
        ("POST", "/sign-in"),
        ("POST", "/account/sessions"),
        ("POST", "/launch/{needs}"),
        ("POST", "/admin/learners/{ana}/look"),
        ("GET", "/admin"),
        ("GET", "/lti/authorize"),
        ("POST", "/lti/authorize"),
        ("GET", "/oauth/authorize"),
        ("GET", "/sso/oidc/harbor/start"),
        ("GET", "/setup/x"),
        ("GET", "/link/x"),
        ("GET", "/placed/{needs}"),
    ],
)
def test_nothing_can_be_done_meanwhile(world: World, method: str, path: str) -> None:
    browser, _ = look(world, "olga", "ana")
    path = path.format(**world.ids)
    answer = browser.send(path) if method == "POST" else browser.get(path)
    assert answer.status_code == 403
    assert "nothing can be done there" in answer.text
    assert rows(world) == [("look_begun", "", "olga"), ("look", "read_only_look", "olga")]
    with world.hub.reading() as uow:
        assert uow.connection.scalar(sa.select(web_session.c.looks_as_id)) == world.ids["ana"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_providers_sign_out_comes_through_meanwhile(world: World, method: str) -> None:
    browser, _ = look(world, "olga", "ana")
    path = "/sso/saml/nowhere/slo"
    answer = browser.send(path) if method == "POST" else browser.get(path)
    assert answer.status_code == 404  # there is no such connection; it was asked for
    assert rows(world) == [("look_begun", "", "olga")]


def test_what_is_written_meanwhile_is_the_lookers(world: World) -> None:
    browser, _ = look(world, "olga", "ana")
    before = len(everything(world))
    assert browser.get("/partner").status_code == 403  # ana is no partner admin
    assert {actor for _, actor in everything(world)[before:]} <= {world.ids["olga"]}
    assert world.browser("ana").get("/partner").status_code == 403
    assert [actor for _, actor in everything(world)][-1] == world.ids["ana"]


def everything(world: World) -> list[tuple[str, str]]:
    """Action and actor of every row."""
    with world.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(audit.c.action, audit.c.actor_id).order_by(audit.c.position))
        return [(row.action, row.actor_id) for row in rows]


def test_the_person_reads_who_looked(world: World) -> None:
    assert "looked at your pages" not in world.browser("ana").get("/account").text
    look(world, "olga", "ana")
    assert "Olga Berg looked at your pages on 4 May 2026" in text(world.browser("ana").get("/account"))
    assert "Olga Berg looked" not in text(world.browser("nils").get("/account"))


def test_nobody_looks_at_operators_or_without_the_role(world: World) -> None:
    world.person("otto", "Otto", "Second")
    with world.hub.unit_of_work() as uow:
        grant_role(uow, world.ids["otto"], "operator")
    for who, at in (("olga", "otto"), ("olga", "olga"), ("ana", "nils"), ("sofia", "ana")):
        browser, answer = look(world, who, at)
        assert answer.status_code == 403, (who, at)
        assert "You may not look" in answer.text
        assert "You are looking at" not in browser.get("/my-training").text
    assert {row[:2] for row in rows(world)} == {("look", "may_not_look")}
    assert len(rows(world)) == 4
    assert look(world, "olga", "dealer")[1].status_code in {403, 404}


def test_a_partner_admin_looks_at_the_own_people_and_no_further(world: World) -> None:
    other = "c0ffee00-0000-7000-8000-000000000001"
    with world.hub.unit_of_work() as uow:
        uow.insert(partner, id=other, name="Elsewhere Motors")
        grant_partner_admin(uow, world.ids["nils"], world.ids["dealer"])
    world.ids["elsewhere"] = other
    world.person("eve", "Eve", "Stone", "elsewhere")
    assert look(world, "nils", "ana")[1].status_code == 303
    own, _ = look(world, "nils", "ana")
    assert own.send("/stop-looking").headers["Location"] == "/partner"
    assert f"/admin/learners/{world.ids['ana']}/look" in own.get("/partner").text
    assert look(world, "nils", "eve")[1].status_code == 403
    assert look(world, "nils", "olga")[1].status_code == 403
    world.appoint("ana", "technician", "hilltop")
    assert look(world, "nils", "ana")[1].status_code == 303
    with world.hub.unit_of_work() as uow:  # where ana works changes hands
        uow.connection.execute(
            sa.update(location).where(location.c.id == world.ids["hilltop"]).values(partner_id=other)
        )
    assert look(world, "nils", "ana")[1].status_code == 403


def test_a_partner_admin_sees_nobody_else_through_the_person(world: World) -> None:
    other = "c0ffee00-0000-7000-8000-000000000001"
    with world.hub.unit_of_work() as uow:
        uow.insert(partner, id=other, name="Elsewhere Motors")
        grant_partner_admin(uow, world.ids["nils"], world.ids["dealer"])
        for admin in ("ana", "sofia"):
            grant_partner_admin(uow, world.ids[admin], other)
    world.ids["elsewhere"] = other
    world.person("eve", "Eve", "Stone", "elsewhere")
    for at in ("ana", "sofia"):  # sofia also looks after a team
        browser, begun = look(world, "nils", at)
        assert begun.status_code == 303
        page = browser.get("/my-training")
        assert page.status_code == 200
        assert "nothing about others" in page.text
        assert 'href="/team"' not in page.text
        assert browser.get("/account").status_code == 200
        for path in (f"/partner?partner={other}", "/partner", "/team", "/team?q=Eve"):
            refused = browser.get(path)
            assert (refused.status_code, "Eve Stone" in refused.text) == (403, False), path
            assert "about this person alone" in refused.text
            assert rows(world)[-1] == ("look", "read_only_look", "nils")
    own, _ = look(world, "olga", "ana")
    assert "Eve Stone" in own.get(f"/partner?partner={other}").text  # operators see it anyway


def test_the_trail_names_what_was_refused_and_no_address(world: World) -> None:
    """Codes that open something stand in addresses."""
    browser, _ = look(world, "olga", "ana")
    assert browser.get("/invitation/code-of-an-invitation").status_code == 403
    assert browser.send("/x%00y" + "z" * 300).status_code == 403
    with world.hub.reading() as uow:
        kept = uow.connection.scalars(sa.select(audit.c.subject_id).where(audit.c.reason == "read_only_look"))
        assert list(kept) == ["local_sign_in.link", ""]


def test_a_look_ends_when_it_is_not_allowed_any_more(world: World) -> None:
    browser, _ = look(world, "olga", "ana")
    with world.hub.unit_of_work() as uow:
        grant_role(uow, world.ids["ana"], "operator")
    assert "Hello, Olga" in text(browser.get("/my-training"))
    assert rows(world) == [("look_begun", "", "olga"), ("look_ended", "", "olga")]
    with world.hub.reading() as uow:
        assert uow.connection.scalar(sa.select(web_session.c.looks_as_id)) is None


def test_a_looker_who_is_switched_off_sees_nothing(world: World) -> None:
    browser, _ = look(world, "olga", "ana")
    with world.hub.unit_of_work() as uow:
        uow.connection.execute(
            sa.update(person).where(person.c.id == world.ids["olga"]).values(disabled=True)
        )
    assert browser.get("/my-training").status_code == 303


def test_stopping_without_looking_changes_nothing(world: World) -> None:
    assert world.browser("olga").send("/stop-looking").headers["Location"] == "/"
    assert rows(world) == []
