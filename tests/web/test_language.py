"""Pages in the reader's language: what they chose, what the hub knows of them, what their browser asks for."""

from datetime import UTC, datetime

import sqlalchemy as sa

from hub.network.people.preferences import Preferences, read_preferences
from hub.network.tables import person
from hub.training.my_training.reasons import Reason
from hub.web.learning.reason_words import reason_words
from tests.web.world import World


def test_before_sign_in_the_browser_is_asked(world: World) -> None:
    browser = world.browser()
    page = browser.get("/sign-in", headers={"Accept-Language": "pt, fr-CA;q=0.9, de;q=0.5"}).text
    assert '<html lang="fr">' in page
    assert "Adresse e-mail professionnelle" in page
    assert '<html lang="en">' in browser.get("/sign-in", headers={"Accept-Language": "pt"}).text
    answer = browser.post("/language", data={"language": "de", "return_to": "/team"})
    assert (answer.status_code, answer.location) == (303, "/team")
    page = browser.get("/sign-in", headers={"Accept-Language": "fr"}).text
    assert "Dienstliche E-Mail" in page
    assert browser.post("/language", data={"language": "tlh"}).status_code == 400
    assert browser.post("/language", data={"language": "es", "return_to": "//evil"}).location == "/"


def test_a_person_reads_what_they_chose_wherever_they_sign_in(world: World) -> None:
    hub, ana = world.hub, world.ids["ana"]
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(person).where(person.c.id == ana).values(locale="es-MX"))
    assert "Mi formación" in world.browser("ana").get("/my-training").text
    browser = world.browser("ana")
    browser.post("/language", data={"language": "de"})
    page = world.browser("ana").get("/my-training", headers={"Accept-Language": "fr"}).text
    assert "Meine Schulungen" in page
    with hub.reading() as uow:
        assert read_preferences(uow, ana).language == "de"
    missing = browser.get("/my-training/why/nothing").text
    assert "Dieses Ziel gibt es in Ihren Schulungen nicht." in missing


def test_whoever_looks_reads_the_own_language(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        ana = person.c.id == world.ids["ana"]
        uow.connection.execute(sa.update(person).where(ana).values(locale="de"))
    browser = world.browser("olga")
    assert browser.send(f"/admin/learners/{world.ids['ana']}/look").status_code == 303
    page = browser.get("/my-training").text
    assert '<html lang="en">' in page


def test_operators_read_their_pages_in_their_own_language(world: World) -> None:
    browser = world.browser("olga")
    browser.post("/language", data={"language": "de"})
    page = browser.get("/admin").text
    assert '<html lang="de">' in page
    assert "Überblick" in page
    assert "Nothing needs attention" not in page
    assert "Zustellungen" in browser.get("/admin/deliveries").text


def test_what_one_wants_to_be_told_is_chosen_on_the_account_page(world: World) -> None:
    browser = world.browser("ana")
    form = {"digests": "yes", "kind": ["new", "overdue"], "quiet_from": "22", "quiet_to": "6"}
    assert browser.send("/account/messages", "/account/messages", **form).status_code == 303
    with world.hub.reading() as uow:
        chosen = read_preferences(uow, world.ids["ana"])
    assert chosen == Preferences("", True, frozenset({"soon", "credited"}), 22, 6)
    for hour in ("25", "late"):
        wrong = {**form, "quiet_to": hour}
        assert browser.send("/account/messages", "/account/messages", **wrong).status_code == 400


def test_reasons_say_in_english_what_programs_are_told(world: World) -> None:
    at = datetime(2026, 5, 3, tzinfo=UTC)
    rule = Reason(
        "rule",
        "brake-safety",
        "1",
        "Brakes",
        "Technician",
        ("Aquila", "Borealis"),
        "Riverside",
        "R",
        at,
        None,
        None,
    )
    own = Reason("self", "x", "1", "chosen by yourself", "", (), "", "", at, at, None)
    given = Reason("manager", "x", "1", "Sara", "Technician", (), "Riverside", "R", at, None, None)
    with world.app.test_request_context("/"):
        assert [reason_words(each) for each in (rule, own, given)] == [
            each.sentence for each in (rule, own, given)
        ]
    with world.app.test_request_context("/", headers={"Accept-Language": "de"}):
        assert (
            reason_words(rule)
            == "Technician für Aquila und Borealis bei Riverside, Regel brake-safety, seit 3. Mai 2026"
        )
