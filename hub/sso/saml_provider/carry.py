"""What systems were told goes on when a web session is replaced by another one of the same person."""

import sqlalchemy as sa

from hub.sso.saml_provider.tables import saml_sign_in
from hub.store import UnitOfWork


def carry_sign_ins(uow: UnitOfWork, old_session_id: str, new_session_id: str) -> None:
    """Let a sign-out find the systems of the session before: they know it by the index they were told then."""
    mine = saml_sign_in.c.session_id == old_session_id
    uow.connection.execute(sa.update(saml_sign_in).where(mine).values(session_id=new_session_id))
