"""Two records of one human become one, and two again if that was wrong.

What systems call the merged person, where it works, what it looks after, who manages it and its attributes become the survivor's,
as changes in the journal; goals and credits follow from them. The merged person's row stays, switched off. What was moved is kept, so that
an undo moves exactly that back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, Conflict
from hub.ids import new_id
from hub.journal import Change, audit, record_changes
from hub.network import tables
from hub.network.people.merge_parts import (
    attributes_that_move,
    drop_relations,
    give_attributes_back,
    managers_of_merged,
    move_attributes,
    move_relations,
    move_responsibilities,
    relations_between,
    relations_that_move,
    restore_relations,
)
from hub.network.people.merged_keys import forget_keys, keys_of_person, names_for_files, restore_keys
from hub.network.people.merges import MOVED, Merge, merged_into, read_merge, refuse_absorbed
from hub.network.people.person import lock_people, read_person
from hub.network.people.person_snapshots import read_snapshot, write_people
from hub.store import UnitOfWork

MERGED_SUBJECT = "merged"
"""Who made a link under which the hub named the merged person to a system that knows the survivor by a name of its own."""
Row = dict[str, Any]


@dataclass(frozen=True)
class MergePlan:
    """What would move from one person to the other: how many of each.

    ``files_call_it`` is what the network files call who would be merged; they must not name that person any more.
    """

    from_id: str
    to_id: str
    identities: int
    appointments: int
    responsibilities: int
    managers: int
    attributes: int
    files_call_it: tuple[str, ...]


def plan_merge(uow: UnitOfWork, from_id: str, to_id: str) -> MergePlan:
    """What ``merge_people`` would do. Raises what it raises, and writes nothing."""
    _check(uow, from_id, to_id)
    body = _what_moves(uow, from_id, to_id)
    return MergePlan(
        from_id,
        to_id,
        len(body["links"]),
        len(body["appointments"]),
        len(body["representatives"]),
        len(body["relations"]),
        len(body["attributes"]),
        names_for_files(body["keys"]),
    )


def merge_people(
    uow: UnitOfWork,
    from_id: str,
    to_id: str,
    *,
    actor_id: str | None,
    extra: Mapping[str, Any],
    left_files: bool = False,
) -> str:
    """The id of the merge after which ``to_id`` has all that ``from_id`` had. ``extra`` is kept for whoever moves more.

    ``left_files`` says that the network files name the merged person no more: they would bring it back.

    Missing ``no_person``; BadInput ``same_person``; Conflict ``already_merged``, ``person_erased``, ``has_role``, and
    ``named_by_files`` where the files brought the person and nobody says that they have left it out.
    """
    lock_people(uow, sorted({from_id, to_id, *managers_of_merged(uow, [], from_id)}))
    _check(uow, from_id, to_id)
    body = {**_what_moves(uow, from_id, to_id), **extra}
    if names_for_files(body["keys"]) and not left_files:
        raise Conflict(
            "named_by_files",
            "The network files brought the person who would be merged, and would bring it back.",
            "Merge the other way round, or take the person out of the files first and say so.",
        )
    forget_keys(uow, from_id)
    drop_relations(uow, body["between"], actor_id)
    _move(uow, from_id, to_id, body, actor_id)
    gone = read_snapshot(uow, from_id)
    write_people(uow, [{**gone, "disabled": True}], actor_id=actor_id)
    merge_id = new_id()
    uow.insert(
        tables.person_merge,
        id=merge_id,
        from_id=from_id,
        to_id=to_id,
        at=uow.now,
        actor_id=actor_id,
        body={**body, "was_disabled": gone["disabled"]},
    )
    audit(uow, "people_merged", to_id, actor_id=actor_id, detail={"from": from_id, "merge": merge_id})
    return merge_id


def undo_merge(uow: UnitOfWork, merge_id: str, *, actor_id: str | None) -> Merge:
    """Let the two be two again, with what each had; what the survivor got since then stays the survivor's. The merge.

    Missing ``no_merge``; Conflict ``merge_undone``, ``merged_since`` where the survivor was merged itself, and
    ``person_erased``.
    """
    merge = read_merge(uow, merge_id)
    managers = managers_of_merged(uow, merge.body.get("relations", ()), merge.from_id)
    lock_people(uow, sorted({merge.from_id, merge.to_id, *managers}))
    merge = read_merge(uow, merge_id)  # somebody else may have undone it while this unit waited
    if merge.is_undone:
        raise Conflict("merge_undone", "This merge is undone already.")
    if "links" not in merge.body or not _has_details(uow, merge.from_id):
        raise Conflict("person_erased", "One of the two was erased: nothing can be given back.")
    if merged_into(uow, merge.to_id) is not None:
        raise Conflict(
            "merged_since", "The survivor was merged into somebody else.", "Undo that merge first."
        )
    gone = read_snapshot(uow, merge.from_id)
    write_people(uow, [{**gone, "disabled": merge.body["was_disabled"]}], actor_id=actor_id)
    _move(uow, merge.to_id, merge.from_id, merge.body, actor_id, merge.at)
    restore_relations(uow, merge.body.get("between", ()), actor_id)
    restore_keys(uow, merge.from_id, merge.body["keys"])
    table = tables.person_merge
    uow.connection.execute(sa.update(table).where(table.c.id == merge_id).values(undone_at=uow.now))
    detail = {"from": merge.from_id, "merge": merge_id}
    audit(uow, "merge_undone", merge.to_id, actor_id=actor_id, detail=detail)
    return merge


def apply_moved(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Give links to another person as a change of kind ``identities_moved`` has it (also used by a rebuild)."""
    table = tables.identity_link
    for link in body["links"]:
        this = [table.c[name] == link[name] for name in ("connection_id", "form", "subject")]
        values = {"person_id": link["person_id"], "made_by": link["made_by"]}
        uow.connection.execute(sa.update(table).where(*this).values(**values))


def _check(uow: UnitOfWork, from_id: str, to_id: str) -> None:
    for person_id in (from_id, to_id):
        person = read_person(uow, person_id)
        if not _has_details(uow, person.id):
            raise Conflict("person_erased", "One of the two was erased.")
        refuse_absorbed(uow, person.id)
        if person.id == from_id and person.roles:
            raise Conflict(
                "has_role",
                f"{person.name} has a role in the hub.",
                "Merge the other way round, or take it away.",
            )
    if from_id == to_id:
        raise BadInput("same_person", "A person cannot be merged with itself.", "Choose somebody else.")


def _has_details(uow: UnitOfWork, person_id: str) -> bool:
    return uow.find(tables.person_detail, person_id=person_id) is not None


def _what_moves(uow: UnitOfWork, from_id: str, to_id: str) -> dict[str, Any]:
    """Ids of appointments and responsibilities, and names at systems: as they are, and who made them."""
    link, rep = tables.identity_link, tables.rep_assignment
    links = uow.connection.execute(
        sa.select(link.c.connection_id, link.c.form, link.c.subject, link.c.made_by)
        .where(link.c.person_id == from_id)
        .order_by(link.c.connection_id, link.c.form, link.c.subject)
    )
    reps = uow.connection.scalars(sa.select(rep.c.id).where(rep.c.person_id == from_id).order_by(rep.c.id))
    appointments = read_snapshot(uow, from_id)["appointments"]
    return {
        "links": [dict(row._mapping) for row in links],
        "appointments": [each["id"] for each in appointments],
        "representatives": list(reps),
        "relations": relations_that_move(uow, from_id, to_id),
        "between": relations_between(uow, from_id, to_id),
        "attributes": attributes_that_move(uow, from_id, to_id),
        "keys": keys_of_person(uow, from_id),
    }


def _move(
    uow: UnitOfWork,
    from_id: str,
    to_id: str,
    body: Mapping[str, Any],
    actor_id: str | None,
    since: datetime | None = None,
) -> None:
    """Give what the body names to ``to_id``, as far as it is still with ``from_id``; ``since``: back, after a merge of that time."""
    _move_links(uow, from_id, to_id, body["links"], actor_id)
    here, there = read_snapshot(uow, from_id), read_snapshot(uow, to_id)
    going = [each for each in here["appointments"] if each["id"] in set(body["appointments"])]
    if going:
        stay = [each for each in here["appointments"] if each not in going]
        both = sorted([*there["appointments"], *going], key=lambda each: each["id"])
        write_people(
            uow, [{**here, "appointments": stay}, {**there, "appointments": both}], actor_id=actor_id
        )
    move_responsibilities(uow, from_id, to_id, set(body["representatives"]), actor_id)
    move_relations(uow, from_id, to_id, set(body.get("relations", ())), actor_id)
    values = body.get("attributes", ())
    if since is None:
        move_attributes(uow, from_id, to_id, values, actor_id)
    else:
        give_attributes_back(uow, from_id, to_id, values, since, actor_id)


def _move_links(
    uow: UnitOfWork, from_id: str, to_id: str, links: Sequence[Row], actor_id: str | None
) -> None:
    table = tables.identity_link
    named = set(
        uow.connection.scalars(
            sa.select(table.c.connection_id).where(table.c.person_id == to_id, table.c.made_by == "launch")
        )
    )
    mine = {
        (row.connection_id, row.form, row.subject)
        for row in uow.connection.execute(sa.select(table).where(table.c.person_id == from_id))
    }
    moved = []
    for link in links:
        if (link["connection_id"], link["form"], link["subject"]) in mine:
            # The hub calls a person by one name at each system, and it goes on calling the survivor by the survivor's.
            is_second = link["made_by"] == "launch" and link["connection_id"] in named
            made_by = MERGED_SUBJECT if is_second else link["made_by"]
            moved.append({**link, "made_by": made_by, "person_id": to_id})
    if moved:
        change = {"from": from_id, "to": to_id, "links": moved}
        apply_moved(uow, change)
        record_changes(uow, [Change(MOVED, to_id, change, person_id=to_id, actor_id=actor_id)])
