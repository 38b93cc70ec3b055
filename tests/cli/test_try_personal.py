"""`hub try` of what plugins keep about people: it is shown, and afterwards everything is as it was."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from hub.app import open_hub
from hub.cli import main
from hub.config import Settings
from hub.http import OutgoingHttp
from hub.network.people.merge import merge_people
from hub.plugin_data.migrate import migrate_plugins
from hub.store import metadata
from tests.logs import logging_kept
from tests.packages import installed, write_plugin
from tests.plugin_data.shelf import TABLE, books, write_revision
from tests.world import World

KEEPER = """
from pathlib import Path

import sqlalchemy as sa

from hub.api import CatalogueRow, Erased, PersonalData, hookimpl

books = sa.table("plugin_shelf_book", sa.column("id"), sa.column("person_id"))


class Plugin:
    hub_api = "1.1"

    @hookimpl
    def register_migrations(self):
        return Path(__file__).parent / "migrations"

    @hookimpl
    def register_personal_data(self):
        return [PersonalData("Who reads which book", "so that it comes back", "the book is back")]

    @hookimpl
    def export_person(self, person_id):
        with self.storage.writing() as unit:
            for row in unit.connection.execute(sa.select(books).where(books.c.person_id == person_id)).all():
                yield {"book": row.id, "title": "Über Bremsen"}
            unit.connection.execute(sa.insert(books), {"id": 7, "person_id": "looked"})

    @hookimpl
    def erase_person(self, person_id, http):
        with self.storage.writing() as unit:
            gone = unit.connection.execute(sa.delete(books).where(books.c.person_id == person_id)).rowcount
        http.post("https://library.example/forget", form={"person": person_id})
        yield Erased("books", gone)

    @hookimpl
    def read_catalogue(self, source, http):
        with self.storage.writing() as unit:
            unit.connection.execute(sa.insert(books), {"id": 8, "person_id": "fetched"})
        yield CatalogueRow("1", "course-1", "Course 1", f"{source.address}/1")
"""
BROKEN = """
from hub.api import hookimpl


class Plugin:
    hub_api = "1.1"

    @hookimpl
    def export_person(self, person_id):
        yield {"line": 1}
        raise RuntimeError("the rest is lost")

    @hookimpl
    def erase_person(self, person_id):
        return ["all of it"]
"""
ANN, BOB = "ann@riverside.example", "bob@riverside.example"
Try = Callable[..., str]


@pytest.fixture
def world(settings: Settings, tmp_path: Path) -> Iterator[World]:
    """Ann reads books 1 and 2; Bob reads none."""
    shelf = write_plugin(tmp_path, "shelf", KEEPER)
    write_revision(shelf / "migrations", TABLE)
    with installed(shelf, write_plugin(tmp_path, "broken", BROKEN)):
        hub = open_hub(settings.model_copy(update={"plugins": ["shelf", "standard_completion"]}))
        migrate_plugins(hub.engine, hub.hooks)
        world = World(hub).begin()
        world.add(brands=["A"], positions=["salesperson"])
        world.add_location("Riverside", brands={"A": ["sell"]})
        world.add_courses("south", "tires")
        for name in ("ann", "bob"):
            world.add_person(name)
            world.appoint(name, "salesperson", "Riverside", brands=["A"])
        with hub.unit_of_work() as uow:
            rows = [{"id": id, "person_id": world.ids["ann"]} for id in (1, 2)]
            uow.connection.execute(sa.insert(books), rows)
        yield world
        hub.close()


@pytest.fixture
def hub_try(world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Try:
    """Runs the command; nothing may be written to any table, the plugin's own included, and nothing may leave the machine."""
    monkeypatch.setenv("HUB_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("HUB_SECRET_KEY", settings.secret_key.get_secret_value())
    monkeypatch.setenv("HUB_PLUGINS", '["shelf", "standard_completion"]')
    called: list[str] = []
    monkeypatch.setattr(OutgoingHttp, "_send", lambda self, method, url, *_, **__: called.append(url))

    def run(*arguments: str, fails: bool = False) -> str:
        world.drain()
        before = every_row(world)
        assert before["plugin_shelf_book"]
        with logging_kept():
            done = CliRunner().invoke(main, ["try", *arguments])
        assert every_row(world) == before
        assert called == []
        assert (done.exit_code != 0) == fails, done.output
        return done.output

    return run


def every_row(world: World) -> dict[str, list[str]]:
    with world.hub.reading() as uow:
        return {
            table.name: sorted(map(repr, uow.connection.execute(sa.select(table))))
            for table in (*metadata.sorted_tables, books)
        }


def test_export_shows_what_would_be_handed_out(hub_try: Try) -> None:
    said = hub_try("export_person", ANN)
    assert "export_person about ann Tester" in said
    assert "1. shelf 1.0" in said
    assert said.count("Über Bremsen") == 2
    assert '{"book": 1, "title": "Über Bremsen"}' in said
    assert "Nothing was written or sent." in said
    assert "keeps nothing" in hub_try("export_person", BOB)


def test_erasing_shows_what_would_go_and_be_sent_and_undoes_it(hub_try: Try, world: World) -> None:
    for _ in range(2):
        said = hub_try("erase_person", ANN)
        assert "would erase 2 books" in said
        assert f"POST https://library.example/forget {{'person': '{world.ids['ann']}'}}" in said
        assert "Together" not in said
        assert "Nothing was written or sent." in said
    assert "would erase nothing" in hub_try("erase_person", world.ids["bob"])


def test_who_fails_is_shown_with_what_comes_of_it(hub_try: Try) -> None:
    said = hub_try("export_person", ANN, "--plugin", "broken")
    assert '{"line": 1}' in said
    assert "failed: the rest is lost" in said
    assert "Über Bremsen" in said
    assert "Together: nothing would be handed out, of no plugin, while broken fails." in said
    said = hub_try("erase_person", ANN, "--plugin", "broken")
    assert "failed: erase_person answered str, not Erased" in said
    assert "would erase 2 books" in said
    assert "Together: the erasure would stay open until broken has done its part." in said


def test_whoever_became_part_of_a_person_is_asked_about_too(hub_try: Try, world: World) -> None:
    with world.hub.unit_of_work() as uow:
        uow.connection.execute(sa.insert(books), {"id": 3, "person_id": world.ids["bob"]})
        merge_people(uow, world.ids["bob"], world.ids["ann"], actor_id=None, extra={}, left_files=True)
    assert "would erase 3 books" in hub_try("erase_person", ANN)
    assert '"book": 3' in hub_try("export_person", ANN)


def test_json(hub_try: Try) -> None:
    (asked,) = json.loads(hub_try("export_person", ANN, "--json"))["asked"]
    assert [row["book"] for row in asked["value"]] == [1, 2]
    (asked,) = json.loads(hub_try("erase_person", ANN, "--json"))["asked"]
    assert asked["value"]["erased"] == {"books": 2}
    assert [request["url"] for request in asked["value"]["sent"]] == ["https://library.example/forget"]


def test_what_is_wrong(hub_try: Try) -> None:
    for hook in ("export_person", "erase_person"):
        assert "Name PERSON after the hook" in hub_try(hook, fails=True)
        assert "Nobody is known as nobody" in hub_try(hook, "nobody", fails=True)


def test_what_a_plugin_writes_while_it_fetches_is_undone_too(hub_try: Try) -> None:
    assert "Course 1" in hub_try("read_catalogue", "south", "https://lms.example/list", "--plugin", "shelf")
