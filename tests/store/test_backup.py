"""A backup is everything at one instant, and comes back on either kind of database, or not at all."""

import json
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.audiences.rules.conditions import Conditions
from hub.clock import SettableClock
from hub.config import Settings
from hub.errors import BadInput, Conflict
from hub.journal import CHANGES, Change, audit, record_changes
from hub.rebuild.state_hash import hash_state
from hub.rebuild.verify import verify
from hub.runtime import Hub
from hub.store import metadata
from hub.store.archive import Manifest
from hub.store.backup import write_backup
from hub.store.blobs import BlobStore
from hub.store.restore import restore_backup
from tests.databases import Kind, create_database, drop_database
from tests.journeys.happenings import Appointed, Arrived, Linked, NodeMoved, RuleSet
from tests.journeys.world import START, Sent, World, activity, new_world, open_test_hub

KINDS: tuple[Kind, ...] = ("sqlite", "postgres")


@pytest.fixture
def world(database_kind: Kind) -> Iterator[World]:
    """A world with rows of every kind of column, and a node whose parent was made after it."""
    with new_world(database_kind) as made:
        for happening in (
            Appointed(0, 0, 0, "technician", "internal", (), -100, 300),
            NodeMoved(1, 3),
            RuleSet(
                "brakes", "service", "brand", ("offering", "course-0-0"), Conditions(), -300, None, 30, None
            ),
            Linked(0, 0, "mbox"),
            Arrived((Sent(0, 0, "mbox", activity(0, 0), "completed", 0, score=0.9),)),
        ):
            happening.happen(made)
        made.drain()
        yield made


@contextmanager
def empty_hub(kind: Kind, *, migrated: bool = True) -> Iterator[Hub]:
    url = create_database(kind, migrated=migrated)
    hub = open_test_hub(url, SettableClock(START))
    try:
        yield hub
    finally:
        hub.close()
        drop_database(url)


def back_up(world: World, file: Path) -> Manifest:
    with world.hub.reading() as uow:
        return write_backup(uow, file, "key check", world.hub.blobs)


def contents(hub: Hub) -> dict[str, list[str]]:
    """All rows of all tables."""
    with hub.reading() as uow:
        return {
            table.name: sorted(
                json.dumps(dict(row), default=str, sort_keys=True)
                for row in uow.connection.execute(sa.select(table)).mappings()
            )
            for table in metadata.sorted_tables
        }


@pytest.mark.parametrize("target", KINDS)
def test_everything_comes_back_on_either_kind_of_database(world: World, tmp_path: Path, target: Kind) -> None:
    manifest = back_up(world, tmp_path / "hub.backup")
    with empty_hub(target) as hub:
        assert restore_backup(hub.engine, tmp_path / "hub.backup", hub.blobs) == manifest
        assert contents(hub) == contents(world.hub)
        with hub.reading() as uow, world.hub.reading() as other:
            assert hash_state(uow) == hash_state(other)
        assert verify(hub, patience=0).equal


@pytest.mark.parametrize("target", KINDS)
def test_a_restored_hub_goes_on(world: World, tmp_path: Path, target: Kind) -> None:
    """New rows of the journals are numbered after the old ones, and the triggers are there."""
    back_up(world, tmp_path / "hub.backup")
    with empty_hub(target) as hub:
        restore_backup(hub.engine, tmp_path / "hub.backup", hub.blobs)
        with hub.unit_of_work() as uow:
            before = uow.connection.scalar(sa.select(sa.func.max(CHANGES.table.c.position)))
            record_changes(uow, [Change("role_granted", "x", {})])
            audit(uow, "test")
            assert uow.connection.scalar(sa.select(sa.func.max(CHANGES.table.c.position))) == before + 1
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), hub.unit_of_work() as uow:
            uow.connection.execute(sa.delete(CHANGES.table))


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_database_without_tables_is_migrated_first(world: World, tmp_path: Path) -> None:
    back_up(world, tmp_path / "hub.backup")
    with empty_hub("sqlite", migrated=False) as hub:
        restore_backup(hub.engine, tmp_path / "hub.backup", hub.blobs)
        assert contents(hub) == contents(world.hub)


def test_a_database_that_holds_anything_is_left_alone(world: World, tmp_path: Path) -> None:
    back_up(world, tmp_path / "hub.backup")
    before = contents(world.hub)
    with pytest.raises(Conflict, match="not empty"):
        restore_backup(world.hub.engine, tmp_path / "hub.backup", world.hub.blobs)
    assert contents(world.hub) == before


def test_a_backup_is_of_one_instant(world: World, tmp_path: Path) -> None:
    """What is written while it runs is not in it, whichever table it was at."""
    before = {name: len(rows) for name, rows in contents(world.hub).items()}

    def meanwhile(step: str, done: int, total: int) -> None:
        with world.hub.unit_of_work() as uow:
            record_changes(uow, [Change("role_granted", f"{done}", {})])
            audit(uow, f"during {done}")

    with world.hub.reading() as uow:
        manifest = write_backup(uow, tmp_path / "hub.backup", "", world.hub.blobs, meanwhile)
    assert {name: content.rows for name, content in manifest.tables.items()} == before
    assert len(contents(world.hub)["audit"]) > before["audit"] + len(before)


def blobs_in(folder: Path) -> BlobStore:
    return BlobStore(Settings(secret_key="k" * 40, storage_url=f"file:{folder}"))


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
class TestFilesInside:
    """Attachments and course packages go with the rows."""

    @pytest.fixture
    def blobs(self, world: World) -> BlobStore:
        world.hub.blobs.put("attachments/a/1", bytes(range(256)) * 5_000)
        world.hub.blobs.put("packages/b/index.html", b"")
        return world.hub.blobs

    def test_they_come_back(self, world: World, blobs: BlobStore, tmp_path: Path) -> None:
        assert back_up(world, tmp_path / "hub.backup").files.rows == 2
        others = blobs_in(tmp_path / "others")
        with empty_hub("sqlite") as hub:
            restore_backup(hub.engine, tmp_path / "hub.backup", others)
        assert {each.key for each in others.list_blobs()} == {each.key for each in blobs.list_blobs()}
        assert all(others.get(each.key) == blobs.get(each.key) for each in blobs.list_blobs())

    @pytest.mark.parametrize(
        ("damage", "place"),
        [
            ("other bytes", "attachments/a/1"),
            ("one less", "packages/b/index.html"),
            ("one more", "files/packages/c"),
            ("other list", "files.jsonl"),
            ("no list", "files.jsonl"),
        ],
    )
    def test_damaged_ones_are_refused_before_anything_is_written(
        self, world: World, blobs: BlobStore, tmp_path: Path, damage: str, place: str
    ) -> None:
        back_up(world, tmp_path / "whole")
        with zipfile.ZipFile(tmp_path / "whole") as whole, zipfile.ZipFile(tmp_path / "hurt", "w") as hurt:
            for name in whole.namelist():
                content = whole.read(name)
                if (damage, name) in {
                    ("one less", "files/packages/b/index.html"),
                    ("no list", "files.jsonl"),
                }:
                    continue
                if (damage, name) in {
                    ("other bytes", "files/attachments/a/1"),
                    ("other list", "files.jsonl"),
                }:
                    content = content[:-2] + b"\n"
                hurt.writestr(name, content)
            if damage == "one more":
                hurt.writestr(place, b"")
        others = blobs_in(tmp_path / "others")
        with empty_hub("sqlite") as hub, pytest.raises(BadInput, match="damaged") as refused:
            restore_backup(hub.engine, tmp_path / "hurt", others)
        assert place in [problem.place for problem in refused.value.problems]
        assert not (tmp_path / "others").exists()

    def test_those_in_s3_stay_there(self, world: World, tmp_path: Path) -> None:
        bucket = BlobStore(Settings(secret_key="k" * 40, storage_url="s3://hub-files/here"))
        with world.hub.reading() as uow:
            manifest = write_backup(uow, tmp_path / "hub.backup", "", bucket)
        assert (manifest.files.rows, manifest.files_left_in) == (0, "s3://hub-files/here")
        with empty_hub("sqlite") as hub:
            assert restore_backup(hub.engine, tmp_path / "hub.backup", bucket) == manifest


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
class TestFile:
    def test_only_its_owner_can_read_it(self, world: World, tmp_path: Path) -> None:
        file = tmp_path / "hub.backup"
        back_up(world, file)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert not list(tmp_path.glob("*.part"))

    def test_none_is_overwritten(self, world: World, tmp_path: Path) -> None:
        file = tmp_path / "hub.backup"
        file.write_text("mine")
        with pytest.raises(Conflict, match="is there already"):
            back_up(world, file)
        assert file.read_text() == "mine"

    def test_one_that_fails_leaves_nothing(self, world: World, tmp_path: Path) -> None:
        def fail(step: str, done: int, total: int) -> None:
            if done == 5:
                raise OSError("disk full")

        with pytest.raises(OSError, match="disk full"), world.hub.reading() as uow:
            write_backup(uow, tmp_path / "hub.backup", "", world.hub.blobs, fail)
        assert not list(tmp_path.glob("hub.backup*"))

    @pytest.mark.parametrize("damage", ["a row less", "another value", "a table less", "a file more"])
    def test_one_that_is_damaged_is_refused_before_anything_is_written(
        self, world: World, tmp_path: Path, damage: str
    ) -> None:
        back_up(world, tmp_path / "whole")
        with zipfile.ZipFile(tmp_path / "whole") as whole, zipfile.ZipFile(tmp_path / "hurt", "w") as hurt:
            for name in whole.namelist():
                content = whole.read(name)
                if name == "tables/person.jsonl":
                    if damage == "a table less":
                        continue
                    lines = content.splitlines(keepends=True)
                    content = b"".join(lines[1:]) if damage == "a row less" else content
                    content = content.replace(b'"en"', b'"de"') if damage == "another value" else content
                hurt.writestr(name, content)
            if damage == "a file more":
                hurt.writestr("tables/moon.jsonl", b"{}\n")
        with empty_hub("sqlite") as hub:
            before = contents(hub)
            with pytest.raises(BadInput, match="damaged") as refused:
                restore_backup(hub.engine, tmp_path / "hurt", hub.blobs)
            assert contents(hub) == before
        assert [p.place for p in refused.value.problems] == [
            "tables/moon.jsonl" if "file" in damage else "person"
        ]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda m: m | {"format": 9}, "format 9"),
            (lambda m: m | {"schema": "0000"}, "schema 0000"),
            (lambda m: m | {"tables": {**m["tables"], "moon": m["tables"]["person"]}}, "other tables"),
            (lambda m: {}, "no manifest"),
        ],
    )
    def test_one_of_another_hub_is_refused(
        self,
        world: World,
        tmp_path: Path,
        change: Callable[[dict[str, object]], dict[str, object]],
        message: str,
    ) -> None:
        back_up(world, tmp_path / "ours")
        with zipfile.ZipFile(tmp_path / "ours") as ours, zipfile.ZipFile(tmp_path / "theirs", "w") as theirs:
            theirs.writestr("manifest.json", json.dumps(change(json.loads(ours.read("manifest.json")))))
        with empty_hub("sqlite") as hub, pytest.raises(BadInput, match=message):
            restore_backup(hub.engine, tmp_path / "theirs", hub.blobs)

    def test_something_else_is_no_backup(self, world: World, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("hello")
        with pytest.raises(BadInput, match="no backup"):
            restore_backup(world.hub.engine, tmp_path / "text", world.hub.blobs)
