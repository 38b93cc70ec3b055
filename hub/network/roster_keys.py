"""What the network files call things, and the ids the hub gave them."""

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
