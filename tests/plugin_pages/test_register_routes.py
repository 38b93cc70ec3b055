"""register_routes: pages of plugins are closed, walled, escaped and guarded like the hub's own, and gone when it is off."""

import html
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from hub import hookspecs
from hub.access.roles import grant_partner_admin
from hub.api import (
    BadInput,
    Button,
    Candidate,
    Field,
    Form,
    Heading,
    Json,
    Link,
    Opinion,
    Page,
    Redirect,
    Request,
    Route,
    Table,
    Tag,
    Text,
    hookimpl,
    reads,
)
from hub.audiences.rules.rule import switch_plugin
from hub.audiences.tables import plugin_note
from hub.hooks import Hooks, Plugin
from hub.hooks.watch import here
from hub.journal.views import list_audit, list_timings
from hub.plugin_pages import request as request_module
from hub.plugin_pages import seen as seen_module
from hub.plugin_pages.route import check_routes
from hub.web.timings import save_web_timings
from tests.plugin_pages.conftest import WithPages
from tests.web.world import World

EVERYBODY = ("manager", "partner_admin", "operator")


class Visits:
    """Pages of each kind; ``routes`` replaces them."""

    hub_api = "1.1"

    def __init__(self, routes: Sequence[Route] | None = None) -> None:
        self.routes = routes

    @hookimpl
    def register_routes(self) -> Sequence[Route]:
        if self.routes is not None:
            return self.routes
        return [
            Route("", self.mine, menu="My visits"),
            Route("team", self.team, may=EVERYBODY, menu="Visits"),
            Route("service", self.team, may=("manager:service",)),
            Route("team/<appointment_id>", self.note, may=EVERYBODY, methods=("POST",)),
            Route("numbers", lambda request: Json({"viewer": request.viewer_id}), may=("operator",)),
            Route("open", self.open, may=(), open_because="The plan of visits hangs at the door, too."),
        ]

    def mine(self, request: Request) -> Page:
        names = [f"{each.name} at {each.location}" for each in request.people()]
        return Page(
            "My visits", [Text(name) for name in names], lead=f"{request.viewer_name}, {request.query}"
        )

    def team(self, request: Request) -> Page:
        rows = [
            [each.name, each.partner, each.starts, each.noted_by or None, self.form(each.appointment_id)]
            for each in request.people(request.query.get("words", ""))
        ]
        return Page("Visits", [Table(["Who", "Partner", "Since", "Noted by", ""], rows, empty="Nobody")])

    def form(self, appointment_id: str) -> Form:
        return Form(f"team/{appointment_id}", [Button("Visited", "done", "yes", about="him")])

    def note(self, request: Request) -> Redirect:
        if request.form["done"] != "yes":
            raise BadInput("not_done", "There was no <visit>.", "Go there first.")
        with request.writing() as unit:
            unit.remember(request.values["appointment_id"], {"visited": True})
        return Redirect("team", "It is <b>noted</b>.")

    def open(self, request: Request) -> Page:
        return Page("Plan", [Text(f"{len(request.people())} people, {request.roles}")])


def text(world: World, who: str, path: str, status: int = 200) -> str:
    answer = world.browser(who).get(path)
    assert answer.status_code == status, answer.text
    return html.unescape(answer.text)


@pytest.fixture
def world(with_pages: WithPages) -> World:
    """Ana at Riverside and Nils at Hilltop; Pia looks after the dealer's people, Mia after the maker's."""
    made = with_pages(Visits())
    made.ids["of-ana"] = made.appoint("ana", "technician", "riverside")
    made.ids["of-nils"] = made.appoint("nils", "seller", "hilltop")
    for name, partner in (("pia", "dealer"), ("mia", "maker")):
        made.person(name, name.capitalize(), "Roth", partner)
        with made.hub.unit_of_work() as uow:
            grant_partner_admin(uow, made.ids[name], made.ids[partner])
    return made


def test_register_routes_and_each_sees_whom_they_may_see(world: World) -> None:
    assert "Ana Lopes at Riverside" in text(world, "ana", "/plugins/visits/")
    for who, seen in {
        "sofia": {"Ana Lopes"},  # service, in the south
        "marc": {"Nils Holm"},  # sales, at the coast
        "pia": {"Ana Lopes", "Nils Holm"},
        "mia": set(),  # of the other partner
        "olga": {"Ana Lopes", "Nils Holm"},
    }.items():
        page = text(world, who, "/plugins/visits/team")
        assert {name for name in ("Ana Lopes", "Nils Holm") if name in page} == seen, who
    assert "Nobody" in text(world, "mia", "/plugins/visits/team")
    assert "Nils" not in text(world, "olga", "/plugins/visits/team?words=lop")


def test_a_page_is_closed_to_those_it_is_not_for(world: World) -> None:
    assert "not for you" in text(world, "ana", "/plugins/visits/team", 403)
    assert "Visits" in text(world, "sofia", "/plugins/visits/service")
    for who in ("marc", "olga"):  # another dimension, and no role of the route
        text(world, who, "/plugins/visits/service", 403)
    text(world, "pia", "/plugins/visits/numbers", 403)
    assert world.browser("olga").get("/plugins/visits/numbers").json == {"viewer": world.ids["olga"]}
    with world.hub.reading() as uow:
        refused = list_audit(uow, actions=("plugin_page",), outcome="refused").rows
    assert [row.reason for row in refused] == ["not_for_you"] * 4


def test_who_is_not_signed_in_is_sent_there_and_an_open_page_says_why_it_is_open(world: World) -> None:
    sent = world.browser().get("/plugins/visits/")
    assert (sent.status_code, "/sign-in?return_to=%2Fplugins%2Fvisits%2F" in sent.headers["Location"]) == (
        303,
        True,
    )
    assert "0 people, ()" in text(world, "", "/plugins/visits/open")
    assert "0 people, ()" in text(world, "olga", "/plugins/visits/open")


def test_a_form_needs_its_token_and_notes_only_about_whom_one_may_see(world: World) -> None:
    path, page = f"/plugins/visits/team/{world.ids['of-ana']}", "/plugins/visits/team"
    sofia = world.browser("sofia")
    assert sofia.post(path, data={"done": "yes"}).status_code == 400
    done = sofia.send(path, page, done="yes")
    assert (done.status_code, done.headers["Location"]) == (303, page)
    shown = sofia.get(page).text
    assert "It is &lt;b&gt;noted&lt;/b&gt;." in shown
    assert "Sofia Keller" in shown
    refused = sofia.send(f"/plugins/visits/team/{world.ids['of-nils']}", page, done="yes")
    assert refused.status_code == 404
    with world.hub.reading() as uow:
        kept = uow.connection.execute(sa.select(plugin_note)).all()
    assert [(row.appointment_id, row.noted_by) for row in kept] == [(world.ids["of-ana"], world.ids["sofia"])]
    wrong = sofia.send(path, page, done="no")
    assert (wrong.status_code, "There was no &lt;visit&gt;." in wrong.text) == (400, True)
    assert sofia.get(path).status_code == 405
    assert sofia.get("/plugins/visits/nothing").status_code == 404
    assert sofia.get("/plugins/nobody/").status_code == 404


def test_menus_hold_links_for_those_who_may(world: World) -> None:
    assert 'href="/plugins/visits/">My visits' in text(world, "ana", "/my-training")
    assert 'href="/plugins/visits/team">Visits' in text(world, "sofia", "/team")
    assert 'href="/plugins/visits/team">Visits' in text(world, "pia", "/partner")
    assert 'href="/plugins/visits/team">Visits' in text(world, "olga", "/admin")
    assert "/plugins/visits/team" not in text(world, "ana", "/my-training")


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)  # nothing is written
def test_no_path_leads_to_another_host(with_pages: WithPages) -> None:
    def view(_: Request) -> Page:
        return Page("Here")

    routes = [Route("<id>/approve", view), Route("requests/", view), Route("plain", view), Route("", view)]
    world = with_pages(Visits(routes))
    for who in ("", "ana"):
        for path in ("evil.com//approve", "evil.com//evil.com//approve", "x//plain", "plain//"):
            answer = world.browser(who).get(f"/plugins/visits/{path}")
            assert (answer.status_code, answer.headers.get("Location")) == (404, None), path
        led = world.browser(who).get("/plugins/visits//evil.com/approve").headers.get("Location", "/")
        assert led.startswith(("/plugins/", "http://127.0.0.1:8000/plugins/"))
    for path in ("requests", "requests/", "plain", "evil.com/approve", ""):
        assert "Here" in text(world, "ana", f"/plugins/visits/{path}")


class Switched(Visits):
    """As Visits, but switched per audience."""

    @hookimpl
    @reads("starts")
    def decide_assignments(self, candidates: Sequence[Candidate]) -> Iterator[Opinion]:
        return iter(())


def test_switched_off_its_pages_are_gone_at_the_next_request_and_on_they_tell_of_its_audience(
    with_pages: WithPages,
) -> None:
    world = with_pages(Switched())
    world.appoint("ana", "technician", "riverside")
    world.appoint("nils", "seller", "riverside")

    def switch(on: bool) -> None:
        with world.hub.unit_of_work() as uow:
            switch_plugin(uow, "new-technicians", "visits", on=on)

    text(world, "sofia", "/plugins/visits/team", 404)
    assert "Visits" not in text(world, "sofia", "/team")
    switch(True)
    page = text(world, "sofia", "/plugins/visits/team")
    assert ("Ana Lopes" in page, "Nils Holm" in page) == (True, False)
    switch(False)
    text(world, "sofia", "/plugins/visits/team", 404)


class Staff:
    """Two pages of whom the viewer may see, and how many of them are seen again by their ids."""

    hub_api = "1.1"

    @hookimpl
    def register_routes(self) -> Sequence[Route]:
        return [Route("", self.staff, may=("operator",))]

    @hookimpl
    @reads("starts")
    def decide_assignments(self, candidates: Sequence[Candidate]) -> Iterator[Opinion]:
        return iter(())

    def staff(self, request: Request) -> Json:
        words = request.query.get("words", "")
        first = request.people(words)
        then = request.people(words, first[-1].appointment_id) if first else []
        again = request.see([each.appointment_id for each in [*first, *then]])
        return Json([[each.name for each in first], [each.name for each in then], len(again)])


def test_people_are_read_a_page_at_a_time_however_many_there_are(
    with_pages: WithPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By names in any case, each once; no query brings more than it looks at, and somewhere it ends."""
    world = with_pages(Staff())
    for n, family in enumerate(["ab", "Ac", "AB", "aa", "b", "B", "ab"]):
        world.person(f"p{n}", "Jo", family)
        world.appoint(f"p{n}", "seller" if family == "aa" else "technician", "riverside")
    with world.hub.unit_of_work() as uow:
        switch_plugin(uow, "new-technicians", "visits", on=True)
    monkeypatch.setattr(seen_module, "PAGE", 2)
    limits: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if "ORDER BY lower(" in statement and "appointment" in statement:
            limits.append("LIMIT" if "LIMIT" in statement else statement)

    sa.event.listen(world.hub.engine, "after_cursor_execute", note)

    def asked(words: str = "") -> Any:
        return world.browser("olga").get(f"/plugins/visits/?words={words}").json

    assert asked() == [["Jo ab", "Jo AB"], ["Jo ab", "Jo Ac"], 4]
    assert limits[:2] == ["LIMIT"] * 2
    assert asked("B") == [["Jo b", "Jo B"], [], 2]
    assert asked("jo+a")[0] == ["Jo ab", "Jo AB"]
    before = len(limits)
    monkeypatch.setattr(seen_module, "_exactly", lambda *_: [])
    monkeypatch.setattr(seen_module, "ROUNDS", 1)
    assert asked() == [[], [], 0]
    assert len(limits) == before + 2  # the one of people(), and that of see()


def test_reading_people_is_not_counted_against_the_plugin(
    with_pages: WithPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow database is not the plugin's doing: neither for people nor for whom is noted about."""
    shelters: list[int] = []
    real = seen_module.read_seen

    def slow(*args: Any, **kwargs: Any) -> Any:
        shelters.append(here.slot.shelter)
        return real(*args, **kwargs)

    monkeypatch.setattr(request_module, "read_seen", slow)
    world = with_pages(Visits())
    about = world.appoint("ana", "technician", "riverside")
    page = "/plugins/visits/team"
    assert world.browser("sofia").send(f"{page}/{about}", page, done="yes").status_code == 303
    assert len(shelters) >= 2
    assert all(shelters)


def shown(with_pages: WithPages, view: Callable[[Request], object]) -> tuple[World, int, str]:
    world = with_pages(Visits([Route("", view)]))  # type: ignore[arg-type]
    answer = world.browser("ana").get("/plugins/visits/")
    return world, answer.status_code, answer.text


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)  # nothing is written
def test_everything_on_a_page_is_escaped(with_pages: WithPages) -> None:
    bad = "<script>alert('x')</script>\""
    parts: list[Any] = [
        Text(bad, "bad"),
        Heading(bad),
        Link(bad, bad, {bad: bad}),
        Table(
            [bad] * 6,
            [[bad, 7, date(2026, 5, 4), datetime(2026, 5, 4, tzinfo=UTC), Tag(bad), Link(bad, "x")]],
        ),
        Form(bad, [Button(bad, bad, bad, about=bad)], [Field(bad, bad, "choice", bad, [(bad, bad)], bad)]),
        Form("x", [Button("y")], [Field(bad, bad, kind, bad) for kind in ("text", "lines", "hidden")]),
    ]
    _, status, page = shown(with_pages, lambda _: Page(bad, parts, bad))
    assert status == 200
    assert "<script>alert" not in page
    assert "alert(&#39;x&#39;)" in page
    assert "4 May 2026" in page


WRONG: dict[str, Callable[[Request], object]] = {
    "raises": lambda _: 1 / 0,
    "leaves": lambda _: exec("raise SystemExit"),
    "a text": lambda _: "<h1>Mine</h1>",
    "nothing": lambda _: None,
    "a strange part": lambda _: Page("x", ["<b>x</b>"]),  # type: ignore[list-item]
    "a strange cell": lambda _: Page("x", [Table(["a"], [[{}]])]),  # type: ignore[list-item]
    "a strange text": lambda _: Page(7),  # type: ignore[arg-type]
    "a strange tone": lambda _: Page("x", [Text("x", "loud")]),  # type: ignore[arg-type]
    "too few cells": lambda _: Page("x", [Table(["a", "b"], [["a"]])]),
}


@pytest.mark.parametrize("view", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_view_that_fails_becomes_the_usual_page_and_is_counted(
    with_pages: WithPages, view: Callable[[Request], object]
) -> None:
    world, status, page = shown(with_pages, view)
    assert (status, "Something went wrong in the hub." in page) == (500, True)
    save_web_timings(world.hub)
    with world.hub.reading() as uow:
        (timing,) = [row for row in list_timings(uow) if row.hook == "register_routes"]
    assert timing.errors == 1
    assert world.browser("ana").get("/my-training").status_code == 200


def view(_: Request) -> Page:
    return Page("x")


@pytest.mark.parametrize(
    ("routes", "told"),
    [
        ([Route("a", view), Route("a", view)], "two routes"),
        ([Route("<a>", view), Route("<b>", view, methods=("GET", "POST"))], "two routes"),
        ([Route("a", view, may=())], "for nobody"),
        ([Route("a", view, may=("everybody",))], "roles are"),
        ([Route("a", view, may="learner")], "roles are"),
        ([Route("../admin", view)], "cannot be"),
        ([Route("a", view, methods=("DELETE",))], "cannot be"),
        ([Route("a", None)], "cannot be"),  # type: ignore[arg-type]
        ([Route("<a>", view, menu="A")], "menu"),
        (["a"], "answered str"),
        (7, "failed"),
    ],
)
def test_routes_that_cannot_be_stop_the_start_and_name_the_plugin(routes: Sequence[Route], told: str) -> None:
    plugin = Visits()
    plugin.register_routes = hookimpl(lambda: routes)  # type: ignore[method-assign]
    hooks = Hooks(hookspecs, [Plugin("visits", "1", plugin)])
    with pytest.raises(BadInput, match=told) as refused:
        check_routes(hooks)
    assert "The plugin visits cannot be used" in refused.value.message
