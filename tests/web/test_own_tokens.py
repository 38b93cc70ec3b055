"""Tokens and webhooks on the pages of those whose they are."""

import re

import pytest

from hub.access.api_tokens import list_api_tokens, make_api_token
from hub.access.listing.pages_of import Asked
from hub.access.reach import OPERATOR, Reach
from hub.access.roles import grant_partner_admin
from hub.journal.outbox import enqueue_all
from hub.notify.webhooks.subscriptions import effect_of, list_webhooks
from tests.web.test_connections import text
from tests.web.world import Browser, World


@pytest.fixture
def sofia(world: World) -> Browser:
    with world.hub.unit_of_work() as uow:
        grant_partner_admin(uow, world.ids["sofia"], world.ids["dealer"])
    return world.browser("sofia")


def ask(world: World, token: str, path: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return world.browser().get(f"/api/v1{path}", headers=headers).status_code


@pytest.mark.parametrize(("who", "page"), [("sofia", "/partner/tokens"), ("ana", "/account/tokens")])
def test_everybody_makes_and_ends_the_own_tokens_alone(
    world: World, sofia: Browser, who: str, page: str
) -> None:
    browser = world.browser(who)
    refused = browser.send(page, page, label="report", scopes=["network/write"], expires_at="soon")
    assert (refused.status_code, "must be a day" in refused.text) == (400, True)
    beyond = browser.send(page, page, label="report", scopes=["network/write"], expires_at="")
    assert (beyond.status_code, 'value="report"' in beyond.text) == (400, True)
    made = browser.send(page, page, label="report", scopes=["network/read"], expires_at="")
    assert made.headers["Cache-Control"] == "no-store"
    found = re.search(r'id="token">(hub_[\w-]{43})<', made.text)
    assert found, text(made.text)
    assert (ask(world, found[1], "/locations"), ask(world, found[1], "/people")) == (200, 403)
    with world.hub.unit_of_work() as uow:
        (mine,) = list_api_tokens(uow)
        others = [
            make_api_token(uow, reach, ["network/read"], "not yours").id
            for reach in (OPERATOR, Reach("partner", world.ids["maker"]), Reach("person", world.ids["nils"]))
        ]
    listed = text(browser.get(page).text)
    assert ("report" in listed, "not yours" in listed) == (True, False)
    assert [browser.send(f"{page}/{id}/revoke", page).status_code for id in (*others, "x")] == [404] * 4
    assert browser.send(f"{page}/{mine.id}/revoke", page).status_code == 303
    assert ask(world, found[1], "/locations") == 401
    with world.hub.reading() as uow:
        assert [line.state for line in list_api_tokens(uow)] == ["active"] * 3 + ["revoked"]


def test_pages_of_a_partner_are_for_those_who_look_after_it(world: World, sofia: Browser) -> None:
    for path in ("/partner/tokens", "/partner/webhooks"):
        assert sofia.get(path).status_code == 200
        assert sofia.get(f"{path}?partner={world.ids['maker']}").status_code == 403
        assert world.browser("ana").get(path).status_code == 403
    assert world.browser("sofia").get("/admin/webhooks").status_code == 403


@pytest.mark.parametrize(("who", "page"), [("sofia", "/partner/webhooks"), ("olga", "/admin/webhooks")])
def test_a_webhook_is_made_tried_sent_again_and_ended(
    world: World, sofia: Browser, who: str, page: str
) -> None:
    browser, hub = world.browser(who), world.hub
    refused = browser.send(page, page, url="http://crm.example", label="CRM", events=[])
    assert (refused.status_code, 'value="CRM"' in refused.text) == (400, True)
    made = browser.send(page, page, url="https://crm.example/in", label="CRM", events=["credit_granted"])
    assert re.search(r'id="secret">whsec_[\w+/=]{44}<', made.text), text(made.text)
    with hub.unit_of_work() as uow:
        (hook,) = list_webhooks(uow, OPERATOR, Asked()).items
        enqueue_all(uow, [effect_of(hook.id, "t", {"type": "credit_granted", "timestamp": "", "data": {}})])
    assert hook.kind == ("operator" if who == "olga" else "partner")
    own = f"{page}/{hook.id}"
    assert "1 waiting" in text(browser.get(page).text)
    assert browser.send(f"{own}/test", own).status_code == 303
    assert "webhook_tested" in text(browser.get(own).text)
    for action in ("resend", "end"):
        assert browser.send(f"{own}/{action}", page).status_code == 303
    shown = browser.get(own).text
    assert ("Ended" in text(shown), "/end" in shown) == (True, False)
    assert (browser.send(f"{own}/other", page).status_code, browser.get(f"{page}/x").status_code) == (
        404,
        404,
    )
    if who == "olga":
        assert sofia.get(f"/partner/webhooks/{hook.id}").status_code == 404
        assert sofia.send(f"/partner/webhooks/{hook.id}/end", "/partner/webhooks").status_code == 404
