"""A partner's own people by what its systems call them: never those of other partners, whatever they are called."""

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa

from hub.network import tables
from hub.store import UnitOfWork


class OwnRecord(NamedTuple):
    """Somebody whom the partner employs."""

    id: str
    disabled: bool


def find_called(
    uow: UnitOfWork, partner_id: str, names: Collection[str], kinds: Collection[str], forms: Collection[str]
) -> list[OwnRecord]:
    """Two at most of the partner's people whom its files call so, or its own connections of these kinds under these forms.

    Two are enough to tell that a name means several.
    """
    link, owner, key, person = tables.identity_link, tables.connection, tables.roster_key, tables.person
    by_files = sa.select(key.c.id.label("person_id")).where(
        key.c.kind == "person", key.c.external_id.in_(names)
    )
    by_link = (
        sa.select(link.c.person_id)
        .join(owner, owner.c.id == link.c.connection_id)
        .where(
            owner.c.partner_id == partner_id,
            owner.c.kind.in_(kinds),
            link.c.form.in_(forms),
            link.c.subject.in_(names),
        )
    )
    either = sa.union(by_files, by_link).subquery()
    rows = uow.connection.execute(
        sa.select(person.c.id, person.c.disabled)
        .join(either, either.c.person_id == person.c.id)
        .where(person.c.partner_id == partner_id)
        .limit(2)
    )
    return [OwnRecord(*row) for row in rows]
