"""The chain of seals over the audit trail: nothing is left out, and whatever is changed afterwards is named."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.app import open_hub
from hub.clock import SettableClock
from hub.errors import Missing
from hub.ids import new_id
from hub.journal import audit
from hub.journal.seal import BATCH, SETTLE, has_unsealed, read_head, seal_audit
from hub.journal.seal_format import pack_rows, row_text, seal_hash, unpack_rows
from hub.journal.tables import audit as trail
from hub.journal.tables import audit_gap, audit_seal
from hub.journal.verify_seals import verify_seals
from hub.lifecycle.upkeep import Upkeep
from hub.runtime import Hub
from hub.store import UnitOfWork
from tests.databases import Kind

only_on_postgres = pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)


class Stop(Exception):
    """Ends a unit without success."""


def write(hub: Hub, *actions: str) -> None:
    for action in actions:
        with hub.unit_of_work() as uow:
            audit(uow, action, new_id(), detail={"n": 1.0, "deep": {"b": [1, 2.5], "a": "ü"}})


def seal(hub: Hub) -> int:
    with hub.unit_of_work() as uow:
        return seal_audit(uow)


def seal_until_no_gap_waits(hub: Hub) -> None:
    """Gaps wait for older transactions of the whole server, and those of other tests are not this test's to end."""
    last = time.monotonic() + 60
    while True:
        seal(hub)
        with hub.reading() as uow:
            gaps = uow.connection.execute(sa.select(audit_gap)).all()
        if not gaps:
            return
        assert time.monotonic() < last, gaps
        time.sleep(0.02)


def told(hub: Hub, from_number: int = 1, noted: tuple[int, str] | None = None) -> list[tuple[str, int]]:
    """Kinds and positions of findings."""
    with hub.reading() as uow:
        return [(each.kind, each.position) for each in verify_seals(uow, from_number, noted).findings]


def sealed(hub: Hub) -> list[int]:
    """Positions in the order of their seals."""
    with hub.reading() as uow:
        rows = uow.connection.scalars(sa.select(audit_seal.c.row_hashes).order_by(audit_seal.c.number))
        return [position for packed in rows for position, _ in unpack_rows(packed)]


def positions(hub: Hub) -> list[int]:
    with hub.reading() as uow:
        return list(uow.connection.scalars(sa.select(trail.c.position).order_by(trail.c.position)))


@contextmanager
def unguarded(hub: Hub, table: str = "audit") -> Iterator[UnitOfWork]:
    """A unit of somebody who has the database to themselves, and takes its guards away first."""
    with hub.unit_of_work() as uow:
        if uow.is_sqlite:
            for action in ("update", "delete"):
                uow.connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_{action}")
        else:
            uow.connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}")
        yield uow


def test_every_row_is_sealed_once_and_the_chain_holds(hub: Hub) -> None:
    write(hub, "a", "b")
    assert seal(hub) == 2
    write(hub, "c")
    with hub.reading() as uow:
        assert has_unsealed(uow)
    assert seal(hub) == 1
    assert seal(hub) == 0
    assert sealed(hub) == positions(hub)
    with hub.reading() as uow:
        assert not has_unsealed(uow)
        result = verify_seals(uow)
    assert (result.seals, result.rows, result.unsealed, list(result.findings)) == (2, 3, 0, [])


def test_the_worker_seals_by_itself_in_batches(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        for _ in range(BATCH + 5):
            audit(uow, "a")
    upkeep = Upkeep(hub)
    while upkeep.turn():
        pass
    with hub.reading() as uow:
        assert read_head(uow).number == 2
    assert told(hub) == []


CHANGES: list[tuple[str, Callable[[UnitOfWork, int], object], str]] = [
    ("outcome", lambda uow, at: _update(uow, at, outcome="refused"), "changed"),
    ("time", lambda uow, at: _update(uow, at, at=uow.now + timedelta(seconds=1)), "changed"),
    ("actor", lambda uow, at: _update(uow, at, actor_id=new_id()), "changed"),
    ("detail", lambda uow, at: _update(uow, at, detail={}), "changed"),
    (
        "row",
        lambda uow, at: uow.connection.execute(sa.delete(trail).where(trail.c.position == at)),
        "missing",
    ),
]


def _update(uow: UnitOfWork, position: int, **values: object) -> None:
    uow.connection.execute(sa.update(trail).where(trail.c.position == position).values(**values))


@pytest.mark.parametrize("change, kind", [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_a_row_that_was_changed_or_taken_away_is_named(
    hub: Hub, change: Callable[[UnitOfWork, int], object], kind: str
) -> None:
    write(hub, "a", "b", "c")
    seal(hub)
    second = positions(hub)[1]
    with unguarded(hub) as uow:
        change(uow, second)
    assert told(hub) == [(kind, second)]


def test_a_row_that_was_inserted_afterwards_is_named(hub: Hub) -> None:
    write(hub, "a", "b", "c")
    second = positions(hub)[1]
    with unguarded(hub) as uow:
        row = uow.connection.execute(
            sa.delete(trail).where(trail.c.position == second).returning(trail)
        ).one()
    seal(hub)
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.delete(audit_gap))
    with unguarded(hub) as uow:
        uow.connection.execute(sa.insert(trail).values(**row._mapping))
    assert told(hub) == [("inserted", second)]
    write(hub, "d")
    seal(hub)
    assert told(hub) == [("inserted", second)]


def test_a_seal_that_was_changed_or_taken_away_is_named(hub: Hub) -> None:
    for action in ("a", "b", "c"):
        write(hub, action)
        seal(hub)
    at = positions(hub)
    with hub.reading() as uow:
        head = read_head(uow)
    assert told(hub, 2, (head.number, head.hash)) == []
    with unguarded(hub) as uow:
        _update(uow, at[1], action="z")
    with unguarded(hub, "audit_seal") as uow:  # and makes the seal fit again
        row = uow.connection.execute(sa.select(trail).where(trail.c.position == at[1])).one()
        mine = audit_seal.c.number == 2
        uow.connection.execute(sa.update(audit_seal).where(mine).values(row_hashes=pack_rows([row])))
    assert told(hub) == [("seal_changed", at[1])]
    with unguarded(hub, "audit_seal") as uow:
        uow.connection.execute(sa.delete(audit_seal).where(audit_seal.c.number == 2))
    assert ("seal_missing", at[2]) in told(hub)
    with pytest.raises(Missing):
        told(hub, 3)


def test_an_end_that_is_gone_is_noticed_by_what_was_noted_elsewhere(hub: Hub) -> None:
    for action in ("a", "b"):
        write(hub, action)
        seal(hub)
    with hub.reading() as uow:
        head = read_head(uow)
    last = positions(hub)[-1]
    with unguarded(hub) as uow:
        uow.connection.execute(sa.delete(trail).where(trail.c.position == last))
    with unguarded(hub, "audit_seal") as uow:
        uow.connection.execute(sa.delete(audit_seal).where(audit_seal.c.number == 2))
    assert told(hub) == []
    assert [kind for kind, _ in told(hub, noted=(head.number, head.hash))] == ["seal_missing"]
    assert [kind for kind, _ in told(hub, noted=(1, "f" * 64))] == ["head_differs"]


@pytest.mark.parametrize("again", [1, 2], ids=["in another seal", "twice in one seal"])
def test_a_row_that_was_sealed_twice_is_named_and_its_first_seal_counts(hub: Hub, again: int) -> None:
    write(hub, "a", "b")
    seal(hub)
    with hub.reading() as uow:
        first = read_head(uow)
    write(hub, "c")
    seal(hub)
    at = positions(hub)[0]
    with unguarded(hub) as uow:
        _update(uow, at, action="forged")
    with hub.unit_of_work() as uow:  # and goes on with the chain, over the row as it is now
        head = read_head(uow)
        row = uow.connection.execute(sa.select(trail).where(trail.c.position == at)).one()
        packed = pack_rows([row] * again)
        uow.insert(
            audit_seal,
            number=3,
            from_position=at,
            to_position=head.position,
            row_hashes=packed,
            hash=seal_hash(head.hash, 3, uow.now, packed),
            at=uow.now,
        )
    assert told(hub, noted=(first.number, first.hash)) == [("changed", at), ("twice", at)]
    assert told(hub, 3) == [("twice", at)]


@pytest.mark.parametrize(
    "moved", [{"to_position": -1}, {"to_position": 1000}, {"from_position": 99}], ids=str
)
def test_positions_of_a_seal_that_do_not_fit_its_rows_are_named(hub: Hub, moved: dict[str, int]) -> None:
    write(hub, "a", "b")
    seal(hub)
    write(hub, "c")
    seal(hub)
    with unguarded(hub, "audit_seal") as uow:
        uow.connection.execute(sa.update(audit_seal).where(audit_seal.c.number == 2).values(**moved))
    assert "seal_changed" in [kind for kind, _ in told(hub)]
    assert "seal_changed" in [kind for kind, _ in told(hub, 2)]
    seal(hub)
    assert "seal_changed" in [kind for kind, _ in told(hub)]


def test_a_noted_seal_is_compared_wherever_the_verification_begins(hub: Hub) -> None:
    for action in ("a", "b", "c"):
        write(hub, action)
        seal(hub)
    at = positions(hub)
    with hub.reading() as uow:
        hashes = list(uow.connection.scalars(sa.select(audit_seal.c.hash).order_by(audit_seal.c.number)))
    for number in (1, 2, 3):
        assert told(hub, 3, (number, hashes[number - 1])) == []
        assert told(hub, 3, (number, "f" * 64)) == [("head_differs", at[number - 1])]
    assert told(hub, 3, (0, "0" * 64)) == []
    assert [kind for kind, _ in told(hub, 3, (4, "f" * 64))] == ["seal_missing"]
    with unguarded(hub, "audit_seal") as uow:
        uow.connection.execute(sa.delete(audit_seal).where(audit_seal.c.number == 1))
    assert [kind for kind, _ in told(hub, 3, (1, hashes[0]))] == ["seal_missing"]


def test_the_database_itself_refuses_changes_of_seals(hub: Hub) -> None:
    write(hub, "a")
    seal(hub)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(audit_seal).values(hash=""))


@only_on_postgres
def test_a_row_that_commits_late_is_sealed_late_and_not_lost(hub: Hub, clock: SettableClock) -> None:
    with hub.unit_of_work() as slow:
        audit(slow, "slow")
        write(hub, "quick")
        assert seal(hub) == 1
        clock.advance(minutes=30)
        assert seal(hub) == 0  # its transaction is still open, so the gap stays
    with hub.reading() as uow:
        assert has_unsealed(uow)
        assert list(verify_seals(uow).findings) == []
    assert seal(hub) == 1
    assert sealed(hub) == list(reversed(positions(hub)))
    assert told(hub) == []
    with hub.reading() as uow:
        assert uow.connection.execute(sa.select(audit_gap)).all() == []


@only_on_postgres
def test_a_gap_that_nobody_can_fill_ends(hub: Hub, clock: SettableClock) -> None:
    def fail() -> None:
        with hub.unit_of_work() as uow:
            audit(uow, "undone")
            audit(uow, "undone")
            raise Stop

    with pytest.raises(Stop):
        fail()
    write(hub, "done")
    seal(hub)
    with hub.reading() as uow:
        (gap,) = uow.connection.execute(sa.select(audit_gap)).all()
        assert gap.to_position - gap.from_position == 1
        assert not has_unsealed(uow)
    clock.advance(seconds=SETTLE.total_seconds())
    with hub.reading() as uow:
        assert has_unsealed(uow)
    seal_until_no_gap_waits(hub)
    assert told(hub) == []


@only_on_postgres
def test_a_late_row_in_the_middle_of_a_gap_leaves_the_rest_open(hub: Hub) -> None:
    with hub.unit_of_work() as first, hub.unit_of_work() as last:
        audit(first, "first")
        with hub.unit_of_work() as middle:
            audit(middle, "middle")
            audit(last, "last")
            write(hub, "quick")
            assert seal(hub) == 1
        assert seal(hub) == 1
        with hub.reading() as uow:
            assert len(uow.connection.execute(sa.select(audit_gap)).all()) == 2
    assert seal(hub) == 2
    assert sorted(sealed(hub)) == positions(hub)
    assert told(hub) == []


def test_nothing_is_lost_while_many_write_and_some_give_up(hub: Hub, clock: SettableClock) -> None:
    stop = threading.Event()

    def write_some(number: int) -> None:
        chance = random.Random(number)
        for _ in range(25):
            with suppress(Stop), hub.unit_of_work() as uow:
                for _ in range(chance.randrange(1, 4)):
                    audit(uow, f"writer {number}")
                if not uow.is_sqlite:
                    time.sleep(chance.random() / 100)
                if chance.random() < 0.3:
                    raise Stop

    def seal_meanwhile() -> None:
        while not stop.is_set():
            seal(hub)

    with ThreadPoolExecutor(7) as pool:
        sealers = [pool.submit(seal_meanwhile) for _ in range(2)]
        for done in [pool.submit(write_some, number) for number in range(5)]:
            done.result()
        stop.set()
        for sealer in sealers:
            sealer.result()
    while seal(hub):
        pass
    assert sorted(sealed(hub)) == positions(hub)
    assert told(hub) == []
    clock.advance(minutes=2)
    seal_until_no_gap_waits(hub)
    assert told(hub) == []


@only_on_postgres
def test_two_workers_never_seal_at_once(hub: Hub) -> None:
    write(hub, "a")
    with hub.unit_of_work() as one, hub.unit_of_work() as other:
        assert seal_audit(one) == 1
        assert seal_audit(other) == 0
    assert seal(hub) == 0


def test_both_databases_write_a_row_in_the_same_way(hub: Hub, database_kind: Kind) -> None:
    with hub.unit_of_work() as uow:
        audit(uow, "a", "x", detail={"b": 1.0, "a": [True, None, 2.5, "ü"], "big": 1e20})
    with hub.reading() as uow:
        text = row_text(uow.connection.execute(sa.select(trail)).one())
    assert '"detail":{"a":[true,null,2.5,"\\u00fc"],"b":1,"big":100000000000000000000}' in text
    assert '"at":"2026-05-04T09:00:00.000000+00:00"' in text


def test_a_subject_that_somebody_typed_is_kept_without_nul_and_cut(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        audit(uow, "a", "/x\0y" + "z" * 300)
    with hub.reading() as uow:
        assert uow.connection.scalar(sa.select(trail.c.subject_id)) == "/xy" + "z" * 197


def test_a_second_hub_goes_on_where_the_first_ended(hub: Hub, clock: SettableClock) -> None:
    write(hub, "a")
    seal(hub)
    other = open_hub(hub.settings, clock=clock)
    write(other, "b")
    assert seal(other) == 1
    other.close()
    assert told(hub) == []
