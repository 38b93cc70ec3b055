"""Statements go out into files and come in again: the same ones, each once, whatever happens in between."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.errors import BadInput, Conflict, HubError, Missing
from hub.journal.tables import reader, statement
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.xapi.forward.filters import StatementFilter
from hub.xapi.transfer import export_statements as exporting
from hub.xapi.transfer.export_statements import ExportOptions, export_statements
from hub.xapi.transfer.follow import following, forget_export, reader_name
from hub.xapi.transfer.formats import FORMATS
from hub.xapi.transfer.import_statements import import_statements
from hub.xapi.transfer.manifest import MANIFEST, read_manifest
from tests.xapi.rig import AGENT, VERBS, Store, full_statement, new_uuid, open_store
from tests.xapi.rig import statement as statement_json
from tests.xapi.transfer.compare import everything

ROOT = Path(__file__).parents[3]


def fill(store: Store, count: int = 7) -> list[str]:
    """So many plain statements, a voiding and one that uses everything."""
    ids = store.post([statement_json(result={"response": f"line\n{n}"}) for n in range(count)]).json
    target = {"objectType": "StatementRef", "id": ids[0]}
    ids += store.post(statement_json(verb={"id": VERBS + "voided"}, object=target)).json
    ids += store.post(json.dumps(full_statement(), indent=2).encode()).json
    return [str(id) for id in ids]


def lines_of(folder: Path) -> list[dict[str, Any]]:
    files = [folder / file.name for file in read_manifest(folder).files]
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def count(hub: Hub) -> int:
    with hub.reading() as uow:
        return uow.connection.scalar(sa.select(sa.func.count()).select_from(statement)) or 0


@pytest.fixture
def source(hub: Hub, store: Store) -> Hub:
    """A hub with nine statements."""
    fill(store)
    return hub


@pytest.mark.parametrize("format", FORMATS)
def test_what_goes_out_comes_in_again_as_it_was(
    source: Hub, store: Store, other_hub: Hub, there: Store, tmp_path: Path, format: str
) -> None:
    report = export_statements(source, tmp_path / "out", ExportOptions(format, per_file=4))
    assert (report.statements, report.files, report.total) == (9, 3, 9)
    for file in read_manifest(tmp_path / "out").files:
        content = (tmp_path / "out" / file.name).read_bytes()
        assert (file.bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    arrived = import_statements(other_hub, there.connection_id, [tmp_path / "out"])
    assert (arrived.counts.new, arrived.stored) == (9, 9)
    assert everything(there) == everything(store)
    again = import_statements(other_hub, there.connection_id, [tmp_path / "out"])
    assert (again.counts.new, again.counts.known, again.stored) == (0, 9, 0)
    assert count(other_hub) == 9


def test_the_store_sets_stored_and_keeps_the_authority(
    source: Hub, store: Store, other_hub: Hub, there: Store, tmp_path: Path, clock: SettableClock
) -> None:
    export_statements(source, tmp_path / "out", ExportOptions("ndjson"))
    clock.advance(days=3)
    import_statements(other_hub, there.connection_id, [tmp_path / "out"])
    [id] = store.ids(limit=1)
    before, after = store.get(statementId=id).json, there.get(statementId=id).json
    assert before["authority"]["account"]["name"] == store.key
    assert after["authority"] == before["authority"]
    assert after["stored"] > before["stored"]
    assert there.ids(agent=json.dumps(before["authority"]), related_agents="true", limit=1) == [id]


def test_a_file_of_another_store_needs_neither_ids_nor_timestamps(
    there: Store, other_hub: Hub, tmp_path: Path
) -> None:
    bare = statement_json()
    stored = statement_json(stored="2019-03-04T05:06:07Z", verb={"id": VERBS + "passed"})
    own = statement_json(id=new_uuid(), version="2.0.0", authority=AGENT)
    file = tmp_path / "other.jsonl"
    file.write_bytes(
        b"\xef\xbb\xbf" + "\r\n".join(["", *map(json.dumps, [bare, stored, own, own]), ""]).encode()
    )
    report = import_statements(other_hub, there.connection_id, [file])
    assert (report.counts.new, report.counts.repeated) == (3, 1)
    assert import_statements(other_hub, there.connection_id, [file]).counts.new == 0
    assert there.page(verb=VERBS + "passed")["statements"][0]["timestamp"] == "2019-03-04T05:06:07Z"
    assert there.get(statementId=own["id"]).json["authority"]["mbox"] == AGENT["mbox"]
    assert count(other_hub) == 3


def test_one_bad_line_stops_everything_and_every_problem_is_told(
    there: Store, other_hub: Hub, tmp_path: Path
) -> None:
    id, voiding = new_uuid(), new_uuid()
    there.post([statement_json(id=id), statement_json(id=new_uuid())])
    ref = {"objectType": "StatementRef", "id": voiding}
    lines = [
        json.dumps(statement_json()),
        "{not json",
        json.dumps(statement_json(verb={"id": "nowhere"}, actor={"mbox": "ana"})),
        json.dumps(statement_json(id=id, result={"success": True})),
        json.dumps(
            statement_json(id=voiding, verb={"id": VERBS + "voided"}, object=ref | {"id": new_uuid()})
        ),
        json.dumps(statement_json(verb={"id": VERBS + "voided"}, object=ref)),
        json.dumps(statement_json(id=voiding)),
        "[1]",
    ]
    first, second = tmp_path / "a.ndjson", tmp_path / "b.ndjson"
    first.write_text("\n".join(lines))
    second.write_text('{"actor": 1}\n')
    with pytest.raises(BadInput) as refused:
        import_statements(other_hub, there.connection_id, [first, second])
    told = [(p.place.rpartition("/")[2], p.message) for p in refused.value.problems]
    assert {place for place, _ in told} == {*(f"a.ndjson:{n}" for n in (2, 3, 4, 6, 7, 8)), "b.ndjson:1"}
    messages = dict(told)
    assert any(place == "a.ndjson:3" and "verb.id" in message for place, message in told)
    assert any(place == "a.ndjson:3" and "actor.mbox" in message for place, message in told)
    assert "stored already with other content" in messages["a.ndjson:4"]
    assert "is a voiding statement" in messages["a.ndjson:6"]
    assert f"id {voiding} is also the id of another statement" in messages["a.ndjson:7"]
    assert count(other_hub) == 2


def test_a_dry_run_counts_and_stores_nothing(
    source: Hub, other_hub: Hub, there: Store, tmp_path: Path
) -> None:
    export_statements(source, tmp_path / "out", ExportOptions("ndjson"))
    report = import_statements(other_hub, there.connection_id, [tmp_path / "out"], dry_run=True)
    assert (report.counts.new, report.stored, count(other_hub)) == (9, 0, 0)


def test_files_that_are_damaged_missing_or_of_no_kind_are_refused(
    source: Hub, other_hub: Hub, there: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    export_statements(source, folder, ExportOptions("ndjson", per_file=4))
    first, second, _ = (folder / file.name for file in read_manifest(folder).files)
    first.write_bytes(first.read_bytes()[:-5])
    second.unlink()
    (tmp_path / "x.csv").write_text("")
    (tmp_path / "x.parquet").write_text("PAR1")
    with pytest.raises(BadInput) as refused:
        import_statements(other_hub, there.connection_id, [folder, tmp_path / "x.csv", tmp_path])
    assert [p.message for p in refused.value.problems] == [
        "is not what was exported: its checksum differs",
        "is missing",
        "must end in .jsonl, .ndjson, .parquet",
        "is a folder without manifest.json; name its files",
    ]
    with pytest.raises(BadInput, match="cannot be read"):
        import_statements(other_hub, there.connection_id, [tmp_path / "x.parquet"])


def test_an_interrupted_import_is_finished_by_running_it_again(
    source: Hub, other_hub: Hub, there: Store, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_statements(source, tmp_path / "out", ExportOptions("ndjson"))
    monkeypatch.setattr("hub.xapi.transfer.import_statements.AT_ONCE", 2)

    def stop(step: str, done: int, total: int) -> None:
        if step == "storing" and done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_statements(other_hub, there.connection_id, [tmp_path / "out"], progress=stop)
    assert count(other_hub) == 4
    report = import_statements(other_hub, there.connection_id, [tmp_path / "out"])
    assert (report.counts.known, report.stored) == (4, 5)
    assert everything(there) == everything(store)


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_that_is_killed_goes_on_without_loss_or_repeats(
    hub: Hub, store: Store, database_url: str, tmp_path: Path, format: str
) -> None:
    ids = [id for _ in range(3) for id in fill(store, 20)]
    folder = tmp_path / "out"
    command = [sys.executable, "-m", "tests.xapi.transfer.doomed_export", database_url, str(folder), format]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as doomed:
        assert doomed.stdout
        assert doomed.stdout.readline() == b"begun\n"
        with pytest.raises(Conflict, match="Another export"):
            export_statements(hub, folder, ExportOptions(format, per_file=10))
        doomed.kill()
        doomed.wait()
    assert len(read_manifest(folder).files) == 2
    assert len(list(folder.glob(f"*.{format}*"))) == 3  # one was begun
    report = export_statements(hub, folder, ExportOptions(format, per_file=10))
    assert (report.total, report.statements) == (66, 46)
    files = read_manifest(folder).files
    assert sorted(path.name for path in folder.glob("statements-*")) == [file.name for file in files]
    if format == "ndjson":
        assert [line["id"] for line in lines_of(folder)] == ids


def test_the_same_again_adds_what_came_since_and_other_questions_need_another_folder(
    source: Hub, store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    export_statements(source, folder, ExportOptions("ndjson"))
    assert export_statements(source, folder, ExportOptions("ndjson")).statements == 0
    [late] = store.post(statement_json()).json
    assert export_statements(source, folder, ExportOptions("ndjson")).statements == 1
    assert lines_of(folder)[-1]["id"] == late
    assert len(lines_of(folder)) == 10
    for options in (ExportOptions("parquet"), ExportOptions("ndjson", attachments=True)):
        with pytest.raises(Conflict, match="something else"):
            export_statements(source, folder, options)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("do not touch")
    with pytest.raises(BadInput, match="not empty"):
        export_statements(source, tmp_path / "mine", ExportOptions("ndjson"))
    (folder / MANIFEST).write_text("{}")
    with pytest.raises(BadInput, match="cannot be read"):
        export_statements(source, folder, ExportOptions("ndjson"))


def test_exports_are_narrowed_by_time_connection_and_verb(
    hub: Hub, store: Store, other_store: Store, tmp_path: Path, clock: SettableClock
) -> None:
    start = clock.now()
    early = store.post([statement_json(), statement_json(verb={"id": VERBS + "passed"})]).json
    clock.advance(hours=1)
    late = other_store.post([statement_json()]).json

    def ids(**options: Any) -> list[str]:
        folder = tmp_path / new_uuid()
        export_statements(hub, folder, ExportOptions("ndjson", **options))
        return [line["id"] for line in lines_of(folder)]

    hour = timedelta(hours=1)
    assert ids(since=start + hour) == late
    assert ids(until=start + hour) == early
    assert ids(since=start, until=start + 2 * hour) == early + late
    assert ids(connections=("north",)) == late
    assert ids(filter=StatementFilter(verbs=(VERBS + "passed",))) == early[1:]
    assert ids(connections=("north",), filter=StatementFilter(verbs=(VERBS + "passed",))) == []
    with pytest.raises(Missing):
        ids(connections=("nowhere",))


def test_parquet_names_the_extra_that_is_missing(
    source: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(HubError) as refused:
        export_statements(source, tmp_path / "out", ExportOptions("parquet"))
    assert "partner-training-hub[parquet]" in refused.value.help
    assert not (tmp_path / "out").exists()


def test_parquet_has_columns_to_filter_by(source: Hub, store: Store, tmp_path: Path) -> None:
    import pyarrow.parquet

    export_statements(source, tmp_path / "out", ExportOptions("parquet"))
    [file] = read_manifest(tmp_path / "out").files
    rows = pyarrow.parquet.read_table(tmp_path / "out" / file.name).to_pylist()
    assert [row["verb"] for row in rows][-2:] == [VERBS + "voided", VERBS + "answered"]
    assert {row["connection"] for row in rows} == {"south"}
    assert rows[0]["stored"] == source.clock.now()
    assert json.loads(rows[0]["statement"])["id"] == rows[0]["id"]


def test_an_export_that_follows_is_seen_among_the_readers(source: Hub, store: Store, tmp_path: Path) -> None:
    def shown() -> Iterator[tuple[str, int]]:
        with source.reading() as uow:
            rows = uow.connection.execute(sa.select(reader).where(reader.c.name.like("export:%"))).all()
        yield from ((row.name, row.position) for row in rows)

    with following(source, tmp_path / "out", ExportOptions("ndjson")) as export_more:
        assert export_more().statements == 9
        store.post(statement_json())
        assert export_more().statements == 1
        assert export_more().statements == 0
        [(name, position)] = shown()
        assert re.fullmatch(r"export:out-[0-9a-f]{8}", name)
        assert position == read_manifest(tmp_path / "out").position
    assert list(shown()) == []
    assert len(lines_of(tmp_path / "out")) == 10


def test_an_export_that_fails_is_no_reader_any_more(source: Hub, store: Store, tmp_path: Path) -> None:
    with (
        pytest.raises(OSError, match="disk full"),
        following(source, tmp_path / "out", ExportOptions("ndjson")) as export_more,
    ):
        _fail(export_more)
    with source.reading() as uow:
        assert (
            uow.connection.scalars(sa.select(reader.c.name).where(reader.c.name.like("export:%"))).all() == []
        )


def _fail(export_more: Callable[[], object]) -> None:
    export_more()
    raise OSError("disk full")


def test_a_dead_export_is_forgotten_and_no_other_of_the_same_name(source: Hub, tmp_path: Path) -> None:
    one, other = tmp_path / "a" / "out", tmp_path / "b" / "out"
    assert reader_name(one) != reader_name(other)
    assert len(reader_name(tmp_path / ("long" * 50))) == 64
    with source.unit_of_work() as uow:
        for path in (one, other):
            dead = {"name": reader_name(path), "log": "statement", "position": 1, "failures": 0}
            uow.connection.execute(sa.insert(reader).values(dead))
    assert forget_export(source, one) == reader_name(one)
    with pytest.raises(Missing):
        forget_export(source, one)
    with source.reading() as uow:
        left = uow.connection.scalars(sa.select(reader.c.name).where(reader.c.name.like("export:%"))).all()
    assert left == [reader_name(other)]
    assert forget_export(source, Path(reader_name(other))) == reader_name(other)


def test_the_memory_of_an_export_does_not_grow_with_it(
    hub: Hub, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most AT_ONCE rows are held, however many there are."""
    fill(store, 50)
    monkeypatch.setattr(exporting, "AT_ONCE", 5)
    held: list[int] = []
    real = exporting._rows

    def rows(*arguments: Any) -> Any:
        found = real(*arguments)
        held.append(len(found))
        return found

    monkeypatch.setattr(exporting, "_rows", rows)
    export_statements(hub, tmp_path / "out", ExportOptions("ndjson"))
    assert max(held) == 5
    assert sum(held) == 52


def test_statements_of_another_system_are_not_taken_over(source: Hub, store: Store, tmp_path: Path) -> None:
    export_statements(source, tmp_path / "out", ExportOptions("ndjson"))
    with source.unit_of_work() as uow:
        thief = create_connection(uow, "thief", "lms", "Thief")
    with pytest.raises(BadInput) as refused:
        import_statements(source, thief, [tmp_path / "out"])
    assert len(refused.value.problems) == 9
    assert open_store(source, thief).ids() == []
    with source.unit_of_work() as uow:
        provider = create_connection(uow, "idp", "oidc", "Sign-in")
    with pytest.raises(BadInput, match="identity provider"):
        import_statements(source, provider, [tmp_path / "out"])


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_what_is_voided_is_looked_up_by_an_index(
    source: Hub, store: Store, other_hub: Hub, there: Store, tmp_path: Path
) -> None:
    export_statements(source, tmp_path / "out", ExportOptions("ndjson"))
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, sql: str, parameters: Any, *rest: Any) -> None:
        if "FROM statement " in sql and "verb" in sql:
            asked.append((sql, parameters))

    sa.event.listen(other_hub.engine, "before_cursor_execute", note)
    import_statements(other_hub, there.connection_id, [tmp_path / "out"], dry_run=True)
    sa.event.remove(other_hub.engine, "before_cursor_execute", note)
    assert asked
    with other_hub.reading() as uow:
        for sql, parameters in asked:
            plan = uow.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters).all()
            steps = [step.detail for step in plan if step.detail.split()[1] == "statement"]
            assert steps
            assert all("rowid=?" in step for step in steps)  # which is the position
