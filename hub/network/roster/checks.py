"""Checking the staged files against themselves, each other and what is known, all rows of a file at once."""

from collections.abc import Callable
from functools import partial

import sqlalchemy as sa

from hub.errors import BadInput
from hub.network.attribute_values import SUBJECTS
from hub.network.roster.checks_of_attributes import check_attribute_kinds, check_attributes
from hub.network.roster.checks_of_brands import check_appointment_brands, check_titles
from hub.network.roster.checks_of_nodes import check_trees
from hub.network.roster.checks_of_people import check_appointment_owners, check_identities
from hub.network.roster.files import FILE_OF_KIND, FILES, KEYS, NetworkFile, Reference
from hub.network.roster.known import KnownNetwork
from hub.network.roster.names import node_name
from hub.network.roster.reading import Progress
from hub.network.roster.staging import PROBLEMS_SHOWN, ROWS, Staging, known, text

_NO_END = "9999-99"
"""Sorts after every day."""


def check_files(staging: Staging, network: KnownNetwork, progress: Progress) -> None:
    """Raise BadInput ``bad_network_files`` if anything is wrong anywhere, with the first of all problems.

    What would be wrong only because another file could not be read is not held against the rows.
    """
    steps = _steps(staging, network)
    for done, step in enumerate(steps, 1):
        step()
        progress("checking", done, len(steps))
    count, problems = staging.problems()
    if not count:
        return
    noun = "problem" if count == 1 else "problems"
    rest = f" The first {PROBLEMS_SHOWN} are shown." if count > PROBLEMS_SHOWN else ""
    raise BadInput(
        "bad_network_files",
        f"The network files have {count:,} {noun}; nothing was changed.{rest}",
        "Correct the files and import them again.",
        problems,
    )


def _steps(staging: Staging, network: KnownNetwork) -> list[Callable[[], None]]:
    steps: list[Callable[[], None]] = []
    for file in FILES:
        if file.name not in staging.present:
            continue
        if file.key and file.key != file.once:
            steps.append(partial(_check_repeats, staging, file))
        if file.once:
            steps.append(partial(_check_overlaps, staging, file))
        steps += [
            partial(_check_reference, staging, file, reference)
            for reference in file.references
            if FILE_OF_KIND.get(reference.kind) not in staging.unread
        ]
    # Each with the files that it looks into; the first one is what it is about.
    special: list[tuple[list[str], Callable[[Staging, KnownNetwork], None]]] = [
        (["nodes.csv"], check_trees),
        (["positions.csv"], check_titles),
        (
            ["appointments.csv", "locations.csv", "location_brands.csv", "brands.csv"],
            check_appointment_brands,
        ),
        (["appointments.csv", "people.csv"], check_appointment_owners),
        (["identities.csv", "people.csv"], check_identities),
        (["attribute_kinds.csv"], check_attribute_kinds),
        (
            ["attributes.csv", "attribute_kinds.csv", *(FILE_OF_KIND[subject] for subject in SUBJECTS)],
            check_attributes,
        ),
    ]
    for files, check in special:
        if files[0] in staging.present and staging.unread.isdisjoint(files):
            steps.append(partial(check, staging, network))
    return steps


def _check_repeats(staging: Staging, file: NetworkFile) -> None:
    """No two rows are about the same thing."""
    rows = ROWS[file.name]
    staging.add_index(rows, *file.key)
    key = [rows.c[name] for name in file.key]
    first = sa.select(*key, sa.func.min(rows.c.line).label("line")).group_by(*key)
    repeated = first.having(sa.func.count() > 1).subquery()
    same = [rows.c[name] == repeated.c[name] for name in file.key]
    message = text('"', key[-1], '" is in line ', sa.cast(repeated.c.line, sa.Text), " already")
    query = sa.select(rows.c.line, message).join_from(repeated, rows, sa.and_(*same))
    staging.report_rows(file, file.key[-1], query.where(rows.c.line > repeated.c.line))


def _check_overlaps(staging: Staging, file: NetworkFile) -> None:
    """What can be true only once at a time is not said twice for one time (I20)."""
    rows, other = ROWS[file.name], ROWS[file.name].alias()
    staging.add_index(rows, *file.once)
    start, end = file.period or ("", "")
    query = (
        sa.select(rows.c.line, text("overlaps line ", sa.cast(sa.func.min(other.c.line), sa.Text)))
        .join(
            other, sa.and_(other.c.line < rows.c.line, *[rows.c[name] == other.c[name] for name in file.once])
        )
        .where(rows.c[start] < _end(other.c[end]), other.c[start] < _end(rows.c[end]))
        .group_by(rows.c.line)
    )
    staging.report_rows(file, start, query)


def _end(day: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    return sa.case((day == "", _NO_END), else_=day)


def _check_reference(staging: Staging, file: NetworkFile, reference: Reference) -> None:
    """What a row names is in these files or known already; if it must be owned, it is in these files."""
    rows = ROWS[file.name]
    column = rows.c[reference.column]
    message: list[str | sa.ColumnElement[str]] = [f'no {reference.kind} "', column, '"']
    name: sa.ColumnElement[str] = column
    if reference.within:
        name = node_name(rows.c[reference.within], column)
        message += [' in dimension "', rows.c[reference.within], '"']
    query = sa.select(rows.c.line).where(column != "")
    main = FILE_OF_KIND.get(reference.kind, "")
    if main in staging.present:
        staging.add_index(ROWS[main], *KEYS[main])
        # An alias, because a node's parent is in the same file.
        named = ROWS[main].alias()
        pairs = zip(
            KEYS[main],
            (reference.within, reference.column) if reference.within else (column.name,),
            strict=True,
        )
        query = query.where(~sa.exists().where(*[named.c[key] == rows.c[mine] for key, mine in pairs]))
    if reference.owned:
        staging.add_index(rows, reference.column)
        message.append(f" in {staging.name_of(main)}")
    else:
        there = sa.exists().where(known.c.kind == reference.kind, known.c.external_id == name)
        query = query.where(~there)
    staging.report_rows(file, reference.column, query.add_columns(text(*message)))
