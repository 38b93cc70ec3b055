"""An import that ends in the middle is finished by the next one, and nothing happens twice."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.errors import BadInput, Conflict
from hub.journal.tables import change
from hub.network import tables
from hub.network.importing import apply_import
from hub.network.importing.import_network import import_network
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from tests.network.doomed_import import StopAfter
from tests.network.small_network import SmallNetwork, contents, counts

ROOT = Path(__file__).parents[2]


class PowerCutError(Exception):
    """The end of an import."""


class CutAfter(StopAfter):
    def stop(self) -> None:
        raise PowerCutError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A network of more people than a small chunk takes."""
    network = SmallNetwork()
    for n in range(10, 40):
        network.add("people.csv", f"U{n},P1,Given{n},Family{n},,en")
        network.add("appointments.csv", f"A{n},U{n},L1,tech,external,A,2020-05-03,")
    network.add("representatives.csv", *(f"U{n},sales,south,,," for n in range(10, 20)))
    return network.write(tmp_path / "files")


@pytest.fixture
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply_import, "CHUNK", 4)


def journal_counts(hub: Hub) -> Counter[tuple[str, str]]:
    with hub.reading() as uow:
        rows = uow.connection.execute(sa.select(change.c.kind, change.c.subject_id))
        return Counter((kind, subject) for kind, subject in rows)


def applied(hub: Hub) -> int:
    with hub.reading() as uow:
        key = tables.roster_key
        query = sa.select(sa.func.count()).select_from(key).where(key.c.kind != "appointment")
        return uow.connection.scalar(query) or 0


def assert_whole_and_once(hub: Hub, folder: Path) -> None:
    """The network is there, each thing was written once, and nothing is left to do."""
    journal = journal_counts(hub)
    assert set(journal.values()) == {1}
    assert len(journal) == applied(hub) == 62
    rows = counts(hub)
    expected = {
        "person": 33,
        "person_detail": 33,
        "appointment": 34,
        "appointment_brand": 34,
        "rep_assignment": 12,
    }
    assert {name: rows[name] for name in expected} == expected
    before = contents(hub, ["import_run"])
    assert import_network(hub, folder).changes == 0
    assert contents(hub, ["import_run"]) == before


@pytest.mark.usefixtures("_small_chunks")
@pytest.mark.parametrize("chunks", [1, 9, 18])
def test_import_that_fails_after_some_chunks(hub: Hub, folder: Path, chunks: int) -> None:
    with pytest.raises(PowerCutError):
        import_network(hub, folder, progress=CutAfter(chunks))
    done = applied(hub)
    assert 0 < done < 62
    report = import_network(hub, folder)
    assert report.changes == 62 - done
    assert_whole_and_once(hub, folder)
    with hub.reading() as uow:
        ends = uow.connection.scalars(
            sa.select(tables.import_run.c.finished_at).order_by(tables.import_run.c.id)
        ).all()
    assert [end is None for end in ends] == [True, False, False]


def test_import_that_is_killed(hub: Hub, folder: Path, database_url: str) -> None:
    command = [sys.executable, "-m", "tests.network.doomed_import", database_url, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as doomed:
        assert doomed.stdout
        assert doomed.stdout.readline() == b"stopped\n"
        doomed.kill()
        doomed.wait()
    done = applied(hub)
    assert done == 62 - 11  # all but the representatives
    assert import_network(hub, folder).changes == 11
    assert_whole_and_once(hub, folder)


@pytest.mark.usefixtures("_small_chunks")
def test_chunk_that_would_wait_beside_another_comes_after_it(
    hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply_import, "_is_applied_beside", lambda *_: False)
    assert import_network(hub, folder).changes == 62
    assert_whole_and_once(hub, folder)


@pytest.mark.usefixtures("_small_chunks")
def test_import_that_another_one_overtakes(hub: Hub, folder: Path) -> None:
    class Overtake(StopAfter):
        def stop(self) -> None:
            import_network(hub, folder)

    with pytest.raises(Conflict) as refused:
        import_network(hub, folder, progress=Overtake(3))
    assert refused.value.code == "import_overtaken"
    assert_whole_and_once(hub, folder)


@pytest.mark.parametrize(
    ("files", "mine", "theirs", "code"),
    [
        (
            ("people.csv", "appointments.csv"),
            "A50,U1,L1,tech,external,A,2020-05-03,",
            "A50,U2,L1,tech,external,A,2020-05-03,",
            "import_overtaken",
        ),
        (("identities.csv",), "U1,shared,sub,lena", "U2,shared,sub,lena", "identity_taken"),
    ],
)
def test_what_two_imports_claim_at_once_goes_to_the_first(
    hub: Hub, tmp_path: Path, files: tuple[str, ...], mine: str, theirs: str, code: str
) -> None:
    import_network(hub, SmallNetwork().write(tmp_path / "files"))
    with hub.unit_of_work() as uow:
        create_connection(uow, "shared", "lms", "Shared")
    of_others = SmallNetwork().only(*files).add(files[-1], theirs)
    of_others.files = {
        name: [row for row in rows if "U1," not in row] for name, rows in of_others.files.items()
    }

    def be_overtaken(step: str, done: int, of: int) -> None:
        if step == "comparing" and done == of:
            import_network(hub, of_others.write(tmp_path / "theirs"))

    folder = SmallNetwork().only(*files).add(files[-1], mine).write(tmp_path / "mine")
    with pytest.raises(Conflict) as refused:
        import_network(hub, folder, progress=be_overtaken)
    assert refused.value.code == code
    with pytest.raises(BadInput) as bad:
        import_network(hub, tmp_path / "mine")
    assert "another person" in str(bad.value)
