"""The catalogue: offerings as their LMSs list them, and paths over offerings of any LMS."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, Missing, Problem
from hub.ids import is_id, new_id
from hub.journal import Change, record_changes
from hub.store import UnitOfWork
from hub.training import tables
from hub.training.completing.completion import Offering
from hub.training.completing.policy import Policy
from hub.training.courses.catalogue import CatalogueRow

CHOSEN = "chosen:"
"""How external ids begin of courses that somebody chose one by one."""


@dataclass(frozen=True)
class CatalogueCounts:
    """What a catalogue sync changed."""

    added: int
    changed: int
    retired: int
    unchanged: int

    def as_numbers(self) -> dict[str, int]:
        """The numbers by name."""
        return asdict(self)


@dataclass(frozen=True)
class Comparison:
    """How a list of courses differs from an LMS's part of the catalogue: offerings as they are to be, and titles as they were."""

    added: Sequence[Mapping[str, Any]]
    changed: Sequence[Mapping[str, Any]]
    retired: Sequence[Mapping[str, Any]]
    unchanged: int
    titles: Mapping[str, str]

    def counts(self) -> CatalogueCounts:
        """The same as numbers."""
        return CatalogueCounts(len(self.added), len(self.changed), len(self.retired), self.unchanged)


def read_offering(uow: UnitOfWork, offering_id: str) -> Offering:
    """The offering; Missing when there is none."""
    row = uow.find(tables.offering, id=offering_id) if is_id(offering_id) else None
    if row is None:
        raise Missing("no_offering", "There is no such course.")
    return offering_of(row)


def find_offering(uow: UnitOfWork, key: str) -> Offering:
    """The offering with this key; Missing when there is none."""
    row = uow.find(tables.offering, key=key)
    if row is None:
        raise Missing("no_offering", f"The catalogue has no {key}.")
    return offering_of(row)


def is_key_taken(uow: UnitOfWork, key: str) -> bool:
    """Whether a course has this key already."""
    return uow.find(tables.offering, key=key) is not None


def offering_of(row: sa.Row[Any], policy: Policy | None = None) -> Offering:
    """An offering from a row of its table, with the policy of its connection, if that has one."""
    return Offering(
        row.id,
        row.key,
        row.connection_id,
        row.title,
        row.activity_id,
        row.completion_policy,
        row.external_id,
        row.launch,
        policy.terms_for(row.id) if policy else None,
    )


def set_offerings(
    uow: UnitOfWork, connection_id: str, rows: Sequence[CatalogueRow], *, chosen: bool = False
) -> CatalogueCounts:
    """Make an LMS's part of the catalogue equal to ``rows``; what is no longer listed is retired, never deleted.

    With ``chosen`` the rows are courses that somebody chose one by one: they join the others, whose external ids begin
    otherwise than with CHOSEN, and no list of courses retires them. The same rows again change nothing. BadInput
    ``bad_catalogue`` names every row that clashes with another.
    """
    found = compare_offerings(uow, connection_id, rows, chosen=chosen)
    bodies = (*found.added, *found.changed, *found.retired)
    for body in bodies:
        apply_offering(uow, body)
    record_changes(uow, [Change("offering_changed", body["id"], body) for body in bodies])
    return found.counts()


def compare_offerings(
    uow: UnitOfWork, connection_id: str, rows: Sequence[CatalogueRow], *, chosen: bool = False
) -> Comparison:
    """What ``set_offerings`` would change; reads only. Raises as it does."""
    _refuse_clashes(uow, connection_id, rows)
    table = tables.offering
    known = {
        row.external_id: dict(row._mapping)
        for row in uow.connection.execute(sa.select(table).where(table.c.connection_id == connection_id))
    }
    bodies = [
        {
            **asdict(row),
            "connection_id": connection_id,
            "retired": False,
            "id": _id_of(known, row.external_id),
        }
        for row in rows
    ]
    listed = {row.external_id for row in rows}
    gone = [
        {**row, "retired": True}
        for id, row in known.items()
        if not (chosen or id in listed or row["retired"] or id.startswith(CHOSEN))
    ]
    changed = [body for body in bodies if body["external_id"] in known and known[body["external_id"]] != body]
    added = [body for body in bodies if body["external_id"] not in known]
    return Comparison(
        added,
        changed,
        gone,
        len(bodies) - len(added) - len(changed),
        {row["id"]: row["title"] for row in known.values()},
    )


def set_offering(uow: UnitOfWork, connection_id: str, row: CatalogueRow) -> str:
    """Add or change one course of an LMS and leave its others as they are; its id. The same again changes nothing.

    BadInput ``bad_catalogue`` when its key or activity is another course's.
    """
    _refuse_clashes(uow, connection_id, [row])
    table = tables.offering
    known = uow.find(table, connection_id=connection_id, external_id=row.external_id)
    id = str(known.id) if known is not None else new_id()
    body = {**asdict(row), "connection_id": connection_id, "retired": False, "id": id}
    if known is None or known._asdict() != body:
        apply_offering(uow, body)
        record_changes(uow, [Change("offering_changed", id, body)])
    return id


def apply_offering(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Write an offering as a change of kind ``offering_changed`` has it (also used by a rebuild)."""
    table = tables.offering
    if not uow.connection.execute(sa.update(table).where(table.c.id == body["id"]).values(**body)).rowcount:
        uow.connection.execute(sa.insert(table).values(**body))


def set_path(uow: UnitOfWork, key: str, title: str, description: str, steps: Sequence[str]) -> str:
    """Make a path of offerings, named by their keys in order; its id. The same again changes nothing.

    BadInput ``bad_path`` when it has no steps or names an offering twice; Missing for one there is not.
    """
    if not steps or len(set(steps)) != len(steps):
        raise BadInput("bad_path", f"The path {key} needs at least one course, and each only once.")
    offering_ids = [find_offering(uow, step).id for step in steps]
    known = uow.connection.scalar(sa.select(tables.path.c.id).where(tables.path.c.key == key))
    path_id = str(known or new_id())
    body: dict[str, Any] = {
        "id": path_id,
        "key": key,
        "title": title,
        "description": description,
        "steps": offering_ids,
    }
    if known is None or read_path_body(uow, known) != body:
        apply_path(uow, body)
        record_changes(uow, [Change("path_changed", path_id, body)])
    return path_id


def read_path_body(uow: UnitOfWork, path_id: str) -> dict[str, Any]:
    """A path as a change of kind ``path_changed`` has it."""
    path = uow.connection.execute(sa.select(tables.path).where(tables.path.c.id == path_id)).one()
    return {**path._mapping, "steps": read_steps(uow, [path_id])[path_id]}


def read_steps(uow: UnitOfWork, path_ids: Iterable[str]) -> dict[str, list[str]]:
    """Offering ids of paths, in order."""
    step = tables.path_step
    steps: dict[str, list[str]] = {}
    rows = uow.connection.execute(
        sa.select(step).where(step.c.path_id.in_(list(path_ids))).order_by(step.c.path_id, step.c.place)
    )
    for row in rows:
        steps.setdefault(row.path_id, []).append(row.offering_id)
    return steps


def apply_path(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Write a path as a change of kind ``path_changed`` has it (also used by a rebuild)."""
    values = {name: body[name] for name in ("id", "key", "title", "description")}
    if not uow.connection.execute(
        sa.update(tables.path).where(tables.path.c.id == body["id"]).values(**values)
    ).rowcount:
        uow.connection.execute(sa.insert(tables.path).values(**values))
    uow.connection.execute(sa.delete(tables.path_step).where(tables.path_step.c.path_id == body["id"]))
    uow.execute_many(
        sa.insert(tables.path_step),
        [
            {"path_id": body["id"], "place": i, "offering_id": id}
            for i, id in enumerate(body["steps"], start=1)
        ],
    )


def find_target(uow: UnitOfWork, target_kind: str, key: str) -> str:
    """The id of an offering or a path by its key; Missing when there is none."""
    table = {"offering": tables.offering, "path": tables.path}[target_kind]
    found = uow.connection.scalar(sa.select(table.c.id).where(table.c.key == key))
    if found is None:
        raise Missing("no_target", f"There is no {target_kind} {key}.")
    return str(found)


def _id_of(known: Mapping[str, Mapping[str, Any]], external_id: str) -> str:
    return str(known[external_id]["id"]) if external_id in known else new_id()


def _refuse_clashes(uow: UnitOfWork, connection_id: str, rows: Sequence[CatalogueRow]) -> None:
    table = tables.offering
    elsewhere = set(
        uow.connection.scalars(
            sa.select(table.c.key).where(
                table.c.connection_id != connection_id, table.c.key.in_([r.key for r in rows])
            )
        )
    )
    problems = [
        Problem("the key belongs to another LMS's course", row.key) for row in rows if row.key in elsewhere
    ]
    for name in ("external_id", "key", "activity_id"):
        values = [getattr(row, name) for row in rows]
        problems += [Problem(f"{name} occurs twice", v) for v in sorted(set(values)) if values.count(v) > 1]
    problems += _held_by_others(uow, connection_id, rows)
    if problems:
        raise BadInput(
            "bad_catalogue", "The catalogue cannot be used; nothing was changed.", problems=problems
        )


def _held_by_others(uow: UnitOfWork, connection_id: str, rows: Sequence[CatalogueRow]) -> Iterator[Problem]:
    """Keys and activities that another course of this LMS has until now: a retired one, or one that is to change too.

    Goals, rules and statements mean that course by them.
    """
    table = tables.offering
    known = uow.connection.execute(sa.select(table).where(table.c.connection_id == connection_id)).all()
    for name in ("key", "activity_id"):
        holders = {getattr(row, name): row.external_id for row in known}
        for row in rows:
            value = getattr(row, name)
            holder = holders.get(value, row.external_id)
            if holder != row.external_id:
                yield Problem(f"{name} {value} belongs to the course {holder}", row.external_id)
