"""The pages on credentials of the record store: made, shown once, tried, renewed, revoked; by operators alone."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace

import flask
import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from hub.clock import SettableClock
from hub.journal import tables as journal
from hub.network.systems.connections import create_connection, set_connection_disabled
from hub.runtime import Hub
from hub.testing.serve import serve
from hub.xapi.callers.authenticate import check_credential
from hub.xapi.callers.credential_views import FOUND, find_credential, list_credentials
from hub.xapi.callers.credentials import DEFINE, READ_MINE, WRITE, NewCredential, create_credential
from hub.xapi.http.refusals import Unauthorized
from tests.web import world as web_world
from tests.web.world import World, build_world
from tests.xapi.rig import basic

SOUTH = "/admin/credentials/lms-south"
SHOWN = re.compile(r'id="(key|secret)">([^<]+)<')


def made(answer: TestResponse) -> NewCredential:
    """Key and secret of the page that shows them."""
    assert answer.status_code == 200, answer.text
    shown = dict(SHOWN.findall(answer.text))
    return NewCredential(shown["key"], shown["secret"])


def page(world: World, path: str, **query: object) -> str:
    answer = world.browser("olga").get(path, query_string=query)
    assert answer.status_code == 200, answer.text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def make(world: World, **form: str) -> NewCredential:
    return made(world.browser("olga").send(SOUTH, SOUTH, **{"scope": READ_MINE, **form}))


def works(hub: Hub, credential: NewCredential) -> bool:
    with hub.reading() as uow:
        try:
            check_credential(uow, basic(*credential))
        except Unauthorized:
            return False
    return True


def test_a_credential_is_made_shown_once_and_works(world: World, clock: SettableClock) -> None:
    browser = world.browser("olga")
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(SOUTH).text)
    assert token
    form = {
        "csrf_token": token[1],
        "label": "Nightly <export>",
        "scope": [WRITE, READ_MINE],
        "ends": "2026-05-10",
    }
    answer = browser.post(SOUTH, data=form)
    new = made(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert works(world.hub, new)
    after = page(world, SOUTH)
    assert "Nightly <export>" in after
    assert "good until 11 May" in after
    for path in (SOUTH, f"{SOUTH}/{new.key}", "/admin/credentials", "/admin/activity"):
        assert new.secret not in browser.get(path).text
    with world.hub.reading() as uow:
        row = uow.connection.execute(
            sa.select(journal.audit).where(journal.audit.c.action == "xapi_credential_created")
        ).one()
        assert new.secret not in repr(uow.connection.execute(sa.select(journal.change)).all())
    assert (row.actor_id, row.connection_id) == (world.ids["olga"], world.ids["south"])
    assert "Made a credential for the record store Olga Berg" in page(world, "/admin/activity")
    clock.advance(days=7)
    assert not works(world.hub, new)
    assert "Expired" in page(world, SOUTH)


def test_credentials_of_cmi5_courses_read_only_unless_somebody_says_otherwise(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        create_connection(uow, "library", "cmi5", "Course library")
    shown = world.browser("olga").get("/admin/credentials/library").text
    assert "Let other credentials read only." in shown
    assert re.findall(r'value="([^"]+)" checked', shown) == [READ_MINE]
    usual = re.findall(r'value="([^"]+)" checked', world.browser("olga").get(SOUTH).text)
    assert usual == [WRITE, READ_MINE, DEFINE]


def test_what_is_wrong_is_told_and_nothing_typed_is_lost(world: World) -> None:
    browser = world.browser("olga")
    for form, words in (
        ({"scope": "everything"}, "What it may do: 'everything' is no scope."),
        ({"scope": ""}, "What it may do"),
        ({"scope": WRITE, "ends": "2020-01-01"}, "Good until: must be in the future."),
        ({"scope": WRITE, "ends": "soon"}, "Good until: must be a day such as 2027-03-31."),
        ({"scope": WRITE, "label": "x" * 101}, "Label: must be one line of at most 100 characters."),
    ):
        answer = browser.send(SOUTH, SOUTH, **{"label": "Kept", **form})
        assert answer.status_code == 400
        assert words in html.unescape(answer.text)
        assert f'value="{form.get("label", "Kept")}"' in answer.text
        assert ("checked" in answer.text) == (form["scope"] == WRITE)
    with world.hub.reading() as uow:
        assert list_credentials(uow, world.ids["south"]) == []


def test_a_new_secret_replaces_the_old_one_at_once(world: World) -> None:
    old = make(world)
    where = f"{SOUTH}/{old.key}"
    new = made(world.browser("olga").send(f"{where}/renew", where))
    assert new.key == old.key
    assert (works(world.hub, old), works(world.hub, new)) == (False, True)


def test_a_revoked_credential_is_refused_and_kept_in_sight(world: World) -> None:
    new = make(world, label="Production")
    where = f"{SOUTH}/{new.key}"
    browser = world.browser("olga")
    answer = browser.send(f"{where}/revoke", where)
    assert (answer.status_code, answer.location) == (303, SOUTH)
    assert "Production is revoked." in browser.get(SOUTH).text
    assert not works(world.hub, new)
    shown = page(world, where)
    assert "Revoked" in shown
    assert "Change it" not in shown
    again = browser.send(f"{where}/revoke", SOUTH)
    assert (again.status_code, "no credential" in again.text) == (404, True)


def test_a_credential_stands_under_its_own_connection_only(world: World) -> None:
    new = make(world)
    browser = world.browser("olga")
    for path in (f"/admin/credentials/lms-north/{new.key}", f"{SOUTH}/{'0' * 24}", "/admin/credentials/none"):
        assert browser.get(path).status_code == 404
    assert browser.send(f"/admin/credentials/lms-north/{new.key}/revoke", SOUTH).status_code == 404
    assert works(world.hub, new)


def test_only_operators_and_only_forms_of_ours(world: World) -> None:
    new = make(world)
    where = f"{SOUTH}/{new.key}"
    posts = (SOUTH, f"{where}/renew", f"{where}/revoke", f"{where}/try")
    for path in ("/admin/credentials", SOUTH, where):
        assert world.browser("sofia").get(path).status_code == 403
        assert world.browser().get(path).status_code == 303
    for path in posts:
        assert world.browser("sofia").send(path, secret="x", scope=WRITE).status_code == 403
        assert world.browser("olga").post(path, data={"scope": WRITE, "secret": "x"}).status_code == 400
    assert works(world.hub, new)
    with world.hub.reading() as uow:
        assert len(list_credentials(uow, world.ids["south"])) == 1


def test_systems_are_found_by_their_words_and_by_those_of_their_credentials(world: World) -> None:
    assert "No credentials yet" in page(world, "/admin/credentials")
    new = make(world, label="Nightly 100% export")
    for words in ("lms-south", "South harbor", new.key[:8], "100%"):
        found = page(world, "/admin/credentials", q=words)
        assert "LMS South" in found, words
        assert "1 credential Never used" in found
        assert "LMS North" not in found
    assert "is called “zzz”" in page(world, "/admin/credentials", q="zzz")
    everything = page(world, "/admin/credentials", show="all")
    assert "LMS North" in everything
    assert "Harbor Sign-in" not in everything  # identity providers send no statements
    assert "Credentials of LMS South" in page(world, "/admin/connections")


def test_credentials_that_end_soon_are_told_of(world: World, clock: SettableClock) -> None:
    make(world, ends="2026-06-30")
    assert "Nothing ends soon" in page(world, "/admin/credentials", show="ending")
    assert "will end within two weeks" not in page(world, "/admin")
    clock.advance(days=50)
    assert "LMS South" in page(world, "/admin/credentials", show="ending")
    assert "1 credential of the record store will end within two weeks" in page(world, "/admin")
    clock.advance(days=10)
    assert "will end within two weeks" not in page(world, "/admin")
    assert "no credential in force" in page(world, "/admin/credentials")


def test_thousands_of_systems_come_in_pages(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        for number in range(FOUND + 1):
            create_credential(uow, create_connection(uow, f"s-{number:03}", "lms", f"S {number}"), [WRITE])
    first = world.browser("olga").get("/admin/credentials").text
    assert first.count('<li>\n    <div class="entry-main">') == FOUND
    rest = re.search(r'href="([^"]+)">More', first)
    assert rest
    assert f"S {FOUND}" in world.browser("olga").get(html.unescape(rest[1])).text


def test_what_was_lately_refused_is_shown_with_its_reason(world: World) -> None:
    new = make(world)
    assert "Nothing this system sent was refused." in page(world, SOUTH)
    api = world.browser()
    for secret, status in (("wrong", 401), (new.secret, 403)):
        sent = {"Authorization": basic(new.key, secret), "X-Experience-API-Version": "1.0.3"}
        assert api.post("/xapi/statements", json={}, headers=sent).status_code == status
    shown = page(world, SOUTH)
    assert re.search(r"Statement refused missing scope LMS South .*POST answered 403", shown)
    assert "wrong credentials" in shown
    assert "wrong credentials" not in page(world, "/admin/credentials/lms-north")


def test_a_system_that_is_switched_off_says_so(world: World) -> None:
    new = make(world)
    with world.hub.unit_of_work() as uow:
        set_connection_disabled(uow, world.ids["south"], disabled=True)
    assert "everything it sends is refused" in page(world, SOUTH)
    assert "its connection is switched off" in page(world, f"{SOUTH}/{new.key}")


@pytest.fixture
def served_world(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The network on a hub that answers at its public_url, where browsers look for it."""
    worlds: list[World] = []

    def create(url: str) -> flask.Flask:
        here = replace(hub, settings=hub.settings.model_copy(update={"public_url": url}))
        worlds.append(build_world(here))
        return worlds[0].app

    with serve(create) as url:
        monkeypatch.setattr(web_world, "PUBLIC_URL", url)
        yield worlds[0]


def test_trying_a_credential_tells_each_step(served_world: World) -> None:
    new = make(served_world)
    where = f"{SOUTH}/{new.key}"
    browser = served_world.browser("olga")
    right = browser.send(f"{where}/try", where, secret=new.secret)
    assert right.status_code == 200
    assert "Every step works: 4 requests" in right.text
    assert new.secret not in right.text
    with served_world.hub.reading() as uow:
        assert find_credential(uow, new.key).last_used_at is not None
    wrong = browser.send(f"{where}/try", where, secret="not it")
    assert "1 of 2 steps failed." in wrong.text
    assert '<span class="code">wrong_credentials</span>' in wrong.text
    assert "What to change:" in wrong.text
    assert "not it" not in wrong.text
    assert "wrong credentials" in page(served_world, SOUTH)
    empty = browser.send(f"{where}/try", where, secret=" ")
    assert (empty.status_code, "no secret to try" in empty.text) == (400, True)
