"""Signing out of the hub."""

from hub.journal import audit
from hub.runtime import Hub
from hub.sso.sessions import end_session, find_session


def sign_out(hub: Hub, token: str) -> None:
    """End the session of this token, with an audit row; nothing happens when it is already over."""
    with hub.unit_of_work() as uow:
        session = find_session(uow, token)
        end_session(uow, token)
        if session:
            audit(
                uow,
                "sign_out",
                session.person_id,
                actor_id=session.person_id,
                connection_id=session.connection_id,
            )
