"""What the network files call things, and the ids the hub gave them."""

from collections.abc import Collection

import sqlalchemy as sa

from hub.errors import Missing
from hub.network import tables
from hub.store import UnitOfWork


def find_id(uow: UnitOfWork, kind: str, external_id: str) -> str:
    """The id of the thing of this kind (partner, person, brand, ...) that the files call ``external_id``; or Missing."""
    key = tables.roster_key
    found = uow.connection.scalar(
        sa.select(key.c.id).where(key.c.kind == kind, key.c.external_id == external_id)
    )
    if found is None:
        raise Missing(f"no_{kind}", f"The network files name no {kind} {external_id}.")
    return str(found)


def find_ids(
    uow: UnitOfWork, kind: str, external_ids: Collection[str], partner_id: str = ""
) -> dict[str, str]:
    """Ids by what the files call things of this kind; unknown ones are left out.

    With ``partner_id`` only locations of this partner.
    """
    if not external_ids:
        return {}
    key, location = tables.roster_key, tables.location
    query = sa.select(key.c.external_id, key.c.id).where(
        key.c.kind == kind, uow.among(key.c.external_id, sorted(external_ids))
    )
    if partner_id:
        query = query.join(location, location.c.id == key.c.id).where(location.c.partner_id == partner_id)
    return {row.external_id: row.id for row in uow.connection.execute(query)}
