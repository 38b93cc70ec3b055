"""What is known of activities: their definitions, merged from the statements of each system (xAPI 1.0.3 Data 2.4.4.1).

Each connection describes activities for itself, if its credential may (``define``): what one partner's system calls an
activity is nobody else's business.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import msgspec
import sqlalchemy as sa
from msgspec import UNSET
from sqlalchemy.dialects import postgresql, sqlite

from hub.store import UnitOfWork
from hub.xapi.callers.credentials import Credential
from hub.xapi.callers.scopes import MAY_DEFINE
from hub.xapi.statements.activities import Activity
from hub.xapi.statements.statement import Context, SubStatement
from hub.xapi.storing.merge_definitions import Known, merge_all, merge_definitions
from hub.xapi.tables import activity_definition

if TYPE_CHECKING:
    from hub.xapi.storing.incoming import Incoming

_MAX_REMEMBERED = 20_000
_AT_ONCE = 5000
_WROTE = "activity_definition"


class Remembered:
    """Definitions that this process need not look at again, by their hashes in it; the oldest are forgotten.

    These are the ones that it saw to be in the table, and those that it wrote twice. After the first time the unit of work
    may have been rolled back; after the second, systems that contradict each other are at work, and the newest has won.
    """

    def __init__(self, size: int = _MAX_REMEMBERED) -> None:
        self._hashes: OrderedDict[int, bool] = OrderedDict()
        self._size = size
        self._lock = Lock()

    def __contains__(self, key: int) -> bool:
        return self._hashes.get(key, False)

    def add(self, keys: Iterable[int], *, written: bool = False) -> None:
        """Remember some that are in the table, or that are being written."""
        with self._lock:
            for key in keys:
                self._hashes[key] = not written or key in self._hashes
            while len(self._hashes) > self._size:
                self._hashes.popitem(last=False)


_remembered: WeakKeyDictionary[sa.Engine, Remembered] = WeakKeyDictionary()


def note_definitions(
    uow: UnitOfWork,
    credential: Credential,
    incoming: "Sequence[Incoming]",
    ids: Sequence[str],
    appended: Collection[str],
) -> None:
    """Take over what the statements just appended say of activities, when that is new.

    Nearly always nothing is new, and this process knows so without asking the database. Rows are locked in order of
    their ids, after all ids of the statements were claimed: batches wait for each other and never in a circle.
    """
    if not credential.may(MAY_DEFINE):
        return
    told = list(_definitions(incoming, ids, appended))
    if not told:
        return
    remembered = _remembered.setdefault(uow.connection.engine, Remembered())
    hashes = [hash((credential.connection_id, id, encoded)) for id, encoded in told]
    news = [
        (hashed, id, encoded)
        for hashed, (id, encoded) in zip(hashes, told, strict=True)
        if hashed not in remembered
    ]
    if not news:
        return
    said: dict[str, list[bytes]] = {}
    for _, id, encoded in news:
        said.setdefault(id, []).append(encoded)
    stored = _read(uow, credential.connection_id, said)
    changed = sorted(id for id in said if merge_all(stored.get(id), said[id]) != stored.get(id))
    if changed:
        uow.followed.add(_WROTE)
        _write(uow, credential.connection_id, {id: said[id] for id in changed})
        written = set(changed)
        remembered.add((hashed for hashed, id, _ in news if id in written), written=True)
    if _WROTE not in uow.followed:  # what this unit wrote, it also reads
        remembered.add(hashed for hashed, _, _ in news)


def find_definitions(
    uow: UnitOfWork, connection_ids: Sequence[str], activity_ids: Collection[str]
) -> dict[str, Known]:
    """What the connections say of activities, by activity id; the first connection has the last word."""
    table = activity_definition
    query = sa.select(table).where(
        uow.among(table.c.connection_id, connection_ids), uow.among(table.c.activity_id, activity_ids)
    )
    order = {id: place for place, id in enumerate(connection_ids)}
    found: dict[str, Known] = {}
    for row in sorted(uow.connection.execute(query), key=lambda row: -order[row.connection_id]):
        known = msgspec.json.decode(row.definition)
        found[row.activity_id] = merge_definitions(found.get(row.activity_id), known)
    return found


def _definitions(
    incoming: "Sequence[Incoming]", ids: Sequence[str], appended: Collection[str]
) -> Iterator[tuple[str, bytes]]:
    """Activity id and definition (JSON) of all activities in the appended statements that have one."""
    new = set(appended)
    for each, id in zip(incoming, ids, strict=True):
        if id.lower() in new:
            for activity in _activities(each.statement.object, each.statement.context):
                if (
                    activity.definition is not UNSET
                    and (encoded := _ENCODER.encode(activity.definition)) != b"{}"
                ):
                    yield activity.id, encoded


def _activities(thing: object, context: Context | msgspec.UnsetType) -> Iterator[Activity]:
    if isinstance(thing, Activity):
        yield thing
    elif isinstance(thing, SubStatement):
        yield from _activities(thing.object, thing.context)
    if context is UNSET or context.context_activities is UNSET:
        return
    around = context.context_activities
    for found in (around.parent, around.grouping, around.category, around.other):
        if isinstance(found, Activity):
            yield found
        elif found is not UNSET:
            yield from found


def _read(
    uow: UnitOfWork, connection_id: str, activity_ids: Collection[str], *, lock: bool = False
) -> dict[str, Known]:
    table = activity_definition
    found: dict[str, Known] = {}
    # One statement may name a hundred thousand activities. PostgreSQL gets them as one value, and locks in one order.
    for some in _chunks(sorted(activity_ids)) if uow.is_sqlite else [sorted(activity_ids)]:
        query = sa.select(table.c.activity_id, table.c.definition).where(
            table.c.connection_id == connection_id, uow.among(table.c.activity_id, some)
        )
        if lock:
            query = query.order_by(table.c.activity_id).with_for_update()
        for row in uow.connection.execute(query):
            found[row.activity_id] = msgspec.json.decode(row.definition)
    return found


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]


def _write(uow: UnitOfWork, connection_id: str, said: Mapping[str, list[bytes]]) -> None:
    """Insert what is not there; lock what somebody else has written meanwhile or before, and merge again."""
    table = activity_definition
    insert = (sqlite if uow.is_sqlite else postgresql).insert(table).on_conflict_do_nothing()
    rows = [
        {
            "connection_id": connection_id,
            "activity_id": id,
            "definition": msgspec.json.encode(new),
        }
        for id, told in said.items()
        if (new := merge_all(None, told)) is not None
    ]
    inserted = set(uow.connection.scalars(insert.returning(table.c.activity_id), rows)) if rows else set()
    others = [id for id in said if id not in inserted]
    if not others:
        return
    stored = _read(uow, connection_id, others, lock=True)
    update = (
        sa.update(table)
        .where(table.c.connection_id == connection_id, table.c.activity_id == sa.bindparam("id"))
        .values(definition=sa.bindparam("merged"))
    )
    merged: list[dict[str, object]] = [
        {"id": id, "merged": msgspec.json.encode(merge_all(known, said[id]))} for id, known in stored.items()
    ]
    uow.execute_many(update, merged)


_ENCODER = msgspec.json.Encoder()
