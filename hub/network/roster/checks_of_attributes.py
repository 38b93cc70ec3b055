"""Checking attributes: each value is of its type, and belongs to something that is there."""

import sqlalchemy as sa

from hub.network.attribute_values import SUBJECTS
from hub.network.roster.attributes import read_file_kinds
from hub.network.roster.files import FILES
from hub.network.roster.known import KnownNetwork
from hub.network.roster.names import external_ids
from hub.network.roster.staging import ROWS, Staging, known, text

_KINDS = next(file for file in FILES if file.name == "attribute_kinds.csv")
_VALUES = next(file for file in FILES if file.name == "attributes.csv")


def check_attribute_kinds(staging: Staging, network: KnownNetwork) -> None:
    """What is known already keeps its subject, its type and the choices that are in use, for rules may rest on its values."""
    rows = ROWS["attribute_kinds.csv"]
    now = read_file_kinds(staging)
    for line, key in staging.connection.execute(sa.select(rows.c.line, rows.c.attribute_id)):
        before = network.attribute_kinds.get(key)
        for column in ("subject", "type"):
            if before is not None and getattr(before, column) != getattr(now[key], column):
                message = (
                    f'"{getattr(now[key], column)}" was {getattr(before, column)} since an import before'
                )
                staging.report(_KINDS, message, line, column)
        for choice in sorted(network.choices_in_use.get(key, set()) - set(now[key].choices)):
            staging.report(_KINDS, f'"{choice}" is missing, and there are values of it', line, "choices")


def check_attributes(staging: Staging, network: KnownNetwork) -> None:
    """Each row names something that can have this attribute, and a value that this attribute can have."""
    rows = ROWS["attributes.csv"]
    kinds = {**network.attribute_kinds, **read_file_kinds(staging)}
    columns = (rows.c.line, rows.c.subject, rows.c.attribute_id, rows.c.value)
    for line, subject, key, value in staging.connection.execute(sa.select(*columns)):
        kind = kinds.get(key)
        if kind is None:
            continue  # told as a missing reference
        if kind.subject != subject:
            staging.report(_VALUES, f'"{key}" is an attribute of a {kind.subject}', line, "attribute_id")
        elif wrong := kind.judge(kind.read(value)):
            staging.report(_VALUES, f'"{value}" {wrong}', line, "value")
    for subject in SUBJECTS:
        in_files = sa.select(external_ids(subject))
        there = sa.exists().where(known.c.kind == subject, known.c.external_id == rows.c.subject_id)
        query = sa.select(rows.c.line, text(f'no {subject} "', rows.c.subject_id, '"'))
        query = query.where(rows.c.subject == subject, rows.c.subject_id.not_in(in_files), ~there)
        staging.report_rows(_VALUES, "subject_id", query)
