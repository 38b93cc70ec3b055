"""The bitmaps as they are read: on which appointments conditions may hold, and on which they surely do."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pyroaring import BitMap

from hub.audiences.counting.build_maps import CHUNK, LAYER, numbers_of
from hub.audiences.counting.locations import Located, asks_of_locations, closed_at, located, of_places
from hub.audiences.counting.tables import appointment_map, appointment_map_state
from hub.audiences.rules.conditions import Conditions
from hub.journal.tables import change
from hub.network.attributes import read_kinds
from hub.network.validity.intervals import Interval
from hub.store import UnitOfWork

STALE = 20_000
"""Of how many people at most appointments may have changed since."""
_ID = 16


@dataclass(frozen=True)
class Held:
    """Numbers of appointments on which conditions hold, whenever the appointment itself is in force.

    ``later``: at some time from now on, perhaps; ``then``: surely at an instant; ``always``: surely from now on for good;
    ``whole``: surely for as long as the location is open, which it is for good.
    """

    later: BitMap
    then: BitMap
    always: BitMap
    whole: BitMap


class Maps:
    """Bitmaps of one unit of work, each read once."""

    def __init__(self, uow: UnitOfWork, state: sa.Row[Any], stale: frozenset[str]) -> None:
        self._uow, self._state = uow, state
        self.stale = stale
        """Ids of people whose appointments may have changed since; nothing that is said here counts for them."""
        self._kinds = read_kinds(uow)
        self._read: dict[tuple[str, str], BitMap] = {}
        self._located: dict[tuple[Any, ...], Mapping[str, Located]] = {}
        self._ids: dict[int, bytes] = {}
        self.everything = self._bitmap("all", "all")

    @property
    def size(self) -> int:
        """How many people have appointments that are not over."""
        return int(self._state.people)

    def held(self, conditions: Conditions, at: datetime) -> Held:
        """Where conditions hold, but for tenure; ``at`` is now or later. What depends on attributes of an appointment or a person is never sure."""
        c, here = conditions, self._places(conditions, at)
        names = ("later", "then", "always", "whole")
        if c.brands or c.activity:
            of = {brand_id: self._bitmap("brand", brand_id) for brand_id in here}
            held = [
                BitMap.union(
                    BitMap(), *(of[brand_id] & getattr(place, name) for brand_id, place in here.items())
                )
                for name in names
            ]
        else:
            held = [getattr(here[""], name) if "" in here else BitMap() for name in names]
        if c.positions:
            ours = BitMap.union(BitMap(), *(self._bitmap("position", id) for id in c.positions))
            held = [each & ours for each in held]
        if c.audience_class:
            held = [each & self.of_class(c.audience_class) for each in held]
        if len(of_places(c, self._kinds)) < len(c.attributes):
            return Held(held[0], BitMap(), BitMap(), BitMap())
        return Held(*held)

    def reached(self, conditions: Conditions, during: Interval | None) -> tuple[BitMap, BitMap, BitMap]:
        """On which appointments conditions hold at some time from now on, within a rule's times: surely, perhaps, and surely all the time.

        All the time is that of the appointment at its open location, as far as the rule and tenure have it.
        """
        now = self._uow.now
        start, end = (max(now, during[0]), during[1]) if during else (now, None)
        if end is not None and end <= start:
            return BitMap(), BitMap(), BitMap()
        held, least, most = (
            self.held(conditions, start),
            conditions.tenure_at_least or 0,
            conditions.tenure_at_most,
        )
        ahead = self.everything - self._days("ends", "<", start)
        sure = held.then & self.steady(start, for_good=False, least=least)
        in_time = self.everything - self._days("ends", "" if least else "<=", start)
        if end is not None:
            in_time = in_time - self._days("begins", ">=", _before(end, least))
            ahead = ahead - self._days("begins", ">", _before(end, least))
        if most is not None:
            ahead = ahead & self._days("begins", ">=", _before(start, most + 1))
            young = self._days("begins", ">", _before(start, most + 1)) if most >= least else BitMap()
            in_time, sure = in_time & young, sure & young
        return sure | (held.always & in_time), held.later & ahead, held.whole & in_time

    def steady(self, at: datetime, *, for_good: bool = True, least: int = 0) -> BitMap:
        """Appointments that are surely in force at an instant, and so many days old; without an end if it is for good."""
        ended = self._days("ends", "" if for_good else "<=", at)
        return self.everything - ended - self._days("begins", ">=", _before(at, least))

    def grown(self, conditions: Conditions, at: datetime) -> BitMap:
        """Appointments that surely stay as old as is asked for, from an instant on."""
        if conditions.tenure_at_most is not None:
            return BitMap()
        return self.everything - self._days("begins", ">=", _before(at, conditions.tenure_at_least or 0))

    def of_class(self, audience_class: str) -> BitMap:
        """Appointments of one class."""
        return self._bitmap("class", audience_class)

    def people(self, appointments: BitMap) -> BitMap:
        """Numbers of the people who have them."""
        layers = range(self._state.layers)
        ours = (appointments & BitMap(range(n * LAYER, (n + 1) * LAYER)) for n in layers)
        return BitMap.union(BitMap(), *(here.shift(-n * LAYER) for n, here in zip(layers, ours, strict=True)))

    def with_several(self) -> BitMap:
        """Numbers of people with more than one appointment that is not over."""
        return self.people(self.everything & BitMap(range(LAYER, 2 * LAYER)))

    def numbers(self, person_ids: Iterable[str]) -> dict[str, int]:
        """Numbers of people by their ids; who has none has no appointment here."""
        wanted = sorted(UUID(id).bytes for id in person_ids)
        firsts = self._firsts() if wanted else []
        found = {}
        for id in wanted:
            chunk = bisect_right(firsts, id) - 1
            if chunk < 0:
                continue
            ids = self._chunk(chunk)
            place = bisect_right(_Ids(ids), id) - 1
            if ids[place * _ID : place * _ID + _ID] == id:
                found[str(UUID(bytes=id))] = chunk * CHUNK + place
        return found

    def ids(self, people: Iterable[int]) -> Iterator[str]:
        """Ids of people, in their order."""
        for number in people:
            chunk, place = divmod(number, CHUNK)
            yield str(UUID(bytes=self._chunk(chunk)[place * _ID : place * _ID + _ID]))

    def are_still_there(self) -> bool:
        """Whether nobody built others meanwhile."""
        table = appointment_map_state
        return bool(self._uow.connection.scalar(sa.select(table.c.built_at)) == self._state.built_at)

    def digest(self, people: BitMap) -> int:
        """What stands for all of them, as ``bit_xor(uuid_hash_extended(person_id, 0))`` would."""
        digest = 0
        for chunk in range(-(-self._state.people // CHUNK)):
            mine = people & BitMap(range(chunk * CHUNK, (chunk + 1) * CHUNK))
            if not mine:
                continue
            body = self._body("hash", f"{chunk:06}")
            missing = BitMap(range(chunk * CHUNK, chunk * CHUNK + len(body) // 8)) - mine
            fewer = min(mine, missing, key=len)
            if fewer is missing:
                digest ^= _folded(body)
            for number in fewer:
                place = (number - chunk * CHUNK) * 8
                digest ^= int.from_bytes(body[place : place + 8], "big")
        return digest - (1 << 64) if digest >> 63 else digest

    def _places(self, conditions: Conditions, at: datetime) -> Mapping[str, Located]:
        asks = asks_of_locations(conditions, self._kinds)
        about = replace(
            conditions, positions=(), audience_class=None, tenure_at_least=None, tenure_at_most=None
        )
        key = (about if asks else None, at)
        if key not in self._located:
            self._located[key] = (
                located(self._uow, conditions, self._kinds, at)
                if asks
                else {"": closed_at(self._uow, self.everything, at)}
            )
        return self._located[key]

    def _days(self, part: str, op: str, at: datetime) -> BitMap:
        """Appointments that begin or end on a day before (<), on or after an instant's; on any day without one of these."""
        day = at.date().isoformat() if op else ""
        key = (f"{part} {op}", day)
        if key not in self._read:
            table = appointment_map
            here = sa.and_(table.c.part == part, table.c.value.op(op or ">")(day))
            all_of_them = sa.func.string_agg(table.c.body, sa.literal(b"", sa.LargeBinary()))
            found = self._uow.connection.scalar(sa.select(all_of_them).where(here))
            self._read[key] = BitMap(numbers_of(found or b""))
        return self._read[key]

    def _bitmap(self, part: str, value: str) -> BitMap:
        if (part, value) not in self._read:
            found = self._body(part, value)
            self._read[part, value] = BitMap.deserialize(found) if found else BitMap()
        return self._read[part, value]

    def _body(self, part: str, value: str) -> bytes:
        table = appointment_map
        query = sa.select(table.c.body).where(table.c.part == part, table.c.value == value)
        return bytes(self._uow.connection.scalar(query) or b"")

    def _chunk(self, number: int) -> bytes:
        if number not in self._ids:
            self._ids[number] = self._body("people", f"{number:06}")
        return self._ids[number]

    def _firsts(self) -> list[bytes]:
        table = appointment_map
        firsts = sa.select(sa.func.substring(table.c.body, 1, _ID)).where(table.c.part == "people")
        return [bytes(first) for first in self._uow.connection.scalars(firsts.order_by(table.c.value))]


class _Ids(Sequence[bytes]):
    """Ids of people, one after the other."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __len__(self) -> int:
        return len(self._body) // _ID

    def __getitem__(self, place: Any) -> Any:
        return self._body[place * _ID : place * _ID + _ID]


def open_maps(uow: UnitOfWork) -> Maps | None:
    """The bitmaps there are; None without any, when too much has changed since, and on SQLite."""
    if uow.is_sqlite:
        return None
    state = uow.connection.execute(sa.select(appointment_map_state)).one_or_none()
    if state is None or state.built_at > uow.now:
        return None
    stale: set[str] = set(uow.connection.scalars(changed_since(state.position).limit(STALE + 1)))
    return Maps(uow, state, frozenset(stale)) if len(stale) <= STALE else None


def changed_since(position: int) -> sa.Select[Any]:
    """Ids of people of whom something was changed after a position of the journal, each once."""
    where = sa.and_(change.c.position > position, change.c.kind == "person_changed")
    return sa.select(change.c.subject_id).where(where).distinct()


def _before(at: datetime, days: int) -> datetime:
    """So many days earlier, or the first day there is."""
    try:
        return at - timedelta(days=days)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _folded(body: bytes) -> int:
    """All numbers of 8 bytes in it, one with the other."""
    size = 8
    while size < len(body):
        size *= 2
    folded = int.from_bytes(body, "big")
    while size > 8:
        size //= 2
        folded = (folded >> (size * 8)) ^ (folded & ((1 << (size * 8)) - 1))
    return folded
