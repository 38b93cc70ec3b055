"""Writing what an import brings, one chunk after the other.

Each chunk is one unit of work: the journal, the tables and the files' keys change together. So an import that is killed
has applied some chunks wholly and the others not at all, and the next run plans and applies what is left.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.errors import Conflict
from hub.journal import Change, record_changes
from hub.logging import get_logger
from hub.network import tables
from hub.network.apply_changes import apply_changes
from hub.network.bulk import IDS_PER_QUERY, Item, Row, in_batches, insert_rows
from hub.network.importing.complete import complete
from hub.network.importing.parts import PARTS, names_of_parts
from hub.network.importing.plan_import import ImportPlan
from hub.network.people.person import lock_people
from hub.network.record import lock_network
from hub.network.roster.aggregates import AGGREGATES, Aggregate
from hub.network.roster.names import Names
from hub.network.roster.people import known_ids
from hub.network.roster.reading import Progress
from hub.network.roster.said import Said
from hub.network.roster.staging import Staging, known, to_do
from hub.store import UnitOfWork
from hub.store.unit_of_work import commit_without_waiting

if TYPE_CHECKING:
    from hub.runtime import Hub

logger = get_logger(__name__)

CHUNK = 3_000
_AT_ONCE = 3
"""Chunks of new people written at the same time. The fastest waits for the slowest; with fewer, two cores have less to do."""
_PATIENCE_MILLISECONDS = 1_000
_NODES = 20_000
"""Nodes of so few go together: a reorganization need not be right one node after the other."""
_OF_PEOPLE = {"person", "representative", "manager", "attributes_person", "identity"}
_ABOUT_APPOINTMENTS = {"managers.csv", "attributes.csv"}

Before = dict[str, str | None]
"""External ids in the order of work, each with the hash last applied; None for what is new."""
_Chunk = tuple[Aggregate, Before, list[Said]]
Trial = Callable[[UnitOfWork], None]
"""Looks at what an import would write."""


def apply_import(hub: "Hub", staging: Staging, names: Names, plan: ImportPlan, progress: Progress) -> None:
    """Apply what ``plan_import`` listed. ``progress`` is told after each chunk that is committed.

    Raises Conflict ``import_overtaken``, ``identity_taken`` or ``node_circle`` if another import has changed something
    since the plan was made; the chunks before that one stay. The disk has them all once a unit commits that waits for it.
    """
    done = 0
    progress("applying", done, plan.to_write)
    alone = hub.engine.dialect.name == "sqlite"
    with (
        ThreadPoolExecutor(_AT_ONCE - 1, "import-beside") as beside,
        closing(_ahead(_say_chunks(staging, names))) as chunks,
    ):
        for some in ([chunk] for chunk in chunks) if alone else _together(chunks):
            _apply(hub, some, beside)
            for _, before, _ in some:
                done += len(before)
                progress("applying", done, plan.to_write)


def try_import(hub: "Hub", staging: Staging, names: Names, trial: Trial) -> None:
    """Write all that ``plan_import`` listed in one unit of work, let ``trial`` look at it, and take it back.

    It is not looked at where others are at work on the same people.
    """
    try:
        with hub.unit_of_work() as uow:
            lock_network(uow)
            for chunk in _say_chunks(staging, names):
                _apply_chunk(uow, *chunk)
            trial(uow)
            raise _TakenBack
    except _TakenBack:
        pass
    except sa.exc.OperationalError:  # somebody else wanted the same people in another order, and went first
        logger.warning("import_not_tried", exc_info=True)


class _TakenBack(Exception):
    """So that nothing of it stays."""


def _ahead(chunks: Iterator[Item]) -> Generator[Item, None, None]:
    """The same, put together in a thread of its own while the database writes those before."""
    with ThreadPoolExecutor(1, "import") as thread:
        coming = deque(thread.submit(next, chunks, None) for _ in range(_AT_ONCE))
        while (chunk := coming.popleft().result()) is not None:
            coming.append(thread.submit(next, chunks, None))
            yield chunk


def _together(chunks: Iterable[_Chunk]) -> Iterator[Sequence[_Chunk]]:
    """Some chunks of new people at a time, which touch nothing of each other, and all other chunks one by one."""
    kept: list[_Chunk] = []
    for chunk in chunks:
        aggregate, _, said = chunk
        if aggregate.kind == "person" and all(one.is_new for one in said):
            kept.append(chunk)
            if len(kept) == _AT_ONCE:
                yield kept
                kept = []
            continue
        if kept:
            yield kept
            kept = []
        yield [chunk]
    if kept:
        yield kept


def _apply(hub: "Hub", chunks: Sequence[_Chunk], beside: Executor) -> None:
    """Each in a unit of its own; the first holds the network's lock until the others are done."""
    first, *others = chunks
    with hub.unit_of_work() as uow:
        lock_network(uow)
        at_work = [(chunk, beside.submit(_is_applied_beside, hub, chunk)) for chunk in others]
        try:
            _apply_chunk(uow, *first)
        finally:
            left = [chunk for chunk, applied in at_work if not applied.result()]
    for chunk in left:
        _apply(hub, [chunk], beside)


def _is_applied_beside(hub: "Hub", chunk: _Chunk) -> bool:
    """Apply a chunk while another unit holds the network's lock; False if something else was locked.

    Whoever holds that may wait for the network itself, and the database would not see that everybody waits in a circle.
    """
    try:
        with hub.unit_of_work() as uow:
            uow.connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_PATIENCE_MILLISECONDS}")
            _apply_chunk(uow, *chunk)
    except (sa.exc.OperationalError, sa.exc.TimeoutError):
        return False
    return True


def _say_chunks(staging: Staging, names: Names) -> Iterator[_Chunk]:
    for aggregate in AGGREGATES:
        for before in _chunks(staging, aggregate.kind):
            said = aggregate.say(staging, names, list(before))
            _note_people(staging, said)
            yield aggregate, before, said


def _chunks(staging: Staging, kind: str) -> Iterator[Before]:
    last = 0
    while True:
        query = (
            sa.select(to_do)
            .where(to_do.c.kind == kind, to_do.c.place > last)
            .order_by(to_do.c.place)
            .limit(_NODES if kind == "node" else CHUNK)
        )
        rows = staging.connection.execute(query).all()
        if not rows:
            return
        yield {row.external_id: row.content_hash for row in rows}
        last = rows[-1].place


def _apply_chunk(uow: UnitOfWork, aggregate: Aggregate, before: Before, said: Sequence[Said]) -> None:
    commit_without_waiting(uow)
    there = _refuse_if_overtaken(uow, aggregate.kind, before, said)
    given = _parts_given(uow, aggregate.kind, before)
    whose = _whose(uow, aggregate.kind, said)
    new = {one.id for one in said if one.is_new}
    lock_people(uow, sorted(set(whose.values()) - new))
    changes = complete(uow, aggregate.kind, said, given)
    record_changes(uow, [_change(aggregate, one, body, whose.get(one.id)) for one, body in changes])
    apply_changes(uow, aggregate.change, [body for _, body in changes], new=new)
    details: list[Row] = [{"person_id": one.id, **one.detail} for one in said if one.detail]
    _write(uow, tables.person_detail, details, lambda row: row["person_id"] in new)
    keys = [row for one in said for row in _keys(aggregate.kind, one)]
    _write(uow, tables.roster_key, keys, lambda row: (row["kind"], row["external_id"]) not in there)


def _write(uow: UnitOfWork, table: sa.Table, rows: Sequence[Row], is_new: Callable[[Row], bool]) -> None:
    """Insert what is new, which is quicker, and update the rest."""
    known = [row for row in rows if not is_new(row)]
    insert_rows(uow, table, [row for row in rows if is_new(row)] if known else rows)
    insert_rows(uow, table, known, "update")


def _whose(uow: UnitOfWork, kind: str, said: Sequence[Said]) -> dict[str, str]:
    """The person that each thing is about, if it is about one: who it is, or whose appointment."""
    if kind != "attributes_appointment":
        return {one.id: one.id for one in said} if kind in _OF_PEOPLE else {}
    a = tables.appointment
    mine = sa.select(a.c.id, a.c.person_id).where(uow.among(a.c.id, [one.id for one in said]))
    return dict(uow.connection.execute(mine).all())


def _change(aggregate: Aggregate, one: Said, body: Mapping[str, Any], person_id: str | None) -> Change:
    subject = body["key"] if aggregate.kind in ("dimension", "attribute_kind") else one.id
    return Change(aggregate.change, subject, body, person_id=person_id)


def _keys(kind: str, one: Said) -> Iterator[Row]:
    row: Row = {"kind": kind, "external_id": one.external_id, "id": one.id, "content_hash": one.content_hash}
    yield {**row, "parts": names_of_parts(kind, one.body)} if kind in PARTS else row
    for external_id, id in one.keys.items():
        yield {"kind": "appointment", "external_id": external_id, "id": id, "content_hash": ""}


def _parts_given(uow: UnitOfWork, kind: str, before: Before) -> dict[str, str | None]:
    """Names of the parts that files gave before, by external id; nothing for what a service made, or has made alone so far."""
    if kind not in PARTS:
        return {}
    key = tables.roster_key
    query = sa.select(key.c.external_id, key.c.parts).where(key.c.kind == kind, key.c.content_hash != "")
    given: dict[str, str | None] = {}
    for names in in_batches([name for name in before if before[name]], IDS_PER_QUERY):
        given.update(uow.connection.execute(query.where(uow.among(key.c.external_id, names))).all())
    return given


def _refuse_if_overtaken(
    uow: UnitOfWork, kind: str, before: Before, said: Sequence[Said]
) -> set[tuple[object, object]]:
    """What the plan compared with is still there, and what was new is still unknown; the keys (kind, name) that are there."""
    key = tables.roster_key
    of_kind = sa.select(key.c.external_id, key.c.content_hash).where(key.c.kind == kind)
    now: Before = {}
    for names in in_batches(list(before), IDS_PER_QUERY):
        now.update(uow.connection.execute(of_kind.where(uow.among(key.c.external_id, names))).all())
    others = [f"{kind} {name}" for name, content_hash in before.items() if now.get(name) != content_hash]
    there: set[tuple[object, object]] = {(kind, name) for name in now}
    mine = {external_id: id for one in said for external_id, id in one.keys.items()}
    for some in in_batches(list(mine), IDS_PER_QUERY):
        appointments = sa.select(key.c.external_id, key.c.id).where(key.c.kind == "appointment")
        rows = uow.connection.execute(appointments.where(uow.among(key.c.external_id, some))).all()
        others += [f"appointment {row.external_id}" for row in rows if row.id != mine[row.external_id]]
        there.update(("appointment", row.external_id) for row in rows)
    if others:
        raise Conflict(
            "import_overtaken",
            f"Another import has changed the {others[0]} in the meantime; this one stopped there.",
            "Import the files again: what is applied already is left alone.",
        )
    return there


def _note_people(staging: Staging, said: Sequence[Said]) -> None:
    """Let what comes later find the ids of people and appointments that were new."""
    staging.load(known, [("person", one.external_id, one.id, "", None) for one in said if one.is_new])
    if staging.present.isdisjoint(_ABOUT_APPOINTMENTS):
        return
    keys = {external_id: id for one in said for external_id, id in one.keys.items()}
    there = known_ids(staging, "appointment", list(keys)) if keys else {}
    new = [
        ("appointment", external_id, id, "", None)
        for external_id, id in keys.items()
        if external_id not in there
    ]
    staging.load(known, new)
