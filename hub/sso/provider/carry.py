"""What clients were given goes on when a web session is replaced by another one of the same person."""

import sqlalchemy as sa

from hub.sso.provider.grants import KEEP_ENDED
from hub.sso.provider.tables import oidc_grant
from hub.sso.saml_provider.carry import carry_sign_ins
from hub.sso.tables import web_session
from hub.sso.tokens import token_hash
from hub.store import UnitOfWork


def carry_over(uow: UnitOfWork, old_token: str, new_token: str) -> None:
    """Call it when the new session has begun and the old one of the same browser is about to end.

    Whoever signs in anew because a client or a page asks for it stays signed in everywhere else; when somebody else signs in,
    nothing is carried over and the old session's clients are told.
    """
    if not old_token:
        return
    old = uow.find(web_session, token_hash=token_hash(old_token))
    new = uow.find(web_session, token_hash=token_hash(new_token))
    if old is None or new is None or old.person_id != new.person_id:
        return
    mine = (oidc_grant.c.session_id == old.id) & oidc_grant.c.ended_at.is_(None)
    values = {
        "session_id": new.id,
        "session_ends_at": new.expires_at,
        "expires_at": new.expires_at + KEEP_ENDED,
    }
    uow.connection.execute(sa.update(oidc_grant).where(mine).values(**values))
    carry_sign_ins(uow, old.id, new.id)
