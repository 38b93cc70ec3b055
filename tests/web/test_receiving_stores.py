"""The pages about receiving stores: to add, watch, try, correct and remove them."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from hub.http import OutgoingHttp
from hub.ids import new_id
from hub.journal import tables as journal
from hub.xapi.forward.tables import receiving_store
from tests.web.world import Browser, World
from tests.xapi.forward.rig import VERB, Receiver, Sender, receiver

PATH = "/admin/receiving-stores"
FORM = {
    "name": "Harbor archive",
    "slug": "archive",
    "version": "1.0.3",
    "auth": "basic",
    "key": "hub",
    "start": "beginning",
}


@pytest.fixture
def away() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def sender(world: World, away: Receiver) -> Sender:
    """The world's hub, which may call the receiver; pages and worker share it."""
    world.hub = replace(world.hub, http=OutgoingHttp([away.url.removeprefix("http://")]))
    world.app.extensions["hub"] = world.hub
    return Sender(world.hub, world.ids["south"])


@pytest.fixture
def olga(world: World, sender: Sender) -> Browser:
    return world.browser("olga")


def text(page: str) -> str:
    """What a page says, without its markup."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page)))


def add(olga: Browser, to: Receiver, **fields: str) -> str:
    """Add a store with the form; the page one comes to."""
    form = {**FORM, "endpoint": to.endpoint, "secret": to.store.config.password, "do": "save", **fields}
    answer = olga.send(f"{PATH}/new", f"{PATH}/new", **form)
    assert answer.status_code == 303, text(answer.text)
    return text(olga.get(answer.location).text)


def test_a_store_is_added_tried_watched_paused_and_removed(
    olga: Browser, sender: Sender, away: Receiver
) -> None:
    assert "No receiving stores yet" in olga.get(PATH).text
    ids = sender.learn(2)
    page = add(olga, away)
    assert "Statements are forwarded to Harbor archive from now on." in page
    assert "2 to look at" in text(olga.get(PATH).text)
    tried = text(olga.send(f"{PATH}/archive/try", f"{PATH}/archive").text)
    assert "Every step works: 2 requests" in tried
    assert "It speaks 1.0.3, 2.0.0; the hub will speak 1.0.3." in tried
    assert away.store.ids == []
    sender.send()
    assert away.store.ids == ids
    assert "Up to date" in text(olga.get(PATH).text)
    assert "It stored the test statement" in text(
        olga.send(f"{PATH}/archive/try", f"{PATH}/archive", send="1").text
    )
    olga.send(f"{PATH}/archive/pause", f"{PATH}/archive", paused="1")
    sender.learn(3)
    sender.send()
    assert "Paused · 3 wait" in text(olga.get(PATH).text)
    olga.send(f"{PATH}/archive/pause", f"{PATH}/archive", paused="0")
    sender.send()
    assert len(away.store.ids) == 6
    olga.send(f"{PATH}/archive/remove", f"{PATH}/archive")
    assert "No receiving stores yet" in olga.get(PATH).text
    assert olga.get(f"{PATH}/archive").status_code == 404
    done = text(olga.get("/admin/activity").text)
    for words in (
        "Receiving store added",
        "Receiving store paused",
        "Receiving store goes on",
        "store removed",
    ):
        assert words in done


def test_every_problem_is_told_at_its_field_and_nothing_is_kept(olga: Browser, sender: Sender) -> None:
    form = {
        "name": " ",
        "slug": "No Slug",
        "endpoint": "ftp://x.example",
        "version": "0.9",
        "auth": "oauth2",
        "key": "",
        "token_url": "https://x.example/token?a=b",
        "verbs": "completed\nhttp://adlnet.gov/expapi/verbs/passed",
        "activities": "*",
        "partners": "Nobody\nHarbor Auto Group",
        "audiences": "none",
        "connection": "nowhere",
        "do": "save",
    }
    answer = olga.send(f"{PATH}/new", f"{PATH}/new", **form)
    page = text(answer.text)
    assert answer.status_code == 400
    for words in (
        "Nothing was saved.",
        "Name: is missing",
        "Short name: use at most 48 lower case letters, digits and hyphens",
        "Endpoint: must be an https address",
        "xAPI version: must be one of 1.0.3, 2.0.0",
        "Key: is missing",
        "Secret: is missing",
        "Token address: must be an https address without query",
        "Verbs: “completed” must be an IRI",
        "Activities: “*” must be an IRI",
        "Partners: “Nobody” is no partner",
        "Audiences: “none” is no audience",
        "Its own connection: is no connection",
    ):
        assert words in page, words
    assert "http://adlnet.gov/expapi/verbs/passed" in html.unescape(answer.text)  # nothing is typed twice
    with sender.hub.reading() as uow:
        assert uow.connection.scalars(sa.select(receiving_store.c.id)).all() == []


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("http://127.0.0.1:8000/xapi/", "is this hub itself"),
        ("http://localhost:8000/xapi", "is this hub itself"),
        ("https://store.example/xapi/statements", "must end before /statements"),
        ("https://user@store.example/xapi", "must be an https address"),
        ("https://store.example:99999/xapi", "must be an https address"),
    ],
)
def test_addresses_that_cannot_be_are_refused(
    olga: Browser, sender: Sender, endpoint: str, words: str
) -> None:
    form = {**FORM, "endpoint": endpoint, "secret": "s", "do": "save"}
    answer = olga.send(f"{PATH}/new", f"{PATH}/new", **form)
    assert answer.status_code == 400
    assert words in text(answer.text)


def test_a_dry_run_counts_past_statements_and_saves_nothing(
    olga: Browser, sender: Sender, away: Receiver
) -> None:
    sender.learn(4, "completed")
    sender.learn(6, "experienced")
    form = {**FORM, "endpoint": away.endpoint, "secret": "s", "verbs": VERB + "completed", "do": "count"}
    page = text(olga.send(f"{PATH}/new", f"{PATH}/new", **form).text)
    assert "Of the latest 10 statements, 4 would go out." in page
    assert "No receiving stores yet" in olga.get(PATH).text
    add(olga, away)
    page = text(olga.send(f"{PATH}/archive/edit", f"{PATH}/archive/edit", **form).text)
    assert "Of the latest 10 statements, 4 would go out." in page
    assert "every statement" in text(olga.get(f"{PATH}/archive").text)


def test_a_dry_run_waits_for_nobody_who_writes(olga: Browser, sender: Sender, away: Receiver) -> None:
    add(olga, away)
    sender.learn(4)
    form = {**FORM, "endpoint": away.endpoint, "secret": "s", "do": "count"}
    for path in (f"{PATH}/new", f"{PATH}/archive/edit"):
        token = re.search(r'name="csrf_token" value="([^"]+)"', olga.get(path).text)
        assert token
        with sender.hub.unit_of_work():
            page = text(olga.post(path, data={"csrf_token": token[1], **form, "slug": "other"}).text)
        assert "Of the latest 4 statements, 4 would go out." in page


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("endpoint", "http://127.0.0.1:1/xapi"),
        ("endpoint", "https://127.0.0.1:{port}/xapi"),
        ("endpoint", "http://evil.example:{port}/xapi"),
        ("token_url", "http://evil.example:{port}/token"),
    ],
    ids=["port", "scheme", "host", "token-host"],
)
def test_a_secret_that_is_kept_goes_to_no_other_host(
    olga: Browser, sender: Sender, away: Receiver, field: str, address: str
) -> None:
    token_url = f"{away.url}/token"
    add(olga, away, auth="oauth2", token_url=token_url)
    here = f"{PATH}/archive/edit"
    form = {**FORM, "auth": "oauth2", "endpoint": away.endpoint, "token_url": token_url, "do": "save"}
    moved = {**form, field: address.format(port=away.url.rpartition(":")[2])}
    answer = olga.send(here, here, **moved)
    assert answer.status_code == 400
    words = "Secret: must be entered again, because an address has another scheme, host or port"
    assert words in text(answer.text)
    with sender.hub.reading() as uow:
        stored = uow.connection.execute(sa.select(receiving_store)).one()
    assert (stored.endpoint, stored.token_url) == (away.endpoint, token_url)
    assert olga.send(here, here, **moved, secret="another").status_code == 303
    other_path = {**moved, "endpoint": f"{moved['endpoint']}/v2"}
    assert olga.send(here, here, **other_path).status_code == 303


def test_a_store_is_changed_and_keeps_its_secret_unless_a_new_one_is_typed(
    olga: Browser, sender: Sender, away: Receiver
) -> None:
    add(olga, away, partners="Harbor Auto Group", audiences="new-technicians", secret="not-it-yet")
    page = olga.get(f"{PATH}/archive/edit").text
    assert "not-it-yet" not in page
    assert "Harbor Auto Group</textarea>" in page
    assert re.search(r'value="new-technicians" checked', page)
    sender.learn()
    changed = {**FORM, "endpoint": away.endpoint, "name": "Archive 2", "do": "save"}
    assert olga.send(f"{PATH}/archive/edit", f"{PATH}/archive/edit", **changed).status_code == 303
    sender.send()
    assert "answered 401" in text(olga.get(f"{PATH}/archive").text)
    changed["secret"] = away.store.config.password
    olga.send(f"{PATH}/archive/edit", f"{PATH}/archive/edit", **changed)
    sender.send()
    assert "Archive 2" in olga.get(PATH).text
    with sender.hub.reading() as uow:
        stored = uow.connection.execute(sa.select(receiving_store)).one()
        journaled = str(uow.connection.execute(sa.select(journal.change.c.body)).all())
    assert away.store.config.password not in str(stored) + journaled


def test_refused_statements_are_found_sent_again_and_let_be(
    olga: Browser, sender: Sender, away: Receiver, world: World
) -> None:
    away.store.refused_verbs.add(VERB + "slept")
    add(olga, away)
    ids = sender.learn(3, "slept")
    sender.send()
    assert "3 statements refused" in text(olga.get(PATH).text)
    page = olga.get(f"{PATH}/archive?q={ids[1]}").text
    assert "Harbor archive parked" in text(olga.get(f"/admin/statements/{ids[1]}").text)
    assert f'href="/admin/statements/{ids[1]}"' in page
    page = text(page)
    assert "is not in our profile" in page
    assert ids[0] not in page
    assert "Nothing fits these filters." in text(olga.get(f"{PATH}/archive?state=dismissed").text)
    away.store.refused_verbs.clear()
    settle, here = f"{PATH}/archive/parked", f"{PATH}/archive"
    answer = olga.send(settle, here, statement=ids[0], do="dismiss")
    assert "1 statement will not be sent." in text(olga.get(answer.location).text)
    answer = olga.send(settle, here, do="resend")
    assert "2 statements will be sent again now, with the same ids." in text(olga.get(answer.location).text)
    sender.send()
    assert away.store.ids == ids[1:]
    assert "Let be" in text(olga.get(here).text)
    assert olga.send(settle, here, statement=ids[0], do="resend").status_code == 404
    assert olga.send(settle, here, statement="x", do="resend").status_code == 404
    assert olga.send(settle, here, do="burn").status_code == 400
    with sender.hub.reading() as uow:
        a = journal.audit
        rows = uow.connection.execute(sa.select(a).where(a.c.action.like("forward_%"))).all()
    assert {row.actor_id for row in rows} == {world.ids["olga"]}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("down", ["answered 503", "The store itself failed."]),
        ("not_a_store", ["This is no record store: it names no versions.", "Check the endpoint"]),
        ("write_only", ["May the hub compare statements? Failed", "it may go without"]),
    ],
)
def test_what_fails_is_told_step_by_step(
    olga: Browser, sender: Sender, away: Receiver, fault: str, words: list[str]
) -> None:
    add(olga, away)
    with away.faults.on(fault):
        page = text(olga.send(f"{PATH}/archive/try", f"{PATH}/archive").text)
    for each in words:
        assert each in page
    assert away.store.config.password not in page


def test_a_wrong_secret_a_wrong_version_and_a_forbidden_address_say_what_to_change(
    olga: Browser, sender: Sender, away: Receiver
) -> None:
    add(olga, away, secret="wrong-password", version="2.0.0")
    away.store.config.__dict__["versions"] = ("1.0.3",)
    page = text(olga.send(f"{PATH}/archive/try", f"{PATH}/archive").text)
    assert "It does not speak 2.0.0." in page
    assert "Choose one of the versions it speaks: 1.0.3." in page
    away.store.config.__dict__["versions"] = ("2.0.0",)
    page = text(olga.send(f"{PATH}/archive/try", f"{PATH}/archive", send="1").text)
    assert "The store does not know these credentials." in page
    assert "Does it take a statement? Not tried" in page
    add(olga, away, slug="inside", endpoint="http://127.0.0.1:1/xapi")
    page = text(olga.send(f"{PATH}/inside/try", f"{PATH}/inside").text)
    assert "The hub does not call this address." in page
    assert "add host:port to outgoing_allow" in page
    add(olga, away, slug="token", auth="oauth2", token_url=f"{away.url}/token", secret="wrong-password")
    page = text(olga.send(f"{PATH}/token/try", f"{PATH}/token").text)
    assert "invalid_client" in page
    assert "There is no access token." in page


def test_only_operators_and_only_with_the_token_of_the_form(
    world: World, olga: Browser, away: Receiver
) -> None:
    add(olga, away)
    paths = ("", "/new", "/archive", "/archive/edit")
    for path in paths:
        assert world.browser("sofia").get(PATH + path).status_code == 403
        assert world.browser().get(PATH + path).status_code == 303
    for path in (
        "/new",
        "/archive/edit",
        "/archive/try",
        "/archive/pause",
        "/archive/remove",
        "/archive/parked",
    ):
        assert world.browser("sofia").send(PATH + path).status_code == 403
        assert olga.post(PATH + path, data=FORM).status_code == 400
    assert "Harbor archive" in olga.get(PATH).text


def test_stores_are_found_by_words_and_listed_in_pages(olga: Browser, sender: Sender, away: Receiver) -> None:
    for number in range(52):
        sender.forward_to(away, f"store-{number:02}", name=f"Copy {number} of 100%")
    page = olga.get(PATH).text
    assert page.count('class="entry-title"') == 50
    more = re.search(r'rel="next" href="([^"]+)"', page)
    assert more
    assert olga.get(html.unescape(more[1])).text.count('class="entry-title"') == 2
    assert olga.get(f"{PATH}?q=STORE-31+100%25").text.count('class="entry-title"') == 1
    assert "Nothing found" in olga.get(f"{PATH}?q=_").text
    assert olga.get(f"{PATH}/{new_id()}").status_code == 404


def test_the_overview_and_the_metrics_say_what_needs_somebody(
    olga: Browser, world: World, sender: Sender, away: Receiver
) -> None:
    world.work()
    add(olga, away)
    assert "Nothing needs attention." in text(olga.get("/admin").text)
    away.store.refused_verbs.add(VERB + "slept")
    sender.learn(1, "slept")
    sender.send()
    with away.faults.on("down"):
        sender.learn()
        sender.send()
    page = text(olga.get("/admin").text)
    assert "Harbor archive has refused 1 statement" in page
    assert "Nothing can be forwarded to Harbor archive" in page
    assert "answered 503" in page
    assert 'hub_forward_parked{store="archive"} 1.0' in olga.get("/metrics").text
    assert 'hub_reader_failures{reader="forward:archive"} 1.0' in olga.get("/metrics").text
    olga.send(f"{PATH}/archive/pause", f"{PATH}/archive", paused="1")
    assert "Nothing can be forwarded" not in text(olga.get("/admin").text)
