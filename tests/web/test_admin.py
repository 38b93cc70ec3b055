"""The pages of those who run the hub."""

import html
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.audiences.assigning.put_aside import put_aside
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Audience, set_audience
from hub.audiences.tables import reassign_queue
from hub.journal import audit, enqueue, lanes
from hub.journal import tables as journal
from hub.journal.listed import ROWS
from hub.journal.outbox import Effect, enqueue_all
from hub.lti.launch import start_launch
from hub.network.views import names_of_connections
from hub.web.words import moment
from tests.web.world import World

PAGES = [
    *("", "/sign-ins", "/launches", "/statements", "/statements?show=waiting", "/credits"),
    *("/deliveries", "/audiences", "/plugins", "/readers", "/connections", "/activity"),
]


def admin(world: World, path: str = "", **query: object) -> str:
    answer = world.browser("olga").get(f"/admin{path}", query_string=query)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def test_every_page_opens_on_a_hub_that_has_done_nothing_yet(world: World) -> None:
    for path in PAGES:
        assert "<h1>" in world.browser("olga").get(f"/admin{path}").text
    assert "No worker has run yet" in admin(world)
    assert "No statements yet" in admin(world, "/statements")
    assert "No credits yet" in admin(world, "/credits")
    assert "Nothing has been sent yet" in admin(world, "/deliveries")
    assert "Nobody has signed in yet." in admin(world, "/sign-ins")


def test_everybody_else_is_refused_with_an_audit_row(world: World) -> None:
    for path in PAGES:
        answer = world.browser("sofia").get(f"/admin{path}")
        assert answer.status_code == 403
        assert "These pages are for those who run the hub." in answer.text
    assert world.browser("sofia").send("/admin/plugins/first_90_days/switch").status_code == 403
    with world.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(journal.audit).where(journal.audit.c.action == "admin")).all()
    assert {(row.reason, row.actor_id) for row in rows} == {("not_operator", world.ids["sofia"])}
    assert not any("/" in row.subject_id for row in rows)  # addresses may hold codes
    assert len(rows) == len(PAGES) + 1


def test_the_overview_says_what_needs_somebody(world: World) -> None:
    world.work()
    assert "Nothing needs attention." in admin(world)
    with world.hub.unit_of_work() as uow:
        enqueue(uow, "tell", "webhooks", "a", {"hook": "credit_granted"})
        uow.connection.execute(sa.update(journal.outbox).values(state="parked", last_error="no"))
        uow.connection.execute(
            sa.update(journal.reader).where(journal.reader.c.name == "publish").values(failures=3)
        )
    page = admin(world)
    assert "1 delivery could not be made" in page
    assert "The reader publish fails" in page
    world.hub.clock.advance(hours=1)  # type: ignore[attr-defined]
    with world.hub.unit_of_work() as uow:
        audit(uow, "sign_in", world.ids["ana"], actor_id=world.ids["ana"])
    assert "Signed in" in admin(world)


def test_a_reader_that_stays_behind_is_a_concern(world: World) -> None:
    world.work()
    world.rule("late", "Late", "price", "sales", positions=["seller"])
    assert "behind" not in re.sub(r"<dd>.*?</dd>", "", admin(world))
    world.hub.clock.advance(minutes=3)  # type: ignore[attr-defined]
    assert "The reader reassign is 3 min behind" in admin(world)
    assert "1 to read · 3 min" in admin(world, "/readers")


def test_people_whose_goals_cannot_be_worked_out_are_shown_and_tried_again(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        uow.insert(reassign_queue, person_id=world.ids["ana"], since=uow.now)
        put_aside(uow, {world.ids["ana"]: "ValueError: odd"})
    assert "The goals of 1 person cannot be worked out" in admin(world)
    page = admin(world, "/readers")
    assert "ValueError: odd" in page
    assert "Ana Lopes" in page
    world.browser("olga").send("/admin/readers/try-again", page="/admin/readers", person=world.ids["ana"])
    assert "ValueError" not in admin(world, "/readers")


def test_sign_ins_and_launches_are_told_in_words(world: World) -> None:
    world.appoint("ana", "seller", "hilltop")
    start_launch(world.hub, world.ids["ana"], world.ids["needs"], "hash")
    world.hub.audit_refusal("launch", "not_assigned", world.ids["price"], actor_id=world.ids["ana"])
    world.hub.audit_refusal("sign_in", "unknown_domain")
    with world.hub.unit_of_work() as uow:
        audit(uow, "sign_in", world.ids["ana"], actor_id=world.ids["ana"], connection_id=world.ids["idp"])
        audit(uow, "launch", world.ids["needs"], actor_id=world.ids["ana"], connection_id=world.ids["south"])
    launches = admin(world, "/launches")
    assert "Launch refused: Price Talks with Confidence" in launches
    assert "Opened a course: Understanding Customer Needs" in launches
    assert "LMS South" in launches
    signed_in, refused = (
        admin(world, "/sign-ins", outcome="done"),
        admin(world, "/sign-ins", outcome="refused"),
    )
    assert "Harbor Sign-in" in signed_in
    assert "unknown domain" not in signed_in
    assert "unknown domain" in refused
    assert "Harbor Sign-in" not in refused


def test_a_list_can_be_narrowed_to_one_person(world: World) -> None:
    world.person("ana2", "Ana", "Moreau")
    with world.hub.unit_of_work() as uow:
        for name in ("ana", "ana2"):
            audit(uow, "sign_in", world.ids[name], actor_id=world.ids[name])
    assert "Whom do you mean?" in admin(world, "/activity", who="ana")
    assert "Nobody is called “<zzz>”." in admin(world, "/activity", who="<zzz>")
    for query in ({"who": "ana mor"}, {"who": "ana2@harbor"}, {"person": world.ids["ana2"]}):
        page = admin(world, "/activity", **query)
        assert "Ana Moreau" in page
        assert "Ana Lopes" not in page


def test_a_broken_address_is_a_clear_page(world: World) -> None:
    browser = world.browser("olga")
    for query in ("person=nobody", "person=%00", "before=x", "before=-1", f"before={'9' * 22}", "who=%00"):
        for path in ("/activity", "/deliveries", "/credits"):
            assert browser.get(f"/admin{path}?{query}").status_code == 400, (path, query)
    assert "Nobody is called" in admin(world, "/activity", who="\\%_")


def test_long_lists_go_on_without_counting(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        for number in range(ROWS + 5):
            audit(uow, "sign_in", f"number-{number:03}")
            enqueue(uow, "tell", f"receiver-{number:03}", str(number), {})
    for path in ("/sign-ins", "/deliveries"):
        first = admin(world, path)
        older = re.search(r'rel="next" href="([^"]+)"', first)
        assert older
        second = html.unescape(world.browser("olga").get(older[1]).text)
        numbers = re.findall(
            r"(?:number|receiver)-(\d+)", re.sub(r'visually-hidden">[^<]*', "", first + second)
        )
        assert sorted(numbers) == [f"{n:03}" for n in range(ROWS + 5)]
        assert len(re.findall(r"(?:number|receiver)-", re.sub(r'visually-hidden">[^<]*', "", first))) == ROWS
        assert 'rel="next"' not in second
        assert "Newest" in second


def test_statements_say_what_became_of_them(world: World) -> None:
    world.appoint("ana", "seller", "hilltop")
    world.complete("ana", "needs", "south")
    world.complete("stranger", "needs", "south")
    world.complete("ana", "unlisted", "south")
    page = admin(world, "/statements")
    assert page.count('pill-good">Completed') == 1
    assert page.count('pill-warn">Waiting') == 1
    assert page.count('pill-quiet">Kept') == 1
    assert "no course with this activity" in page
    waiting = admin(world, "/statements", show="waiting")
    assert "mbox mailto:stranger@harbor.example" in waiting
    assert "Ana Lopes" not in waiting


def test_credits_are_listed_with_their_evidence(world: World) -> None:
    world.appoint("ana", "technician", "riverside")
    world.appoint("ana", "seller", "hilltop")
    statement_id = world.complete("ana", "brake-safety", "north")
    page = admin(world, "/credits", person=world.ids["ana"])
    assert page.count(f'<span class="code">{statement_id}</span>') == 2
    assert '<span class="chip">Sales</span>' in page
    assert '<span class="chip">Service</span>' in page


def test_a_parked_delivery_can_be_sent_again(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        enqueue(uow, "tell", "webhooks", "a", {"hook": "credit_granted"})
        id = uow.connection.scalar(sa.select(journal.outbox.c.id))
        parked = {"state": "parked", "attempts": 12, "last_error": "OutsideFailed: answered 500."}
        uow.connection.execute(sa.update(journal.outbox).values(**parked))
    browser = world.browser("olga")
    assert "OutsideFailed: answered 500." in admin(world, "/deliveries", state="parked")
    answer = browser.send(f"/admin/deliveries/{id}/resend", "/admin/deliveries")
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert "The delivery will be tried again now." in page
    assert "0 attempts" in page
    again = browser.send(f"/admin/deliveries/{id}/resend", "/admin/deliveries")
    assert again.status_code == 404
    assert browser.send("/admin/deliveries/nonsense/resend", "/admin/deliveries").status_code == 404
    assert "Sent a delivery again" in admin(world, "/activity")


@pytest.mark.requirement("B81")
def test_b81_audiences_say_by_which_ways_people_come_in(world: World) -> None:
    assert "People come in by every way." in admin(world, "/audiences")
    with world.hub.unit_of_work() as uow:
        here = Conditions(positions=(world.ids["technician"],))
        set_audience(uow, Audience("new-technicians", "New technicians", here, ("scim", "file")))
    page = admin(world, "/audiences")
    assert "New technicians" in page
    assert "People come in only by SCIM or the network files." in page


def test_connections_are_searched(world: World) -> None:
    everything = admin(world, "/connections")
    for words in ("Harbor Sign-in", "Borealis Motors", "LMS North", "harbor.example"):
        assert words in everything
    found = admin(world, "/connections", q="lms north")
    assert "LMS North" in found
    assert "LMS South" not in found
    assert "Nothing found" in admin(world, "/connections", q="zzz")


def test_the_age_of_things_is_told_roughly(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        audit(uow, "sign_in", "", actor_id=world.ids["ana"])
    world.hub.clock.advance(minutes=4)  # type: ignore[attr-defined]
    assert "4 minutes ago" in admin(world, "/sign-ins")


def test_a_receiver_that_takes_nothing_is_a_concern_with_since_when_and_how_many_wait(world: World) -> None:
    world.work()
    north = world.ids["north"]
    with world.hub.unit_of_work() as uow:
        effects = [Effect("ags_score", north, f"lane-{n}", {}, lane=f"lane-{n}", sequence="1") for n in "ab"]
        enqueue_all(uow, effects)
    failure = lanes.Failure("a_503", "It answered 503.", 503, passing=True)
    for _ in range(2):  # the second failure is one hour later, and is no new beginning
        with world.hub.unit_of_work() as uow:
            taken = lanes.take(uow, "ags_score", 1)
            lanes.settle_failed(uow, taken[0], failure)
        began = world.hub.clock.now()
        world.hub.clock.advance(hours=1)  # type: ignore[attr-defined]
    page = admin(world)
    with world.hub.reading() as uow:
        name = names_of_connections(uow, [north])[north]
    assert f"{name} takes no deliveries since {moment(began - timedelta(hours=1))}" in page
    assert "2 deliveries wait." in page
    assert "It answered 503." in page
    assert north not in page


def test_deliveries_are_found_by_each_state_and_name_their_connection(world: World) -> None:
    north = world.ids["north"]
    with world.hub.unit_of_work() as uow:
        for state in ("waiting", "parked", "delivered", "superseded", "dismissed"):
            enqueue(uow, "ags_score", north, state, {})
            row = journal.outbox.c.key == state
            done = {"state": state, "done_at": uow.now if state[0] == "d" or state[0] == "s" else None}
            uow.connection.execute(sa.update(journal.outbox).where(row).values(**done))
        name = names_of_connections(uow, [north])[north]
    words = {"superseded": "a newer one stands for it", "dismissed": "not to be sent", "delivered": "arrived"}
    for state in ("waiting", "parked", "delivered", "superseded", "dismissed"):
        page = admin(world, "/deliveries", state=state)
        assert page.count(f"Score → {name}") == 1
        assert north not in page
        assert [word for word in words.values() if word in page] == [
            word for key, word in words.items() if key == state
        ]
