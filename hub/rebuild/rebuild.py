"""Building the derived tables anew from the two journals, in a scratch database beside the live one."""

import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr

from hub.audiences.assigning.reassign import CHUNK, reassign_people
from hub.errors import Conflict
from hub.ids import is_id
from hub.journal import VOIDED
from hub.journal.tables import change as change_table
from hub.journal.tables import statement as statement_table
from hub.journal.tables import statement_id as statement_id_table
from hub.journal.tables import voiding as voiding_table
from hub.network.tables import person as person_table
from hub.rebuild.apply_journal import apply_journal
from hub.rebuild.state_hash import Progress
from hub.runtime import Hub
from hub.store import UnitOfWork, migrate, open_engine
from hub.training.credit.recognize import recognize_statements

BATCH = 1_000
Rows = Sequence[sa.Row[Any]]


@contextmanager
def rebuilt(hub: Hub, live: UnitOfWork, progress: Progress = lambda *_: None) -> Iterator[Hub]:
    """A hub on a scratch database that holds what the journals say, as the reading unit ``live`` sees them.

    The live database is only read. Plugins are not asked who should get what: their answers are in the journal.
    They are asked again what completes a course, since that depends on the statement alone. The scratch database is
    a SQLite file among the system's temporary files and goes with the block. Conflict ``no_recognizer`` when no plugin
    that recognizes completions is on: without them nothing was ever completed.
    """
    if not hub.hooks.implementers("recognize_completion"):
        raise Conflict(
            "no_recognizer",
            "No plugin that recognizes completions is on, so that nothing could be credited again.",
            "Put those that were on back on the list `plugins` of the settings.",
        )
    with tempfile.TemporaryDirectory(prefix="hub-rebuild-") as folder:
        scratch = _open_scratch(hub, f"sqlite:///{folder}/scratch.sqlite")
        try:
            _apply_changes(live, scratch, progress)
            _note_voidings(live, scratch)
            _recognize(live, scratch, progress)
            _reassign(scratch, progress)
            yield scratch
        finally:
            scratch.close()


def _open_scratch(hub: Hub, url: str) -> Hub:
    engine = open_engine(url)

    @sa.event.listens_for(engine, "connect")
    def _be_quick(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous = OFF")  # nobody needs it after a power cut

    migrate(engine)
    settings = hub.settings.model_copy(update={"database_url": SecretStr(url)})
    return dataclasses.replace(hub, engine=engine, settings=settings)


def _apply_changes(live: UnitOfWork, scratch: Hub, progress: Progress) -> None:
    for batch in _batches(
        live, change_table, sa.true(), lambda done, total: progress("changes", done, total)
    ):
        with scratch.unit_of_work() as uow:
            apply_journal(uow, batch)


def _note_voidings(live: UnitOfWork, scratch: Hub) -> None:
    """Note every voiding before the first statement is looked at: it may come before or after what it voids.

    Voidings outlive their statements: of those that were deleted the relation itself is the record.
    """
    table = statement_table
    outlived = live.connection.execute(select_outlived()).all()
    with scratch.unit_of_work() as uow:
        uow.execute_many(sa.insert(voiding_table), [dict(row._mapping) for row in outlived])
    for batch in _batches(live, table, table.c.verb == VOIDED):
        targets = {
            (row.object_id.lower(), row.connection_id): row.id for row in batch if is_id(row.object_id)
        }
        with scratch.unit_of_work() as uow:
            for (target, connection_id), id in targets.items():
                key = {"target_id": target, "connection_id": connection_id}
                if uow.connection.execute(sa.select(voiding_table).filter_by(**key)).first() is None:
                    uow.connection.execute(sa.insert(voiding_table).values(**key, statement_id=id))


def select_outlived() -> sa.Select[Any]:
    """The voidings whose statements were deleted; each is looked up by its id and position, whatever else is stored."""
    known, table = statement_id_table, statement_table
    stored = sa.exists().where(
        known.c.id == voiding_table.c.statement_id, table.c.position == known.c.position
    )
    return sa.select(voiding_table).where(~stored.correlate(voiding_table))


def _recognize(live: UnitOfWork, scratch: Hub, progress: Progress) -> None:
    table = statement_table
    for batch in _batches(
        live, table, table.c.verb != VOIDED, lambda done, total: progress("statements", done, total)
    ):
        with scratch.unit_of_work() as uow:
            recognize_statements(uow, batch)


def _reassign(scratch: Hub, progress: Progress) -> None:
    with scratch.reading() as uow:
        total = uow.connection.scalar(sa.select(sa.func.count()).select_from(person_table)) or 0
    done, last = 0, ""
    while True:
        with scratch.unit_of_work() as uow:
            later = sa.select(person_table.c.id).where(person_table.c.id > last).order_by(person_table.c.id)
            people = list(uow.connection.scalars(later.limit(CHUNK)))
            if not people:
                return
            reassign_people(uow, people, ask=False)
        done, last = done + len(people), people[-1]
        progress("people", done, total)


def _batches(
    live: UnitOfWork,
    table: sa.Table,
    which: sa.ColumnElement[bool],
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Iterator[Rows]:
    """Rows of a journal in order, a batch at a time."""
    total = live.connection.scalar(sa.select(sa.func.count()).select_from(table).where(which)) or 0
    done = position = 0
    query = sa.select(table).where(which).order_by(table.c.position).limit(BATCH)
    while rows := live.connection.execute(query.where(table.c.position > position)).all():
        yield rows
        done, position = done + len(rows), rows[-1].position
        progress(done, total)
