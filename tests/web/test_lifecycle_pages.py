"""Retention and erasure on the admin pages: seen before, confirmed, and on record afterwards."""

import html
import re

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.journal.tables import audit, statement
from hub.lifecycle.receipts import list_receipts
from hub.lifecycle.rules import list_rules
from tests.web.world import World


@pytest.fixture
def busy(world: World, clock: SettableClock) -> World:
    """Statements of ten days ago: one is evidence, one waits."""
    world.appoint("ana", "seller", "hilltop")
    world.complete("ana", "needs", "south")
    world.complete("stranger", "needs", "south")
    clock.advance(days=10)
    return world


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(page)).split())


def count(world: World) -> int:
    with world.hub.reading() as uow:
        return uow.connection.scalar(sa.select(sa.func.count()).select_from(statement)) or 0


def lay_down(world: World, **fields: str) -> int:
    form = {"name": "Short", "keep_days": "5", "verb": "", "connection_id": "", "partner_id": "", "id": ""}
    answer = world.browser("olga").send("/admin/retention/rules", "/admin/retention", **(form | fields))
    return answer.status_code


def test_a_rule_is_laid_down_planned_and_applied_by_the_worker(busy: World) -> None:
    browser = busy.browser("olga")
    assert "Every statement is kept." in browser.get("/admin/retention").text
    assert lay_down(busy) == 303
    page = browser.get("/admin/retention/plan").text
    assert "1 statement would be deleted" in text(page)
    assert re.search(r"Short LMS South 1 [\d,]+ 0 1 0", text(page))
    assert count(busy) == 2
    plan = re.search(r'name="plan" value="([0-9a-f]{64})"', page)
    assert plan
    answer = browser.send("/admin/retention/apply", "/admin/retention/plan", plan=plan[1])
    assert answer.status_code == 303
    assert count(busy) == 2, "the worker does it"
    busy.work()
    assert count(busy) == 1
    page = text(browser.get("/admin/retention").text)
    assert "What was deleted 1 statement" in page
    assert "Olga Berg" in page
    assert "Deleted old statements" in browser.get("/admin/activity").text


def test_a_plan_nobody_has_seen_is_shown_and_not_applied(busy: World) -> None:
    lay_down(busy)
    answer = busy.browser("olga").send("/admin/retention/apply", "/admin/retention/plan", plan="0" * 64)
    assert answer.status_code == 409
    assert "This is not the plan you have seen; nothing was deleted." in text(answer.text)
    busy.work()
    assert count(busy) == 2


def test_rules_are_changed_and_removed(busy: World) -> None:
    assert lay_down(busy, verb="experienced", connection_id=busy.ids["south"]) == 303
    with busy.hub.reading() as uow:
        (rule,) = list_rules(uow)
    assert rule.verb == "http://adlnet.gov/expapi/verbs/experienced"
    browser = busy.browser("olga")
    assert 'value="5"' in browser.get(f"/admin/retention?rule={rule.id}").text
    assert lay_down(busy, id=rule.id, keep_days="9") == 303
    assert lay_down(busy, keep_days="never") == 400
    assert lay_down(busy, keep_days="9") == 409
    with busy.hub.reading() as uow:
        assert [(r.keep_days, r.verb) for r in list_rules(uow)] == [(9, None)]
    path = f"/admin/retention/rules/{rule.id}/remove"
    assert browser.send(path, "/admin/retention").status_code == 303
    assert browser.send(path, "/admin/retention").status_code == 404
    assert browser.get(f"/admin/retention?rule={rule.id}").status_code == 404


def test_a_person_is_erased_once_the_name_is_typed(busy: World) -> None:
    browser = busy.browser("olga")
    shown = browser.get("/admin/erasure?who=ana").text
    assert "What would be erased: Ana Lopes" in text(shown)
    assert re.search(r"Credits withdrawn 1\b", text(shown))
    form = {"person": busy.ids["ana"]}
    answer = browser.send("/admin/erasure", "/admin/erasure?who=ana", **form, confirmed="Ana")
    assert answer.status_code == 400
    assert count(busy) == 2
    answer = browser.send("/admin/erasure", "/admin/erasure?who=ana", **form, confirmed="Ana Lopes")
    assert answer.status_code == 303, answer.text
    receipt = browser.get(answer.location).text
    assert "Statements 1" in text(receipt)
    assert "does not fit" not in receipt
    assert "still to be removed; a worker does it" in text(receipt)
    assert "Lopes" not in receipt
    assert count(busy) == 1
    with busy.hub.reading() as uow:
        (kept,) = list_receipts(uow)
    document = browser.get(f"{answer.location}/receipt.json")
    assert document.json == kept.as_json()
    assert "attachment" in document.headers["Content-Disposition"]
    assert "A person" in browser.get("/admin/erasure").text
    assert "Erased somebody" in browser.get("/admin/activity").text
    assert "Nobody is called" in browser.get("/admin/erasure?who=ana").text


def test_an_actor_whom_nobody_knows_is_erased_by_an_identifier(busy: World) -> None:
    browser = busy.browser("olga")
    address = "stranger@harbor.example"
    shown = browser.get(f"/admin/erasure?who={address}").text
    assert f"What would be erased: mbox mailto:{address}" in text(shown)
    answer = browser.send(
        "/admin/erasure",
        f"/admin/erasure?who={address}",
        actor=f"mailto:{address}",
        confirmed=f"mbox mailto:{address}",
    )
    assert answer.status_code == 303
    assert count(busy) == 1
    assert "an actor the hub did not know" in browser.get(answer.location).text


def test_nobody_erases_themselves_or_nobody(busy: World) -> None:
    browser = busy.browser("olga")
    page = "/admin/erasure?who=ana"
    own = browser.send("/admin/erasure", page, person=busy.ids["olga"], confirmed="Olga Berg")
    assert own.status_code == 400
    assert browser.send("/admin/erasure", page, person="", confirmed="").status_code == 400
    assert browser.get("/admin/erasure/nonsense").status_code == 404
    with busy.hub.reading() as uow:
        assert list_receipts(uow) == []


def test_all_of_it_is_for_operators(busy: World) -> None:
    sofia = busy.browser("sofia")
    for path in ("retention", "retention/plan", "erasure"):
        assert sofia.get(f"/admin/{path}").status_code == 403
    answer = sofia.send("/admin/erasure", person=busy.ids["ana"], confirmed="Ana Lopes")
    assert answer.status_code == 403
    assert count(busy) == 2
    with busy.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(audit).where(audit.c.action == "admin")).all()
    assert len(rows) == 4
