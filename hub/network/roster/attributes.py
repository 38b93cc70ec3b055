"""What the files say about attributes: which there are, and which values people, appointments, locations and partners have."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from hub.ids import derived_id
from hub.network.attribute_values import AttributeKind
from hub.network.roster.names import Names, external_ids
from hub.network.roster.people import known_ids
from hub.network.roster.said import Said, rows_of
from hub.network.roster.staging import ROWS, Staging, chosen, known
from hub.network.snapshots import AttributeKindSnapshot, AttributesSnapshot, AttributeValue
from hub.network.validity.dates import valid_from, valid_to

PAGE = 2_000


def say_kinds(staging: Staging, names: Names, external: Sequence[str]) -> list[Said]:
    """Which attributes there are. They are known by their key everywhere; the id is for ``roster_key`` alone."""
    said = []
    for row in rows_of(staging, "attribute_kind", external):
        body: AttributeKindSnapshot = {
            "key": row.attribute_id,
            "title": row.title,
            "subject": row.subject,
            "type": row.type,
            "choices": row.choices.split(";") if row.choices else [],
            "mandatory_for": sorted(row.mandatory_for.split(";")) if row.mandatory_for else [],
        }
        said.append(Said(row.attribute_id, derived_id("attribute_kind", row.attribute_id), body))
    return said


def list_subjects(subject: str, staging: Staging) -> Iterator[list[str]]:
    """Subjects of one kind that the file says something about, and those an earlier one did that are in the files again."""
    rows = ROWS["attributes.csv"]
    staging.add_index(rows, "subject", "subject_id")
    said = sa.select(rows.c.subject_id.label("name")).where(rows.c.subject == subject)
    own = sa.select(external_ids(subject))
    once = sa.select(known.c.external_id).where(
        known.c.kind == f"attributes_{subject}", known.c.external_id.in_(own)
    )
    listed = said.union(once).subquery()
    result = staging.connection.execute(sa.select(listed.c.name).order_by(listed.c.name))
    for page in result.scalars().partitions(PAGE):
        yield list(page)


def say_values(subject: str, staging: Staging, names: Names, external: Sequence[str]) -> list[Said]:
    """Every value of these subjects; none, for one that the file no longer names."""
    kinds = read_file_kinds(staging)
    # Partners and locations have got their ids already, people and appointments when they were applied.
    ids = names.ids.get(subject) or known_ids(staging, subject, external)
    rows = ROWS["attributes.csv"]
    staging.choose(external)
    query = sa.select(rows).join(chosen, chosen.c.external_id == rows.c.subject_id)
    values: dict[str, list[AttributeValue]] = defaultdict(list)
    for row in staging.connection.execute(query.where(rows.c.subject == subject)):
        values[row.subject_id].append(
            {
                "key": row.attribute_id,
                "value": (kinds.get(row.attribute_id) or names.attribute_kinds[row.attribute_id]).read(
                    row.value
                ),
                "valid_from": valid_from(row.valid_from),
                "valid_to": valid_to(row.valid_to),
            }
        )
    said = []
    for name in external:
        listed = sorted(values[name], key=lambda value: (value["key"], value["valid_from"]))
        body: AttributesSnapshot = {"subject": subject, "subject_id": ids[name], "values": listed}
        said.append(Said(name, ids[name], body))
    return said


def read_file_kinds(staging: Staging) -> dict[str, AttributeKind]:
    """The attributes that the files themselves define."""
    rows = staging.connection.execute(sa.select(ROWS["attribute_kinds.csv"]))
    return {
        row.attribute_id: AttributeKind(
            row.attribute_id, row.title, row.subject, row.type, tuple(filter(None, row.choices.split(";")))
        )
        for row in rows
    }
