"""Answers between two requests: the provider's form post comes without cookies, so what it proved waits for the browser's next one.

A browser sends no Lax cookie along with another site's form. The post is verified and kept under a one-time code; the
redirect that follows brings the cookies.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import msgspec
import sqlalchemy as sa

from hub.network.tables import connection
from hub.sealing import Sealer
from hub.sso.flows import Purpose
from hub.sso.saml.tables import saml_answer
from hub.sso.sessions import Proved
from hub.sso.tables import sign_in_flow
from hub.sso.tokens import token_hash
from hub.store import UnitOfWork
from hub.store.driver import Question

LIFETIME = timedelta(minutes=2)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that waits: of a flow by its ``state``, or one that nobody asked for, which knows where it leads.

    Trials are verified in front of the browser that tries, so they wait as they came, in ``raw``.
    """

    connection_id: str
    state: str = ""
    return_to: str = "/"
    proved: Proved | None = None
    claims: dict[str, tuple[str, ...]] = {}
    raw: str = ""


@dataclass(frozen=True)
class Asked:
    """The request of a flow that is under way, seen without taking it."""

    connection_id: str
    request_id: str
    purpose: Purpose
    return_to: str


def find_request(uow: UnitOfWork, state: str) -> Asked | None:
    """The request that was begun with this state; None when there is none, or none any more."""
    row = uow.find(sign_in_flow, state_hash=token_hash(state))
    if row is None or row.expires_at <= uow.now or not row.nonce:
        return None
    return Asked(row.connection_id, request_id_of(row.nonce), row.purpose, row.return_to)


def request_id_of(nonce: str) -> str:
    """The ID of a flow's request: an xs:ID must not begin with a digit."""
    return f"_{nonce}"


def keep_answer(uow: UnitOfWork, code: str, answer: Answer) -> datetime:
    """Keep an answer under a one-time code; until when."""
    uow.insert(
        saml_answer,
        code_hash=token_hash(code),
        connection_id=answer.connection_id,
        body=_sealer(tuple(uow.settings.secret_keys)).seal(msgspec.json.encode(answer).decode()),
        expires_at=uow.now + LIFETIME,
    )
    return uow.now + LIFETIME


_TAKE = Question(
    sa.delete(saml_answer)
    .where(
        saml_answer.c.code_hash == sa.bindparam("code_hash"),
        saml_answer.c.connection_id
        == sa.select(connection.c.id).where(connection.c.slug == sa.bindparam("slug")).scalar_subquery(),
    )
    .returning(saml_answer.c.body, saml_answer.c.expires_at)
)


def take_answer(uow: UnitOfWork, slug: str, code: str) -> Answer | None:
    """The answer of this code at the connection with this slug, taken away so that it works once, in whatever process."""
    row = _TAKE.ask(uow.connection, code_hash=token_hash(code), slug=slug) if slug.isprintable() else None
    if row is None or row.expires_at <= uow.now:
        return None
    return msgspec.json.decode(_sealer(tuple(uow.settings.secret_keys)).open(row.body), type=Answer)


@lru_cache(maxsize=8)
def _sealer(secret_keys: tuple[str, ...]) -> Sealer:
    return Sealer(secret_keys)
