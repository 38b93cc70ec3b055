"""Checking who is who: appointments keep their person, identities belong to one person and stay behind their wall."""

import sqlalchemy as sa

from hub.network.roster.files import FILES
from hub.network.roster.known import KnownNetwork
from hub.network.roster.staging import ROWS, Staging, known, known_link, text

_APPOINTMENTS = next(file for file in FILES if file.name == "appointments.csv")
_IDENTITIES = next(file for file in FILES if file.name == "identities.csv")


def check_appointment_owners(staging: Staging, network: KnownNetwork) -> None:
    """An appointment known from an earlier import is still the same person's, for goals and credits hang from it."""
    rows, person, mine = ROWS["appointments.csv"], known.alias(), known.alias()
    query = (
        sa.select(
            rows.c.line,
            text('appointment "', rows.c.appointment_id, "\" is another person's since an import before"),
        )
        .join(mine, sa.and_(mine.c.kind == "appointment", mine.c.external_id == rows.c.appointment_id))
        .outerjoin(person, sa.and_(person.c.kind == "person", person.c.external_id == rows.c.person_id))
        .where(sa.func.coalesce(person.c.id, "") != mine.c.owner_id)
    )
    staging.report_rows(_APPOINTMENTS, "person_id", query)


def check_identities(staging: Staging, network: KnownNetwork) -> None:
    """(connection, form, subject) is one person (I32), and only connections of the own partner or shared ones know her."""
    _check_taken_twice(staging)
    _check_taken_before(staging)
    _check_walls(staging)


def _check_taken_twice(staging: Staging) -> None:
    rows, other = ROWS["identities.csv"], ROWS["identities.csv"].alias()
    key = ("connection", "form", "subject")
    staging.add_index(rows, *key)
    same = sa.and_(other.c.line < rows.c.line, *[other.c[name] == rows.c[name] for name in key])
    line = sa.cast(sa.func.min(other.c.line), sa.Text)
    query = sa.select(rows.c.line, text("this identity is in line ", line, " already"))
    staging.report_rows(_IDENTITIES, "subject", query.join(other, same).group_by(rows.c.line))


def _check_taken_before(staging: Staging) -> None:
    rows = ROWS["identities.csv"]
    same = [known_link.c[name] == rows.c[name] for name in ("connection", "form", "subject")]
    query = (
        sa.select(rows.c.line, sa.literal("this identity belongs to another person already"))
        .join(known_link, sa.and_(*same))
        .outerjoin(known, sa.and_(known.c.kind == "person", known.c.external_id == rows.c.person_id))
        .where(sa.func.coalesce(known.c.id, "") != known_link.c.person_id)
    )
    staging.report_rows(_IDENTITIES, "subject", query)


def _check_walls(staging: Staging) -> None:
    rows, people = ROWS["identities.csv"], ROWS["people.csv"]
    connection, person, partner = known.alias(), known.alias(), known.alias()
    staging.add_index(people, "person_id")
    # The partner in people.csv counts before the one that is known; a partner new in these files owns no connection.
    employer = sa.case((people.c.line.is_not(None), partner.c.id), else_=person.c.owner_id)
    message = text(
        'connection "', rows.c.connection, '" belongs to another partner than person "', rows.c.person_id, '"'
    )
    query = (
        sa.select(rows.c.line, message)
        .join(
            connection,
            sa.and_(connection.c.kind == "connection", connection.c.external_id == rows.c.connection),
        )
        .outerjoin(people, people.c.person_id == rows.c.person_id)
        .outerjoin(person, sa.and_(person.c.kind == "person", person.c.external_id == rows.c.person_id))
        .outerjoin(
            partner, sa.and_(partner.c.kind == "partner", partner.c.external_id == people.c.partner_id)
        )
        .where(
            connection.c.owner_id.is_not(None),
            sa.or_(people.c.line.is_not(None), person.c.id.is_not(None)),
            sa.func.coalesce(employer, "") != connection.c.owner_id,
        )
    )
    staging.report_rows(_IDENTITIES, "connection", query)
