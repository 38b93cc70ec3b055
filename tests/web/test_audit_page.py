"""The audit trail to be searched, and partner admins and mails: pages of operators."""

import html

import sqlalchemy as sa

from hub.access.roles import administered_partners
from hub.app import open_worker
from hub.journal import audit
from hub.journal.tables import audit as trail
from hub.network.views import names_of_partners
from hub.notify.send_mail import send_mail
from hub.notify.views import list_mails
from tests.web.world import World


def page(world: World, path: str, **query: object) -> str:
    answer = world.browser("olga").get(f"/admin/{path}".rstrip("/"), query_string=query)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def test_the_trail_is_searched_in_words(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        audit(uow, "sign_in", world.ids["ana"], actor_id=world.ids["ana"], connection_id=world.ids["idp"])
        audit(uow, "launch", world.ids["needs"], actor_id=world.ids["nils"], connection_id=world.ids["south"])
        olga, dealer = world.ids["olga"], world.ids["dealer"]
        audit(uow, "look_begun", world.ids["ana"], actor_id=olga, partner_id=dealer)
    everything = page(world, "audit")
    assert "Opened a course: Understanding Customer Needs" in everything
    assert "Began to look at somebody's pages" in everything
    found = page(world, "audit", person=world.ids["ana"])
    assert "Signed in" in found
    assert "about" in found
    assert "Opened a course:" not in found
    for query in ({"course": "needs"}, {"action": "launch"}, {"who": "nils"}, {"connection": "lms-south"}):
        found = page(world, "audit", **query)
        assert "Opened a course: Understanding" in found, query
        assert "Nobody is called" not in found
        assert "Signed in <" not in found
    assert "Began to look" in page(world, "audit", partner=world.ids["dealer"])
    assert "Nothing found" in page(world, "audit", until="2026-05-03")
    assert "Opened a course:" in page(world, "audit", since="2026-05-04", until="2026-05-04")
    assert "Nothing found" in page(world, "audit", outcome="refused")


def test_what_cannot_be_searched_is_told_beside_its_field(world: World) -> None:
    for query, words in (
        ({"course": "moon"}, "The catalogue has no moon."),
        ({"partner": "moon"}, "There is no partner moon"),
        ({"connection": "moon"}, "moon"),
        ({"since": "yesterday"}, "Is no day or instant"),
        ({"until": "9999-12-31"}, "Is too far off"),
        ({"since": "2026-05-05", "until": "2026-05-01"}, "Must be later than since"),
    ):
        found = page(world, "audit", **query)
        assert words in found, query
        assert "field-problem" in found
    assert world.browser("olga").get("/admin/audit?person=x").status_code == 400
    assert world.browser("sofia").get("/admin/audit").status_code == 403


def test_the_end_of_the_chain_is_there_to_be_kept(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        audit(uow, "sign_in")
    assert "The chain of seals" not in page(world, "audit")
    open_worker(world.hub).drain()
    assert "The chain of seals ends with number 1" in page(world, "audit")


def test_partner_admins_are_made_and_unmade(world: World) -> None:
    olga = world.browser("olga")
    world.person("ana2", "Ana", "Lopes")
    assert "No partner admins yet" in page(world, "partner-admins")
    for form, words in (
        ({"person": "", "partner": ""}, "is missing"),
        ({"person": "zzz", "partner": "x"}, "Nobody is called so"),
        ({"person": "Ana Lopes", "partner": "x"}, "Several people fit"),
        ({"person": "ana@harbor.example", "partner": "moon"}, "There is no partner moon"),
    ):
        answer = olga.send("/admin/partner-admins", page="/admin/partner-admins", **form)
        assert answer.status_code == 400
        assert words in answer.text, form
    with world.hub.reading() as uow:
        name = names_of_partners(uow, [world.ids["dealer"]])[world.ids["dealer"]]
    form = {"person": world.ids["ana"], "partner": name}
    assert olga.send("/admin/partner-admins", page="/admin/partner-admins", **form).status_code == 303
    assert "Ana Lopes" in page(world, "partner-admins")
    with world.hub.reading() as uow:
        assert administered_partners(uow, world.ids["ana"]) == {world.ids["dealer"]: name}
    gone = {"person": world.ids["ana"], "partner": world.ids["dealer"]}
    olga.send("/admin/partner-admins/withdraw", page="/admin/partner-admins", **gone)
    assert "No partner admins yet" in page(world, "partner-admins")
    assert olga.send("/admin/partner-admins/withdraw", person="x", partner="y").status_code == 404


def test_a_mail_that_waits_is_read_copied_and_let_be(world: World) -> None:
    olga = world.browser("olga")
    assert "No mail was written yet" in page(world, "mails")
    assert "There is no mail server in the settings." in page(world, "mails")
    with world.hub.unit_of_work() as uow:
        send_mail(uow, world.ids["ana"], "test", {}, key="x")
        (row,) = list_mails(uow).rows
    assert "1 mail waits for a mail server" in page(world, "")
    listed = page(world, "mails", show="unsent")
    assert "Waits for a mail server" in listed
    assert "Test to Ana Lopes" in listed
    assert "ana@harbor.example" not in listed
    opened = olga.send(f"/admin/mails/{row.id}", page="/admin/mails")
    assert opened.headers["Cache-Control"] == "no-store"
    assert "ana@harbor.example" in opened.text
    assert "Hello Ana," in opened.text
    assert olga.send(f"/admin/mails/{row.id}/drop", page="/admin/mails").status_code == 303
    assert "Let be" in page(world, "mails")
    assert olga.send(f"/admin/mails/{row.id}", page="/admin/mails").status_code == 404
    assert olga.send("/admin/mails/x", page="/admin/mails").status_code == 404
    with world.hub.reading() as uow:
        done = uow.connection.scalars(sa.select(trail.c.action).where(trail.c.actor_id == world.ids["olga"]))
        assert {"mail_read", "mail_dropped"} <= set(done)
    assert olga.send("/admin/mails/test", page="/admin/mails").status_code == 303
    assert "Test to Olga Berg" in page(world, "mails")
    assert olga.send("/admin/mails/send-waiting", page="/admin/mails").status_code == 303


def test_who_read_all_about_somebody_stands_in_the_trail_once_an_hour(world: World) -> None:
    path = f"learners/{world.ids['ana']}"
    for _ in range(2):
        page(world, path)
    world.hub.clock.advance(minutes=61)  # type: ignore[attr-defined]
    page(world, path)
    page(world, f"learners/{world.ids['olga']}")
    with world.hub.reading() as uow:
        seen = sa.select(trail.c.actor_id, trail.c.subject_id).where(trail.c.action == "person_seen")
        rows = [tuple(row) for row in uow.connection.execute(seen)]
    assert rows == [(world.ids["olga"], world.ids["ana"])] * 2
