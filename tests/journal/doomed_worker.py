"""A worker that stops in the middle of a batch and waits to be killed: ``python -m tests.journal.doomed_worker URL``."""

import sys
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from hub.app import open_hub
from hub.config import Settings
from hub.journal import CHANGES, Reader
from hub.journal.readers import run_reader
from hub.store import UnitOfWork
from tests.journal.following import note_each


def note_half_and_wait(uow: UnitOfWork, rows: Sequence[sa.Row[Any]]) -> None:
    note_each(uow, rows[: len(rows) // 2])
    print("half", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    hub = open_hub(Settings(database_url=sys.argv[1], secret_key="only-for-tests-0123456789abcdefghij"))
    run_reader(hub.unit_of_work, Reader("noting", CHANGES, note_half_and_wait), "doomed")
