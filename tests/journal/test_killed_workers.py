"""A worker that dies without a word: another takes over at once, and every effect happens exactly once."""

import subprocess
import sys
from pathlib import Path

from hub.journal import CHANGES, Reader
from hub.journal.readers import register_readers, run_reader
from hub.runtime import Hub
from tests.journal.following import append_change, handled, note_each

ROOT = Path(__file__).parents[2]


def test_batch_of_a_killed_worker_is_taken_over_and_happens_once(hub: Hub, database_url: str) -> None:
    names = [f"{number:02}" for number in range(20)]
    reader = Reader("noting", CHANGES, note_each)
    with hub.unit_of_work() as uow:
        register_readers(uow, [reader])
        append_change(uow, *names)
    command = [sys.executable, "-m", "tests.journal.doomed_worker", database_url]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as doomed:
        assert doomed.stdout
        assert doomed.stdout.readline() == b"half\n"
        assert handled(hub) == []
        doomed.kill()
        doomed.wait()
    while not run_reader(hub.unit_of_work, reader, "heir"):  # PostgreSQL notices a dead client after a moment
        pass
    assert handled(hub) == names
