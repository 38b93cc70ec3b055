"""Requests of systems behind the hub that wait until somebody has signed in, or has done so anew: one rule, whatever their protocol."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from hub.errors import BadInput
from hub.sso.flows import Purpose
from hub.sso.sessions import Session
from hub.sso.tokens import new_token, token_hash
from hub.store import UnitOfWork

ACTION = "client_sign_in"
BEGIN_AGAIN = "Go back to where you came from and sign in there again."
REQUEST_LIFETIME = timedelta(minutes=30)
CLOCK_SKEW = timedelta(seconds=60)
"""How far the clock of an identity provider may be off, which says when somebody signed in."""

T = TypeVar("T")


@dataclass(frozen=True)
class Wishes:
    """Who is probably meant, and the ways of authentication that will do, parted by spaces; each may be empty."""

    login_hint: str = ""
    acr: str = ""


@dataclass(frozen=True)
class SignInFirst:
    """The person has to sign in first; ``code`` then leads back to the request.

    ``purpose`` is ``sign_in`` for whoever is not signed in, ``again`` where it is too long ago, and ``step_up`` where it
    was not done in one of the ways that the system asks for.
    """

    code: str
    purpose: Purpose
    wishes: Wishes


@dataclass(frozen=True)
class Waiting(Generic[T]):
    """A request that waited: when it came, and in which web session, if the hub saw one."""

    asked: T
    asked_at: datetime
    session_id: str | None

    def is_in_vain(self, session: Session) -> bool:
        """Whether somebody did sign in once more for it, so that there is no use in asking again."""
        return self.session_id not in {None, session.id}


@dataclass(frozen=True)
class Demand:
    """What is asked of a sign-in: that it is done ``anew`` (prompt, ForceAuthn), no longer ago than ``max_age``, in one of the
    ways ``acr``. None and empty where any will do.
    """

    anew: bool
    max_age: timedelta | None
    acr: Collection[str]


def lacking(demand: Demand, session: Session, waiting: Waiting[Any] | None, now: datetime) -> Purpose | None:
    """What the person has to sign in once more for; None when the session will do.

    A session whose connection did not say when the person was authenticated is neither new nor young: somebody may have
    come in by what was open there.
    """
    if not _is_anew(session, waiting):
        is_young = demand.max_age is None or (
            session.time_is_told and now - session.authenticated_at <= demand.max_age
        )
        if demand.anew or not is_young:
            return "again"
    return "step_up" if demand.acr and session.acr not in demand.acr else None


def _is_anew(session: Session, waiting: Waiting[Any] | None) -> bool:
    """Whether the person has proved who they are since the system asked.

    By the hub's own clock the session is younger than the request, which a posted request does not show by its session: it
    comes without cookies. By the other side's clock, which may be off, so is what was proved.
    """
    return (
        waiting is not None
        and waiting.session_id != session.id
        and session.started_at >= waiting.asked_at
        and session.time_is_told
        and session.authenticated_at >= waiting.asked_at - CLOCK_SKEW
    )


def keep_waiting(uow: UnitOfWork, table: sa.Table, session_id: str | None, **asked: object) -> str:
    """Let a request wait in the table of its protocol, for REQUEST_LIFETIME; the code that leads back to it."""
    code = new_token()
    uow.insert(
        table,
        code_hash=token_hash(code),
        session_id=session_id,
        made_at=uow.now,
        expires_at=uow.now + REQUEST_LIFETIME,
        **asked,
    )
    return code


def find_waiting(uow: UnitOfWork, table: sa.Table, code: str) -> sa.Row[Any] | None:
    """The row of a request that still waits."""
    row = uow.find(table, code_hash=token_hash(code))
    return row if row is not None and row.expires_at > uow.now else None


def request_over() -> BadInput:
    """A request that waited too long, or never was."""
    return BadInput("request_over", "This sign-in took too long.", BEGIN_AGAIN)
