"""Messages that other systems sign and that count once: logout tokens, SAML assertions."""

from datetime import datetime

from hub.sso.tables import used_message
from hub.sso.tokens import token_hash
from hub.store import UnitOfWork
from hub.store.insert import insert_once


def is_first_use(uow: UnitOfWork, connection_id: str, message_id: str, valid_until: datetime) -> bool:
    """Whether a system's message comes for the first time, over all processes; it is used with this call.

    ``message_id`` is its ``jti`` or the assertion's ID, ``valid_until`` when its own time limit refuses it anyway.
    """
    values = {"connection_id": connection_id, "message_id": token_hash(message_id)}
    return insert_once(uow, used_message, **values, expires_at=valid_until)
