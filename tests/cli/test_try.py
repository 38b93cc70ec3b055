"""`hub try` on a live database: each plugin's opinion, what would come of it, and nothing written."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from hub.app import open_hub
from hub.audiences.rules.rule import switch_plugin
from hub.cli import main
from hub.config import Settings
from hub.journal import Change, record_changes
from hub.store import metadata
from tests.logs import logging_kept
from tests.packages import installed, write_plugin
from tests.world import World

PLUGIN = """
from hub.api import CatalogueRow, Completion, Opinion, Panel, PluginSettings, hookimpl


class Settings(PluginSettings):
    course: str = "comparing-brands"
    brands: int = 2


class Plugin:
    hub_api = "1.0"

    @hookimpl
    def register_settings(self):
        return Settings

    @hookimpl
    def decide_assignments(self, candidates):
        for one in candidates:
            if len(one.brands) >= self.settings.brands:
                yield Opinion(one.appointment_id, "offering", self.settings.course, "you work for many", one.starts)

    @hookimpl
    def plan_panels(self, view):
        return [Panel("Brands", f"since {view.starts[0]:%Y}")]

    @hookimpl
    def recognize_completion(self, statement, offering):
        if statement.verb.endswith("/attended"):
            return Completion("attended", "3", 0.5)

    @hookimpl
    def credit_granted(self, event, http):
        http.post("https://screen.example/goals", form={"goal": event.goal_id})

    @hookimpl
    def read_catalogue(self, source, http):
        for row in http.get(source.address).json():
            yield CatalogueRow(str(row), f"course-{row}", f"Course {row}", f"{source.address}/{row}")
"""
BROKEN = """
from hub.api import Opinion, hookimpl


class Plugin:
    hub_api = "1.0"

    @hookimpl
    def decide_assignments(self, candidates):
        yield Opinion(candidates[0].appointment_id, "offering", "no-such-course", "why not", candidates[0].starts)

    @hookimpl
    def plan_panels(self, view):
        raise RuntimeError("no panel today")

    @hookimpl
    def recognize_completion(self, statement, offering):
        raise RuntimeError("never")
"""
Try = Callable[..., str]


@pytest.fixture
def world(settings: Settings, tmp_path: Path) -> Iterator[World]:
    """Ann sells two brands and Bob one, for whom nothing is on yet; the plugins are installed."""
    projects = [write_plugin(tmp_path, "many", PLUGIN), write_plugin(tmp_path, "broken", BROKEN)]
    with installed(*projects):
        hub = open_hub(settings.model_copy(update={"plugins": ["many", "standard_completion"]}))
        world = World(hub).begin()
        world.add(brands=["A", "B"], positions=["salesperson"])
        world.add_location("Riverside", brands={"A": ["sell"], "B": ["sell"]})
        world.add_courses("south", "comparing-brands", "tires")
        for name, brands in (("ann", ["A", "B"]), ("bob", ["A"])):
            world.add_person(name)
            world.appoint(name, "salesperson", "Riverside", brands=brands)
            world.link(name)
        world.add_audience("sales", positions=("salesperson",))
        yield world
        hub.close()


@pytest.fixture
def hub_try(world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Try:
    """Runs the command and looks that not one row of any table is another afterwards."""
    monkeypatch.setenv("HUB_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("HUB_SECRET_KEY", settings.secret_key.get_secret_value())
    monkeypatch.setenv("HUB_PLUGINS", '["standard_completion"]')

    def run(*arguments: str, fails: bool = False) -> str:
        world.drain()
        before = every_row(world)
        with logging_kept():
            done = CliRunner().invoke(main, ["try", *arguments])
        assert every_row(world) == before
        assert (done.exit_code != 0) == fails, done.output
        return done.output

    return run


def every_row(world: World) -> dict[str, list[str]]:
    with world.hub.reading() as uow:
        return {
            table.name: sorted(map(repr, uow.connection.execute(sa.select(table))))
            for table in metadata.sorted_tables
        }


def switch_on(world: World, plugin: str = "many") -> None:
    with world.hub.unit_of_work() as uow:
        switch_plugin(uow, "sales", plugin, on=True)


def test_plugin_that_is_not_on_is_asked_as_if_it_were(hub_try: Try, world: World) -> None:
    said = hub_try("decide_assignments", "ann@riverside.example", "--plugin", "many")
    assert "many 1.0" in said
    assert "not on here: asked as if it were on for sales" in said
    assert "assign offering comparing-brands, because you work for many" in said
    assert "Would newly be asked for: comparing-brands (general)" in said
    assert "Nothing was written or sent." in said
    assert world.live_goals("ann") == {}
    for_bob = hub_try("decide_assignments", world.ids["bob"], "--plugin", "many")
    assert "nothing" in for_bob
    assert "Nothing would change." in for_bob


def test_settings_are_tried(hub_try: Try, tmp_path: Path) -> None:
    one = ("--settings", "brands=1", "--settings", "course=tires")
    assert "Would newly be asked for: tires" in hub_try(
        "decide_assignments", "bob@riverside.example", "--plugin", "many", *one
    )
    file = tmp_path / "many.toml"
    file.write_text('[plugin.many]\nbrands = 1\ncourse = "tires"\n')
    assert "tires" in hub_try(
        "decide_assignments", "bob@riverside.example", "--plugin", "many", "--settings", str(file)
    )
    wrong = hub_try(
        "decide_assignments", "bob@riverside.example", "--plugin", "many", "--settings", "brand=1", fails=True
    )
    assert "plugin.many.brand: Extra inputs are not permitted" in wrong
    assert "name it with --plugin" in hub_try(
        "decide_assignments", "bob@riverside.example", "--settings", "brands=1", fails=True
    )


def test_plugin_that_is_on_is_compared_with_what_is(
    hub_try: Try, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_PLUGINS", '["many", "standard_completion"]')
    switch_on(world)
    said = hub_try("decide_assignments", "ann@riverside.example")
    assert "asked for sales" in said
    assert "Stays asked for: comparing-brands (general)" in said
    changed = hub_try(
        "decide_assignments", "ann@riverside.example", "--plugin", "many", "--settings", "course=tires"
    )
    assert "Would newly be asked for: tires (general)" in changed
    assert "Would no longer be asked for: comparing-brands (general)" in changed


def test_bad_opinions_and_panels_are_shown_with_why(hub_try: Try) -> None:
    said = hub_try("decide_assignments", "ann@riverside.example", "--plugin", "broken")
    assert "cannot be used: There is no offering no-such-course." in said
    assert "Nothing would change." in said
    assert "failed: RuntimeError: no panel today" in hub_try(
        "plan_panels", "ann@riverside.example", "--plugin", "broken"
    )


def test_panels(hub_try: Try) -> None:
    assert "Brands: since 2020" in hub_try("plan_panels", "ann@riverside.example", "--plugin", "many")
    assert "No box would be shown." in hub_try("plan_panels", "ann@riverside.example")


def test_recognition_of_a_kept_statement_and_of_a_file(hub_try: Try, world: World, tmp_path: Path) -> None:
    sent = world.send("ann", "tires", verb="attended")
    alone = hub_try("recognize_completion", sent, "tires")
    assert "it does not complete the course" in alone
    with_plugin = hub_try("recognize_completion", sent, "tires", "--plugin", "many")
    assert "completes it, by attended v3, score 0.5" in with_plugin
    assert "Together: many would complete Tires." in with_plugin
    assert "It is a statement about ann Tester." in with_plugin
    assert "So far many recognized it." in with_plugin
    broken = hub_try("recognize_completion", sent, "tires", "--plugin", "broken")
    assert "failed: RuntimeError: never" in broken
    assert "would leave the reader waiting" in broken
    file = tmp_path / "statement.json"
    statement: dict[str, Any] = {
        "actor": {"mbox": "mailto:a@b.example"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://lms.example/courses/tires"},
        "timestamp": "2026-05-04T09:00:00Z",
    }
    file.write_text(json.dumps(statement))
    assert "standard_completion would complete Tires" in hub_try("recognize_completion", str(file), "tires")
    assert "has no statement" in hub_try("recognize_completion", "0" * 36, "tires", fails=True)


def test_telling_shows_what_would_be_sent(hub_try: Try, world: World) -> None:
    world.add_rule("tires", "tires", "sales", positions=("salesperson",))
    with world.hub.unit_of_work() as uow:
        record_changes(uow, [Change("person_changed", world.ids["ann"], {}, person_id=world.ids["ann"])])
    world.send("ann", "tires")
    said = hub_try("credit_granted", "ann@riverside.example", "--plugin", "many")
    assert "POST https://screen.example/goals {'goal':" in said
    assert "about ann Tester" in said
    assert "No credit_granted has happened yet to this person" in hub_try(
        "credit_granted", "bob@riverside.example", fails=True
    )


TOLD = """
from hub.api import Export, hookimpl


class Plugin:
    hub_api = "1.1"

    @hookimpl
    def goal_added(self, event, http):
        http.post("https://screen.example/new", form={"goal": event.goal_id, "dimension": event.dimension})

    @hookimpl
    def news_gathered(self, news, batch, http, mails):
        mails.write("tess@riverside.example", f"{len(news)} news of {news[0].name}", [one.title for one in news])

    @hookimpl
    def register_exports(self):
        return [Export("crm", ("offering:tires",))]

    @hookimpl
    def certified_changed(self, export, changes, http):
        for one in changes:
            http.post("https://crm.example/rows", form={"name": one.row.given_name, "title": one.row.title})
"""


def test_telling_of_what_is_no_event_of_its_own_shows_what_would_be_sent(
    hub_try: Try, world: World, tmp_path: Path
) -> None:
    with installed(write_plugin(tmp_path, "told", TOLD)):
        ann, bob = "ann@riverside.example", "bob@riverside.example"
        for hook in ("goal_added", "news_gathered"):
            assert f"No {hook} has happened yet" in hub_try(hook, "--plugin", "told", fails=True)
        assert "nobody is certified there" in hub_try("certified_changed", "--plugin", "told")
        world.add_rule("tires", "tires", "sales", positions=("salesperson",))
        with world.hub.unit_of_work() as uow:
            record_changes(uow, [Change("person_changed", world.ids["ann"], {}, person_id=world.ids["ann"])])
        world.drain()
        said = hub_try("goal_added", ann, "--plugin", "told")
        assert "POST https://screen.example/new {'goal':" in said
        assert "'dimension': 'sales'" in said
        world.send("ann", "tires")
        assert "mail to tess@riverside.example: 1 news of ann Tester" in hub_try(
            "news_gathered", ann, "--plugin", "told"
        )
        for who in ((), (ann,)):
            assert "POST https://crm.example/rows {'name': 'ann', 'title': 'Tires'}" in hub_try(
                "certified_changed", *who, "--plugin", "told"
            )
        assert "nobody is certified there" in hub_try("certified_changed", bob, "--plugin", "told")


def test_fetching_and_registering(hub_try: Try) -> None:
    said = hub_try("read_catalogue", "south", "http://127.0.0.1:9/list", "--plugin", "many")
    assert "over the network" in said
    assert "does not call this address" in said
    assert "Settings" in hub_try("register_settings", "--plugin", "many")


def test_json_and_what_is_wrong(hub_try: Try) -> None:
    tried = json.loads(hub_try("decide_assignments", "ann@riverside.example", "--plugin", "many", "--json"))
    (asked,) = tried["asked"]
    assert (asked["plugin"], asked["value"][0]["target"]) == ("many", "comparing-brands")
    assert "There is no hook nothing" in hub_try("nothing", fails=True)
    assert "Nobody is known as nobody" in hub_try("decide_assignments", "nobody", fails=True)
    assert "Name PERSON after the hook" in hub_try("decide_assignments", fails=True)
