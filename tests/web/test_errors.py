"""What went wrong: one page for people, one JSON problem for programs, one reference in both and in the log."""

import logging
import re

import pytest
import sqlalchemy as sa

from hub.app import create_app
from hub.errors import BadInput, OutsideFailed, Problem
from hub.journal.tables import audit
from hub.sso.limits import TooManyRequests
from tests.web.world import World

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
JSON = {"Accept": "application/json"}


@pytest.fixture
def broken(world: World) -> World:
    """A hub with addresses that fail in every way."""
    app = world.app = create_app(world.hub)

    @app.get("/broken/<how>")
    def fail(how: str) -> str:
        raise {
            "idp": OutsideFailed(
                "idp_unreachable", "Harbor Sign-in does not answer.", "Try again in a few minutes."
            ),
            "input": BadInput(
                "bad_file", "This file cannot be used.", "Correct it.", [Problem("no <name>", "line 3")]
            ),
            "flood": TooManyRequests(60),
        }.get(how) or ZeroDivisionError(f"a secret {how}")

    return world


def audited(world: World, action: str) -> list[tuple[str, str | None]]:
    with world.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(audit).where(audit.c.action == action)).all()
    return [(row.reason, row.actor_id) for row in rows]


def test_an_unknown_address_is_a_page_with_a_way_on(world: World) -> None:
    stranger, ana = world.browser().get("/nothing"), world.browser("ana").get("/nothing")
    assert stranger.status_code == ana.status_code == 404
    assert "There is no such page." in stranger.text
    assert "Go to the sign-in page" in stranger.text
    assert "Go to My training" in ana.text
    assert "Ana Lopes" in ana.text


def test_programs_get_a_problem(world: World) -> None:
    answer = world.browser().get("/nothing", headers=JSON)
    problem = answer.get_json()
    assert answer.mimetype == "application/problem+json"
    assert problem["status"] == answer.status_code == 404
    assert problem["code"] == "not_found"
    assert len(problem["reference"]) == 8


def test_a_wrong_method_names_the_right_ones(world: World) -> None:
    answer = world.browser("ana").get("/sign-out")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert "This address cannot be used like that." in answer.text


def test_another_systems_failure_says_what_to_do(broken: World) -> None:
    answer = broken.browser("ana").get("/broken/idp")
    assert answer.status_code == 502
    for words in ("Harbor Sign-in does not answer.", "Try again in a few minutes.", "idp_unreachable"):
        assert words in answer.text


def test_every_problem_is_listed_and_escaped(broken: World) -> None:
    page = broken.browser("ana").get("/broken/input")
    assert page.status_code == 400
    assert "<li>line 3: no &lt;name&gt;</li>" in page.text
    problem = broken.browser("ana").get("/broken/input", headers=JSON)
    assert problem.get_json()["problems"] == [{"message": "no <name>", "place": "line 3"}]


def test_a_flood_is_told_when_to_come_back(broken: World) -> None:
    answer = broken.browser().get("/broken/flood")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"


def test_an_unexpected_error_tells_nothing_but_a_reference(
    broken: World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = broken.browser("ana").get("/broken/by-surprise")
    assert answer.status_code == 500
    assert "Something went wrong in the hub." in answer.text
    assert "secret" not in answer.text
    assert "ZeroDivisionError" not in answer.text
    assert re.search(r'Reference <span class="code">[A-Z2-7]{8}</span>', answer.text)
    assert "ZeroDivisionError" in caplog.text


def test_the_reference_of_the_page_stands_in_the_log(broken: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from structlog.contextvars import get_contextvars

    seen: list[str] = []
    monkeypatch.setattr(
        broken.app, "log_exception", lambda _: seen.append(str(get_contextvars()["reference"]))
    )
    answer = broken.browser("ana").get("/broken/by-surprise")
    assert len(seen) == 1
    assert seen[0] in answer.text
    assert "reference" not in get_contextvars(), "the next request has its own"


def test_wb5_a_post_without_its_token_is_refused(world: World) -> None:
    paths = ("/sign-in", "/sign-out", "/launch/00000000-0000-7000-8000-000000000000")
    for path in paths:
        for form in ({}, {"csrf_token": "made-up"}):
            answer = world.browser("ana").post(path, data=form)
            assert answer.status_code == 400
            assert "This form is out of date." in answer.text
    assert audited(world, "form") == [("no_form_token", world.ids["ana"])] * 2 * len(paths)
    assert audited(world, "sign_out") == audited(world, "launch") == []


def test_wb5_another_browsers_token_is_refused(world: World) -> None:
    page = world.browser("ana").get("/my-training").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    assert world.browser("ana").post("/sign-out", data={"csrf_token": token[1]}).status_code == 400


def test_wb5_admin_forms_too(world: World) -> None:
    for path in ("/admin/plugins/first_90_days/switch", "/admin/deliveries/1/resend"):
        answer = world.browser("olga").post(path, data={"audience": "new-technicians", "on": "1"})
        assert answer.status_code == 400
    assert audited(world, "plugin_switched") == []


def test_a_flood_of_refused_forms_does_not_fill_the_audit_trail(world: World) -> None:
    for _ in range(30):
        assert world.browser().post("/sign-in").status_code == 400
    assert len(audited(world, "form")) == 20


def test_what_is_too_large_is_refused(world: World) -> None:
    world.app.config["MAX_CONTENT_LENGTH"] = 100  # of this test alone: see tests/apps.py
    answer = world.browser().post("/sign-in", data={"csrf_token": "x" * 1000})
    assert answer.status_code == 413
    assert "That is more than the hub takes at once." in answer.text
