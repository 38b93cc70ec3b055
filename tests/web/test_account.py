"""The account page: where one is signed in, and ending that; and operators, who can do so for others."""

from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa

from hub.config import Settings
from hub.ids import new_id
from hub.sso.sessions import Proved, start_session
from hub.sso.tables import web_session
from tests.web.world import Browser, World


def second_session(world: World, who: str, device: str = "Firefox on Windows") -> Browser:
    """Another browser in which somebody is signed in."""
    with world.hub.unit_of_work() as uow:
        token = start_session(uow, world.ids[who], Proved(world.ids["idp"], "sub", ""), device)
    browser = world.browser()
    browser.set_cookie("hub_session", token, domain="127.0.0.1")
    return browser


def ids_of(world: World, who: str) -> list[str]:
    with world.hub.reading() as uow:
        mine = web_session.c.person_id == world.ids[who]
        return list(uow.connection.scalars(sa.select(web_session.c.id).where(mine)))


def is_in(browser: Browser) -> bool:
    return browser.get("/my-training").status_code == 200


def test_the_page_shows_where_one_is_signed_in(world: World) -> None:
    ana = world.browser("ana")
    second_session(world, "ana")
    page = ana.get("/account")
    assert page.status_code == 200
    assert "Firefox on Windows" in page.text
    assert page.text.count("This one") == 1


def test_nobody_sees_it_without_signing_in(world: World) -> None:
    assert world.browser().get("/account").headers["Location"].startswith("/sign-in?return_to=%2Faccount")


def test_one_session_is_ended_and_the_others_stay(world: World) -> None:
    ana = world.browser("ana")
    [mine] = ids_of(world, "ana")
    phone, tablet = second_session(world, "ana"), second_session(world, "ana")
    [one, _] = [each for each in ids_of(world, "ana") if each != mine]
    answer = ana.send("/account/sessions", "/account", session=one)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert is_in(ana)
    assert is_in(phone) + is_in(tablet) == 1


def test_all_others_are_ended(world: World) -> None:
    ana, phone, marc = world.browser("ana"), second_session(world, "ana"), world.browser("marc")
    ana.send("/account/sessions", "/account", session="others")
    assert is_in(ana)
    assert is_in(marc)
    assert not is_in(phone)


def test_sessions_of_others_are_out_of_reach(world: World) -> None:
    ana, marc = world.browser("ana"), world.browser("marc")
    [session] = ids_of(world, "marc")
    ana.send("/account/sessions", "/account", session=session)
    assert is_in(marc)


@pytest.mark.parametrize("which", ["", "all", "x", "\0"])
def test_a_form_that_names_nothing_is_refused(world: World, which: str) -> None:
    assert world.browser("ana").send("/account/sessions", "/account", session=which).status_code == 400


def test_an_operator_signs_somebody_out(world: World) -> None:
    ana, phone, olga = world.browser("ana"), second_session(world, "ana"), world.browser("olga")
    page = f"/admin/learners/{world.ids['ana']}"
    assert "Firefox on Windows" in olga.get(page).text
    target = f"{page}/sessions"
    [first, _] = ids_of(world, "ana")
    assert olga.send(target, page, session=first).status_code == 303
    assert is_in(ana) + is_in(phone) == 1
    olga.send(target, page, session="all")
    assert not is_in(ana)
    assert not is_in(phone)
    assert is_in(olga)
    assert olga.send(target, page, session="others").status_code == 400
    assert olga.send(f"/admin/learners/{new_id()}/sessions", page, session="all").status_code == 404


def test_only_an_operator_does(world: World) -> None:
    ana, marc = world.browser("ana"), world.browser("marc")
    target = f"/admin/learners/{world.ids['marc']}/sessions"
    assert ana.send(target, "/my-training", session="all").status_code == 403
    assert is_in(marc)


class TestStepUp:
    """Operators prove themselves again for their pages, where the settings ask for it."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"admin_acr": "urn:mfa", "admin_minutes": 30})

    def test_their_pages_lead_to_the_provider(self, world: World) -> None:
        answer = world.browser("olga").get("/admin/learners?who=ana")
        assert answer.status_code in {303, 502}
        assert "Learners" not in answer.text

    def test_what_a_form_would_change_is_refused(self, world: World) -> None:
        olga, ana = world.browser("olga"), world.browser("ana")
        target = f"/admin/learners/{world.ids['ana']}/sessions"
        answer = olga.send(target, "/my-training", session="all")
        assert answer.status_code == 403
        assert "Nothing was changed" in answer.text
        assert is_in(ana)

    def test_a_strong_session_passes(self, world: World) -> None:
        proved = Proved(world.ids["idp"], "sub", "", acr="urn:mfa")
        with world.hub.unit_of_work() as uow:
            token = start_session(uow, world.ids["olga"], proved)
        olga = world.browser()
        olga.set_cookie("hub_session", token, domain="127.0.0.1")
        assert olga.get("/admin").status_code == 200

    def test_learners_are_not_asked(self, world: World) -> None:
        assert is_in(world.browser("ana"))


def test_where_nothing_is_asked_operators_pass(world: World) -> None:
    assert world.browser("olga").get("/admin").status_code == 200


def test_signed_out_without_a_provider_is_the_sign_in_page(world: World) -> None:
    for query in ("", "?leave=x", "?state=x", "?state=" + "y" * 5000):
        answer = world.browser().get(f"/signed-out{query}")
        assert dict(parse_qsl(urlsplit(answer.headers["Location"]).query)) == {"signed_out": "1"}
