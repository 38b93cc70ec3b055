"""When a credential was last used, to about a minute: worth a write now and then, not one with each request."""

from datetime import timedelta

import sqlalchemy as sa

from hub.runtime import Hub
from hub.xapi.callers.credentials import Credential
from hub.xapi.tables import xapi_credential

PRECISION = timedelta(minutes=1)


def note_use(hub: Hub, credential: Credential) -> None:
    """Remember that the credential was used, unless that was noted within PRECISION, by whatever process."""
    now = hub.clock.now()
    noted = credential.last_used_at
    if credential.kind == "session" or (noted is not None and now - noted < PRECISION):
        return
    table = xapi_credential
    # Again in the statement: of many requests at once, one writes.
    is_old = sa.or_(table.c.last_used_at.is_(None), table.c.last_used_at <= now - PRECISION)
    with hub.unit_of_work() as uow:
        uow.connection.execute(
            sa.update(table).where(table.c.id == credential.id, is_old).values(last_used_at=now)
        )
