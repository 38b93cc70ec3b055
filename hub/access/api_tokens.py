"""Tokens of programs that use the REST interface: each belongs to the hub, to one partner or to one person, and reaches as far.

256 random bits, shown once, kept as a hash and looked up by one index (RFC 6750). Nothing is cached: a token that is revoked or
expired, or whose person is switched off, is refused from the next request on, in every process.
"""

import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from hub.access.reach import Reach, ReachKind
from hub.access.tables import api_token, rest_answer
from hub.errors import BadInput, Conflict, HubError, Missing, NotAllowed, Problem
from hub.ids import content_hash, is_id, new_id
from hub.journal import Change, audit, record_changes
from hub.network import tables as network
from hub.network.people.person import read_person
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.store.driver import Question
from hub.words.phrase import say

CHANGED = "api_token_changed"
NETWORK, PEOPLE, AUDIENCES, GOALS = "network/read", "people/read", "audiences/read", "goals/read"
NETWORK_WRITE, PEOPLE_WRITE, AUDIENCES_WRITE = "network/write", "people/write", "audiences/write"
GOALS_WRITE, WEBHOOKS, OPINIONS = "goals/write", "webhooks", "opinions/write"
SCOPES = {
    NETWORK: say("Read partners, locations, brands, positions, dimensions and their nodes."),
    PEOPLE: say("Read people with their appointments, attributes and managers."),
    AUDIENCES: say("Read audiences with their members, and rules."),
    GOALS: say("Read goals, why there are, and credits."),
    NETWORK_WRITE: say("Change words, locations and the field; import network files."),
    PEOPLE_WRITE: say("Give people appointments and end them; set attributes of people."),
    AUDIENCES_WRITE: say("Change which rules are live."),
    GOALS_WRITE: say("Give, choose and waive goals, as the person whose token it is."),
    WEBHOOKS: say("Let an address be told of news."),
    OPINIONS: say("Answer what a remote plugin is asked."),
}
"""What a token may be used for, in words."""
OF_PARTNER = frozenset({NETWORK, PEOPLE, AUDIENCES, GOALS, PEOPLE_WRITE, WEBHOOKS})
"""What tokens of a partner may be used for: the network as such and its rules are the business of operators."""
OF_PERSON = frozenset({NETWORK, PEOPLE, GOALS, GOALS_WRITE})
"""What tokens of a person may be used for: audiences are the business of operators and partners."""
ALLOWED: Mapping[ReachKind, frozenset[str]] = {
    "operator": frozenset(SCOPES) - {GOALS_WRITE},  # a goal is given by somebody, who answers for it
    "partner": OF_PARTNER,
    "person": OF_PERSON,
}
"""By owner, what a token may be used for."""
MAX_LABEL = 100
PREFIX = "hub_"
"""By which scanners find tokens that lie where they should not."""
PRECISION = timedelta(minutes=1)
State = Literal["active", "expired", "revoked"]
_TOKEN = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")
_HELP = "Use the token that was shown once when it was made, or make a new one."


class Unauthorized(HubError):
    """Nobody we know sent this. ``token_id`` is for the audit trail, where the token was known once."""

    status = 401

    def __init__(self, code: str, message: str, help: str = _HELP, token_id: str = "") -> None:
        super().__init__(code, message, help)
        self.token_id = token_id


class NewApiToken(NamedTuple):
    """A token that nobody can read again, and the id by which it is named."""

    id: str
    token: str


@dataclass(frozen=True)
class Caller:
    """Who sends a request: one token, how far it reaches and what it may be used for."""

    token_id: str
    reach: Reach
    scopes: frozenset[str]
    last_used_at: datetime | None

    def must(self, scope: str) -> None:
        """NotAllowed ``missing_scope`` unless the token may be used for this."""
        if scope not in self.scopes:
            raise NotAllowed(
                "missing_scope", f"This token is not for {scope}.", "Make one with this scope, and use it."
            )


@dataclass(frozen=True)
class ApiTokenLine:
    """One token as lists show it. ``owner`` is the name of its partner or person, empty for the hub's own."""

    id: str
    kind: ReachKind
    owner: str
    label: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    state: State


def make_api_token(
    uow: UnitOfWork,
    reach: Reach,
    scopes: Collection[str],
    label: str = "",
    expires_at: datetime | None = None,
    *,
    actor_id: str | None = None,
) -> NewApiToken:
    """A new token that reaches as far as ``reach``; it works at once and, with ``expires_at``, until that instant.

    BadInput ``bad_token`` with every problem; Missing ``no_partner`` and ``no_person``; Conflict ``person_disabled``.
    """
    problems = [
        Problem(f"{scope[:60]!r} is no scope", "scopes") for scope in sorted(set(scopes) - set(SCOPES))
    ]
    if not scopes:
        problems.append(Problem(say("there must be at least one"), "scopes"))
    if beyond := set(scopes) & set(SCOPES) - ALLOWED[reach.kind]:
        whose = {"operator": "the hub itself", "partner": "a partner", "person": "a person"}[reach.kind]
        problems.append(Problem(f"not for {whose}: {', '.join(sorted(beyond))}", "scopes"))
    if len(label) > MAX_LABEL or not label.isprintable():
        problems.append(
            Problem(say("must be one line of at most %(most)s characters", most=MAX_LABEL), "label")
        )
    if expires_at is not None and expires_at <= uow.now:
        problems.append(Problem(say("must be in the future"), "expires_at"))
    if problems:
        help = f"Scopes are: {', '.join(SCOPES)}."
        raise BadInput("bad_token", "The token cannot be made like that.", help, problems)
    _check_owner(uow, reach)
    id, token = new_id(), PREFIX + secrets.token_urlsafe(32)
    uow.insert(
        api_token,
        id=id,
        kind=reach.kind,
        partner_id=reach.partner_id,
        person_id=reach.person_id,
        token_hash=content_hash(token.encode()),
        scopes=[scope for scope in SCOPES if scope in scopes],
        label=label,
        created_at=uow.now,
        created_by=actor_id,
        expires_at=expires_at,
    )
    _record(uow, id, reach, scopes, "created", actor_id)
    return NewApiToken(id, token)


def revoke_api_token(
    uow: UnitOfWork, token_id: str, reach: Reach | None = None, *, actor_id: str | None = None
) -> None:
    """Refuse a token from now on, for good; what it made to be told of news ends with it.

    Missing ``no_token`` where it is not in force, or not a token of ``reach``.
    """
    mine = sa.and_(api_token.c.id == token_id, api_token.c.revoked_at.is_(None), _of(reach))
    query = sa.select(api_token).where(mine).with_for_update()
    row = uow.connection.execute(query).one_or_none() if is_id(token_id) else None
    if row is None:
        raise Missing("no_token", "There is no such token in force.")
    uow.connection.execute(sa.update(api_token).where(api_token.c.id == row.id).values(revoked_at=uow.now))
    _record(uow, row.id, _reach(row), row.scopes, "revoked", actor_id)


def delete_api_tokens_of(uow: UnitOfWork, person_id: str) -> int:
    """Delete the tokens of a person who is erased; how many. Their labels may name somebody."""
    mine = api_token.c.person_id == person_id
    answered = sa.select(api_token.c.id).where(mine)
    uow.connection.execute(sa.delete(rest_answer).where(rest_answer.c.token_id.in_(answered)))
    return uow.connection.execute(sa.delete(api_token).where(mine)).rowcount


def list_api_tokens(
    uow: UnitOfWork, after: str = "", limit: int = 100, reach: Reach | None = None
) -> list[ApiTokenLine]:
    """Tokens, the newest first, also those that ended; all, or those of ``reach``. ``after``: the id where the page before ended."""
    partner, detail = network.partner, network.person_detail
    query = (
        sa.select(api_token, partner.c.name, detail.c.given_name, detail.c.family_name)
        .outerjoin(partner, partner.c.id == api_token.c.partner_id)
        .outerjoin(detail, detail.c.person_id == api_token.c.person_id)
        .where(_of(reach), *([api_token.c.id < after] if is_id(after) else ()))
        .order_by(api_token.c.id.desc())
        .limit(limit)
    )
    return [
        ApiTokenLine(
            row.id,
            row.kind,
            row.name or f"{row.given_name or ''} {row.family_name or ''}".strip(),
            row.label,
            tuple(row.scopes),
            row.created_at,
            row.expires_at,
            row.last_used_at,
            _state(row, uow.now),
        )
        for row in uow.connection.execute(query)
    ]


_BY_HASH = Question(
    sa.select(api_token, network.person.c.disabled)
    .outerjoin(network.person, network.person.c.id == api_token.c.person_id)
    .where(api_token.c.token_hash == sa.bindparam("token_hash"))
)


def check_api_token(uow: UnitOfWork, authorization: str | None) -> Caller:
    """Whose ``Authorization`` header this is. Unauthorized with one of these reasons:

    ``no_token`` without Bearer, ``unknown_token``, and of a token that was right once ``token_revoked``, ``token_expired`` or
    ``person_disabled``.
    """
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("no_token", "Send a token as Authorization: Bearer.")
    text = token.strip()
    row = (
        _BY_HASH.ask(uow.connection, token_hash=content_hash(text.encode()))
        if _TOKEN.fullmatch(text)
        else None
    )
    if row is None:
        raise Unauthorized("unknown_token", "The hub does not know this token.")
    state = _state(row, uow.now)
    if state != "active":
        raise Unauthorized(f"token_{state}", f"This token is {state}.", token_id=row.id)
    if row.disabled:
        raise Unauthorized("person_disabled", "Whose token this is was switched off.", token_id=row.id)
    return Caller(row.id, _reach(row), frozenset(row.scopes), row.last_used_at)


def note_use(hub: Hub, caller: Caller) -> None:
    """Remember that the token was used, unless that was noted within PRECISION, by whatever process."""
    now, noted = hub.clock.now(), caller.last_used_at
    if noted is not None and now - noted < PRECISION:
        return
    table = api_token
    # Again in the statement: of many requests at once, one writes.
    is_old = sa.or_(table.c.last_used_at.is_(None), table.c.last_used_at <= now - PRECISION)
    with hub.unit_of_work() as uow:
        mine = sa.and_(table.c.id == caller.token_id, is_old)
        uow.connection.execute(sa.update(table).where(mine).values(last_used_at=now))


def note_write(uow: UnitOfWork, caller: Caller, operation: str) -> None:
    """Remember in the audit trail by which token something was changed; what it was, the services note themselves."""
    reach = caller.reach
    told = {"operation": operation.rpartition(".")[2]}
    audit(
        uow, "api_write", caller.token_id, actor_id=reach.person_id, partner_id=reach.partner_id, detail=told
    )


def _of(reach: Reach | None) -> sa.ColumnElement[bool]:
    """Whose tokens; None for everybody's."""
    if reach is None:
        return sa.true()
    same = (api_token.c.partner_id == reach.partner_id, api_token.c.person_id == reach.person_id)
    return sa.and_(api_token.c.kind == reach.kind, *(same[:1] if reach.partner_id else same[1:]))


def _check_owner(uow: UnitOfWork, reach: Reach) -> None:
    if reach.partner_id is not None and (
        not is_id(reach.partner_id) or uow.find(network.partner, id=reach.partner_id) is None
    ):
        raise Missing("no_partner", "There is no such partner.")
    if reach.person_id is not None and read_person(uow, reach.person_id).disabled:
        raise Conflict(
            "person_disabled", "Somebody who is switched off gets no token.", "Switch them on first."
        )


def _reach(row: Any) -> Reach:
    return Reach(row.kind, row.partner_id or row.person_id or "")


def _state(row: Any, now: datetime) -> State:
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at is not None and row.expires_at <= now else "active"


def _record(
    uow: UnitOfWork,
    id: str,
    reach: Reach,
    scopes: Collection[str] | Sequence[str],
    state: str,
    actor_id: str | None,
) -> None:
    """Remember the change and who made it; never the token or its hash."""
    body = {"kind": reach.kind, "owner_id": reach.id, "scopes": sorted(scopes), "state": state}
    record_changes(uow, [Change(CHANGED, id, body, actor_id=actor_id)])
    audit(uow, f"api_token_{state}", id, actor_id=actor_id, partner_id=reach.partner_id)
