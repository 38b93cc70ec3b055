"""The statement browser: found by what one knows of them, told in sentences, with what they led to."""

import html
import json
import re
from typing import Any

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.journal.listed import ROWS
from hub.journal.tables import audit, statement
from hub.lifecycle.apply_retention import begin_retention, carry_on
from hub.lifecycle.plan_retention import plan_retention
from hub.lifecycle.rules import Rule, set_rule
from hub.network.people.identities import SUBJECT, link_identity
from hub.store.blobs import BlobStore
from hub.xapi.finding import browse
from tests.web.world import World
from tests.xapi.parts import send_files, with_files
from tests.xapi.rig import VERBS, Store, new_uuid, open_store

ANA = {"mbox": "mailto:ana@harbor.example", "name": "Ana at work"}
ZOE = {"mbox": "mailto:zoe@else.example", "name": "Zoë Stranger"}
NEEDS = {"id": "https://lms.example/needs"}
BRAKES = {"id": "https://lms.example/brakes-2", "definition": {"name": {"en": "Brakes 2"}}}


@pytest.fixture
def south(world: World) -> Store:
    """The record store as LMS South sees it; it knows Ana by her address."""
    with world.hub.unit_of_work() as uow:
        link_identity(uow, world.ids["south"], "mbox", ANA["mbox"], world.ids["ana"], "roster")
    return open_store(world.hub, world.ids["south"], ("all",))


@pytest.fixture
def north(world: World) -> Store:
    """The record store as LMS North sees it."""
    return open_store(world.hub, world.ids["north"], ("all",))


def told(
    actor: dict[str, Any] = ANA, verb: str = "passed", thing: Any = None, **parts: Any
) -> dict[str, Any]:
    verb_id = verb if ":" in verb else VERBS + verb
    return {
        "id": new_uuid(),
        "actor": actor,
        "verb": {"id": verb_id},
        "object": BRAKES if thing is None else thing,
    } | parts


def send(store: Store, *statements: dict[str, Any]) -> list[str]:
    answer = store.post(list(statements))
    assert answer.status_code == 200, answer.text
    ids: list[str] = answer.json
    return ids


def page(world: World, path: str = "/statements", **query: object) -> str:
    answer = world.browser("olga").get(f"/admin{path}", query_string=query)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def listed(world: World, **query: object) -> list[str]:
    """Ids of the statements on a page."""
    return re.findall(r'<li data-id="([^"]+)"', page(world, "/statements", **query))


def plain(text: str) -> str:
    """Without tags and white space."""
    return " ".join(re.sub(r"<[^>]+>", "", text).split())


def test_a_statement_is_a_sentence_with_names_the_hub_knows(world: World, south: Store) -> None:
    send(south, told(thing=NEEDS, result={"score": {"scaled": 0.85}}))
    send(south, told(ZOE, "experienced"))
    world.work()
    shown = plain(page(world))
    assert "Ana Lopes passed Understanding Customer Needs with 85 % LMS South just now" in shown
    assert "Zoë Stranger looked at Brakes 2" in shown
    assert "Ana at work" not in shown


def test_every_filter_finds_what_it_says_and_all_together(
    world: World, south: Store, north: Store, clock: SettableClock
) -> None:
    registration = new_uuid()
    (early,) = send(south, told(verb="experienced"))
    clock.advance(days=2)
    first, second = send(
        south, told(thing=NEEDS, context={"registration": registration}), told(ZOE, "experienced")
    )
    (elsewhere,) = send(north, told())
    (around,) = send(south, told(ZOE, context={"contextActivities": {"parent": [NEEDS]}}))
    world.work()
    day = clock.now().date()
    assert listed(world) == [around, elsewhere, second, first, early]
    assert listed(world, verb="experienced") == [second, early]
    assert listed(world, verb=VERBS + "passed") == [around, elsewhere, first]
    assert listed(world, activity=NEEDS["id"]) == [around, first]
    assert listed(world, person=world.ids["ana"]) == [first, early], "only where she is linked"
    assert listed(world, who="ana@harbor.example") == [first, early]
    assert listed(world, actor="mailto:ana@harbor.example") == [elsewhere, first, early]
    assert listed(world, who="zoe@else.example") == [around, second]
    assert listed(world, connection="lms-north") == [elsewhere]
    assert listed(world, registration=registration.upper()) == [first]
    assert listed(world, since=day) == [around, elsewhere, second, first]
    assert listed(world, until=day) == [early]
    assert listed(world, since=f"{day}T00:00+14:00", until=f"{day}T23:59") == [
        around,
        elsewhere,
        second,
        first,
    ]
    assert listed(world, id=second.upper()) == [second]
    assert listed(world, show="waiting") == [around, elsewhere, second]
    assert listed(world, show="waiting", verb="experienced") == [second]
    assert listed(
        world, connection="lms-south", verb="passed", activity=NEEDS["id"], who="zoe@else.example"
    ) == [around]
    assert listed(world, verb="answered") == []
    assert "No statement fits these filters." in page(world, verb="answered")
    assert "2 statements" in page(world, verb="experienced")


def test_voided_statements_are_shown_and_can_be_looked_for(world: World, south: Store) -> None:
    voided, kept = send(south, told(), told())
    voiding = send(south, told(verb="voided", thing={"objectType": "StatementRef", "id": voided}))[0]
    world.work()
    assert listed(world, show="voided") == [voided]
    assert set(listed(world)) == {voided, kept, voiding}
    shown = page(world, f"/statements/{voided}")
    assert "counts for nothing" in shown
    assert f"/admin/statements/{voiding}" in shown
    assert f"/admin/statements/{voided}" in page(world, f"/statements/{voiding}")


def test_filters_that_cannot_be_used_are_all_told(world: World, south: Store) -> None:
    query = "id=x&registration=y&connection=nobody&since=yesterday&until=later"
    answer = world.browser("olga").get(f"/admin/statements?{query}")
    assert answer.status_code == 400
    for place in ("id", "registration", "connection", "since", "until"):
        assert f"{place}: " in plain(answer.text), place
    assert "Nobody is called “nonsense words”." in page(world, who="nonsense words")
    world.person("anton", "Anton", "Lind")
    assert "Whom do you mean?" in page(world, who="an")


def test_long_lists_go_on_with_their_filters(world: World, south: Store) -> None:
    sent = [
        id
        for n in range(4)
        for id in send(south, *(told(verb="passed" if n % 2 else "experienced") for _ in range(30)))
    ]
    first = page(world, verb="passed")
    assert "60 statements" in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    assert "verb=passed" in older[1]
    second = html.unescape(world.browser("olga").get(older[1]).text)
    found = re.findall(r'<li data-id="([^"]+)"', first + second)
    assert len(re.findall(r'<li data-id="([^"]+)"', first)) == ROWS
    assert found == list(reversed(sent[30:60] + sent[90:]))
    assert 'id="live"' not in second, "older pages stand still"


def test_filters_that_few_pass_together_go_on_after_a_short_page(
    world: World, south: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (wanted,) = send(south, told(ZOE, "passed"))
    send(south, *(told(ZOE, "experienced") for _ in range(20)))
    send(south, *(told(verb="passed") for _ in range(20)))
    monkeypatch.setattr(browse, "MAX_SCANNED", 5)
    monkeypatch.setattr(browse, "_AT_ONCE", 5)
    query = {"who": "zoe@else.example", "verb": "passed"}
    shown, pages = page(world, **query), 1
    while wanted not in shown:
        assert "Go on to older ones." in shown
        older = re.search(r'rel="next" href="([^"]+)"', shown)
        assert older
        shown, pages = html.unescape(world.browser("olga").get(older[1]).text), pages + 1
    assert pages == 5


def test_counts_say_when_there_are_more(world: World, south: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    send(south, *(told() for _ in range(7)))
    monkeypatch.setattr(browse, "MAX_COUNTED", 5)
    monkeypatch.setattr("hub.web.admin.statements.MAX_COUNTED", 5)
    assert "More than 5 statements" in page(world, verb="passed")


def test_the_live_tail_gets_the_same_rows_without_the_page(world: World, south: Store) -> None:
    send(south, told())
    answer = world.browser("olga").get("/admin/statements/rows?verb=passed")
    assert re.findall(r'<li data-id="([^"]+)"', answer.text) == listed(world, verb="passed")
    assert "<h1>" not in answer.text
    assert 'data-url="/admin/statements/rows?verb=passed"' in page(world, verb="passed")


def test_arrivals_are_drawn_with_the_same_numbers_as_a_table(
    world: World, south: Store, north: Store, clock: SettableClock
) -> None:
    send(south, told(), told())
    clock.advance(hours=3)
    send(north, told())
    shown = page(world)
    assert shown.count("<rect") == 2
    assert "3 arrived in the last 48 hours" in plain(shown)
    assert re.findall(r'<td class="number">(\d+)</td>', shown) == ["1", "2"]
    assert "1 arrived in the last 48 hours from this system" in plain(page(world, connection="lms-north"))
    by_day = page(world, per="day")
    assert by_day.count("<rect") == 1
    assert "3 arrived in the last 30 days" in plain(by_day)


def test_a_statement_shows_its_bytes_and_what_it_led_to(world: World, south: Store) -> None:
    world.appoint("ana", "seller", "hilltop")
    body = told(thing=NEEDS, result={"score": {"scaled": 0.85}})
    raw = json.dumps(body).replace('"scaled": 0.85', '"scaled": 8.50e-1').encode()
    assert south.post(raw).status_code == 200
    world.work()
    shown = page(world, f"/statements/{body['id']}")
    assert "Completed Understanding Customer Needs" in plain(shown)
    assert "Goal reached and credited: Understanding Customer Needs Sales" in plain(shown)
    assert "policy completed-or-passed, version 1" in plain(shown)
    assert '"scaled": 8.50e-1' in shown, "numbers as they were typed"
    answer = world.browser("olga").get(f"/admin/statements/{body['id']}/raw")
    with world.hub.reading() as uow:
        stored = uow.connection.scalar(sa.select(statement.c.payload).where(statement.c.id == body["id"]))
    assert answer.data == stored
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_file_is_saved_and_never_shown(world: World, south: Store) -> None:
    script = b"<script>alert(1)</script>"
    sent = with_files(script, id=new_uuid())
    assert send_files(south, sent, script).status_code == 200
    sha2 = sent["attachments"][0]["sha2"]
    assert "Certificate" in page(world, f"/statements/{sent['id']}")
    answer = world.browser("olga").get(f"/admin/statements/{sent['id']}/files/{sha2}")
    assert answer.data == script
    assert answer.headers["Content-Disposition"] == f'attachment; filename="attachment-{sha2[:12]}"'
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    missing = world.browser("olga").get(f"/admin/statements/{sent['id']}/files/{'0' * 64}")
    assert missing.status_code == 404


def test_no_connection_of_the_database_waits_for_the_blob_store(
    world: World, south: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = with_files(b"certificate", id=new_uuid())
    assert send_files(south, sent, b"certificate").status_code == 200
    in_use: list[int] = []
    real = BlobStore.size

    def note(blobs: BlobStore, key: str) -> int | None:
        pool = world.hub.engine.pool
        assert isinstance(pool, sa.QueuePool)
        in_use.append(pool.checkedout())
        return real(blobs, key)

    monkeypatch.setattr(BlobStore, "size", note)
    assert "11 bytes" in page(world, f"/statements/{sent['id']}")
    assert in_use == [0]


def test_what_is_in_a_statement_is_never_markup(world: World, south: Store) -> None:
    evil = "<script>alert(1)</script>"
    (id,) = send(south, told(ZOE | {"name": evil}, thing=BRAKES | {"definition": {"name": {"en": evil}}}))
    for path in ("/admin/statements", f"/admin/statements/{id}"):
        assert evil not in world.browser("olga").get(path).text


def test_a_deleted_statement_says_so(world: World, south: Store, clock: SettableClock) -> None:
    (id,) = send(south, told(ZOE))
    world.work()
    clock.advance(days=10)
    with world.hub.unit_of_work() as uow:
        set_rule(uow, Rule("", "all", 1))
    with world.hub.reading() as uow:
        planned = plan_retention(uow)
    carry_on(world.hub, begin_retention(world.hub, planned.hash).id)
    answer = world.browser("olga").get(f"/admin/statements/{id}")
    assert answer.status_code == 404
    assert "was deleted, by a retention rule or an erasure" in answer.text
    for path in ("nonsense", new_uuid()):
        assert world.browser("olga").get(f"/admin/statements/{path}").status_code == 404


def test_all_of_it_is_for_operators(world: World, south: Store) -> None:
    (id,) = send(south, told())
    paths = ("", "/rows", f"/{id}", f"/{id}/raw", f"/{id}/files/{'0' * 64}")
    for path in paths:
        assert world.browser("sofia").get(f"/admin/statements{path}").status_code == 403
    with world.hub.reading() as uow:
        refused = uow.connection.execute(sa.select(audit).where(audit.c.action == "admin")).all()
    assert len(refused) == len(paths)


def test_a_person_is_found_under_the_hubs_own_account(world: World, south: Store) -> None:
    with world.hub.unit_of_work() as uow:
        link_identity(uow, world.ids["south"], SUBJECT, "pairwise-1", world.ids["ana"], "launch")
    account = {"account": {"homePage": world.hub.settings.public_url, "name": "pairwise-1"}}
    (id,) = send(south, told(account))
    assert listed(world, person=world.ids["ana"]) == [id]


def test_what_is_found_can_be_exported(world: World, south: Store) -> None:
    shown = page(world, verb="passed", connection="lms-south", since="2026-05-04", activity="https://x/'a b'")
    assert "hub export FOLDER --verb http://adlnet.gov/expapi/verbs/passed" in shown
    assert "--connection lms-south --since 2026-05-04" in shown
    assert "hub export" not in page(world)
    assert "hub export" not in page(world, person=world.ids["ana"]), "no filter of the command"
