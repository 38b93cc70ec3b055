"""Parts of things that the network files name as a whole, and that services may have made beside the files.

A file gives each thing with all its parts, and takes away what it once gave and gives no more. What no file ever gave stays: the
import keeps in ``roster_key`` which parts those were.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.network import tables
from hub.network.attribute_values import SUBJECTS
from hub.network.roster.said import Said
from hub.network.validity.dated import VALIDITY, Part, stated
from hub.store import UnitOfWork


@dataclass(frozen=True)
class Parts:
    """A list in the snapshots of a kind: the column of its owner, and which columns name a part. Other columns are as in the body."""

    listed: str
    owner: sa.Column[str]
    named_by: tuple[str, ...]
    renamed: Mapping[str, str]

    def name(self, part: Part) -> str:
        """What tells a part from the owner's others, whenever it holds."""
        return "/".join([self.listed, *(str(part[column]) for column in self.named_by)])


def _parts(
    listed: str, owner: sa.Column[str], *named_by: str, renamed: Mapping[str, str] | None = None
) -> Parts:
    return Parts(listed, owner, named_by, renamed or {})


PARTS: Mapping[str, tuple[Parts, ...]] = {
    "partner_links": (
        _parts(
            "upstream",
            tables.partner_link.c.downstream_id,
            "partner_id",
            "kind",
            renamed={"upstream_id": "partner_id"},
        ),
    ),
    "location": (
        _parts("brands", tables.location_brand.c.location_id, "brand_id", "activity"),
        _parts("nodes", tables.location_node.c.location_id, "dimension"),
    ),
    "representative": (_parts("assignments", tables.rep_assignment.c.person_id, "id"),),
    "position_superiors": (
        _parts("superiors", tables.position_superior.c.position_id, "superior_id", "dimension"),
    ),
    "manager": (_parts("relations", tables.manager_relation.c.manager_id, "id"),),
    **{
        f"attributes_{subject}": (_parts("values", tables.attribute.c.subject_id, "key"),)
        for subject in SUBJECTS
    },
}
"""By kind of thing that files give."""


def names_of_parts(kind: str, body: Mapping[str, Any]) -> str | None:
    """As ``roster_key`` keeps them; None for a kind that has no parts."""
    if kind not in PARTS:
        return None
    return ";".join(sorted({parts.name(part) for parts in PARTS[kind] for part in body[parts.listed]}))


def keep_parts(
    uow: UnitOfWork, kind: str, said: Sequence[Said], given: Mapping[str, str | None]
) -> list[tuple[Said, Mapping[str, Any]]]:
    """The snapshots of things with parts, with what no file gave. ``given``: names of the parts that files gave before, by external id.

    What is not in ``given`` no file has named yet; None says that it is not known which parts it had: all of them, then.
    """
    wanted = [one for one in said if given.get(one.external_id, "") is not None]
    bodies = {one.external_id: dict(one.body) for one in said}
    for parts in PARTS[kind]:
        stored = _stored(uow, parts, [one.id for one in wanted])
        for one in wanted:
            body = bodies[one.external_id]
            now = {parts.name(part) for part in body[parts.listed]}
            by_files = now.union((given.get(one.external_id) or "").split(";"))
            kept = [part for part in stored.get(one.id, ()) if parts.name(part) not in by_files]
            if kept:
                body[parts.listed] = sorted([*body[parts.listed], *kept], key=_order(parts))
    return [(one, bodies[one.external_id]) for one in said]


def _order(parts: Parts) -> Callable[[Part], tuple[str, ...]]:
    return lambda part: tuple(str(part[column]) for column in (*parts.named_by, "valid_from"))


def _stored(uow: UnitOfWork, parts: Parts, owner_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    table, owner = parts.owner.table, parts.owner.name
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    if not owner_ids:
        return found
    for row in uow.connection.execute(sa.select(table).where(uow.among(parts.owner, owner_ids))):
        part = {
            parts.renamed.get(name, name): value
            for name, value in row._mapping.items()
            if name not in (owner, *VALIDITY)
        }
        found[row._mapping[owner]].append({**part, **stated(row.valid_from, row.valid_to)})
    return found
