"""What a tool answers to a deep linking request (Deep Linking 2.0, section 4.5; Security Framework 1.0, section 5.2).

The answer comes through the browser, signed by the tool. It counts only in the web session that asked, once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.errors import HubError
from hub.ids import content_hash
from hub.journal import audit
from hub.lti import tables
from hub.lti.content.check_items import MAX_ITEMS, Item, as_json, check_items, plain
from hub.lti.content.hosts import hosts_of
from hub.lti.content.tables import lti_content_request
from hub.lti.deployments import read_deployment
from hub.lti.refusals import Refused
from hub.lti.remote_keys import remote_key
from hub.lti.tool import strict_jwt
from hub.lti.tools import Tool, find_tool, key_source
from hub.lti.vocabulary import CLAIM, DEEP_LINKING_CLAIM, DEEP_LINKING_RESPONSE, VERSION
from hub.network.people.person import read_person
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.store.insert import insert_once

if TYPE_CHECKING:
    from hub.lti.login_hint import WebSession

MAX_BYTES = 4 * 1024 * 1024
"""Of the form: some thousand items, of which the first MAX_ITEMS are read."""
OLDEST = timedelta(minutes=10)
LONGEST = timedelta(hours=24)
_MAX_NONCE = 300


@dataclass(frozen=True)
class Answered:
    """A request that was answered now, and the connection whose page shows what is offered."""

    request_id: str
    slug: str


@dataclass
class _Known:
    """What is known of a caller so far, for the audit trail; ``received`` is not believed."""

    connection_id: str | None = None
    received: dict[str, str] | None = None


def receive_content(hub: Hub, form: Mapping[str, Sequence[str]], session: "WebSession | None") -> Answered:
    """Verify an answer and keep its items, to be looked at and imported. Raises Refused; every refusal leaves one audit row.

    Cheap checks come first, and the key before the claims. Nothing is imported yet.
    """
    known = _Known()
    try:
        token = _one_token(form)
        if session is None:
            raise Refused("no_session", f"Nobody is signed in at the hub. {_AGAIN}", status=403)
        tool, claims = _verified(hub, token, known)
        with hub.unit_of_work() as uow:
            return _keep(uow, tool, claims, session)
    except HubError as error:
        hub.audit_refusal(
            "lti_content",
            error.code,
            actor_id=session.person_id if session else None,
            connection_id=known.connection_id,
            detail={"received": known.received} if known.received else None,
        )
        raise


def _one_token(form: Mapping[str, Sequence[str]]) -> str:
    tokens = form.get("JWT", ())
    if len(tokens) > 1:
        raise _refused("repeated_parameter", "JWT was given more than once.")
    if not tokens or not tokens[0]:
        raise _refused("malformed_token", "The answer holds no JWT.")
    return tokens[0]


def _verified(hub: Hub, token: str, known: _Known) -> tuple[Tool, dict[str, Any]]:
    """The tool that signed, and what it says; everything but what the request itself decides."""
    unverified = strict_jwt.read_unverified(token, MAX_BYTES)
    known.received = _received(unverified.kid, unverified.claims)
    issuer = unverified.claims.get("iss")
    with hub.reading() as uow:
        tool = find_tool(uow, issuer) if isinstance(issuer, str) else None
    if tool is None:
        raise _refused("unknown_client", "The answer is from a learning system that is not known here.")
    known.connection_id = tool.connection_id
    if tool.closed:
        raise Refused(tool.closed, f"{tool.name} {tool.closed_words}", status=403)
    claims = strict_jwt.verify(token, remote_key(hub, key_source(tool), unverified.kid))
    strict_jwt.check_audience(claims, hub.settings.public_url)
    strict_jwt.check_times(claims, hub.clock.now(), oldest=OLDEST, longest=LONGEST)
    if claims.get(CLAIM + "message_type") != DEEP_LINKING_RESPONSE:
        raise _refused("wrong_message_type", f"This is no {DEEP_LINKING_RESPONSE}.")
    if claims.get(CLAIM + "version") != VERSION:
        raise _refused("wrong_version", f"The version must be {VERSION}.")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not 0 < len(nonce) <= _MAX_NONCE:
        raise _refused("no_nonce", "The answer has no nonce.")
    if not isinstance(claims.get(_ITEMS, []), list):
        raise _refused("bad_content_items", "content_items must be a list.")
    return tool, claims


def _keep(uow: UnitOfWork, tool: Tool, claims: Mapping[str, Any], session: "WebSession") -> Answered:
    table = lti_content_request
    row = _request(uow, tool, claims)
    if row.session_hash != session.token_hash or row.person_id != session.person_id:
        raise Refused("other_session", f"Another browser session asked for this. {_AGAIN}", status=403)
    person = read_person(uow, session.person_id)
    if not person.is_operator:
        raise Refused("not_operator", "Only those who run the hub choose courses for it.", status=403)
    if row.answered_at is not None:
        raise _refused("data_used", f"This request was answered before. {_AGAIN}")
    if row.expires_at <= uow.now:
        raise _refused("data_expired", f"Choosing took too long. {_AGAIN}")
    offered = claims.get(_ITEMS, [])
    items = check_items(offered, hosts_of(tool), accept_multiple=row.accept_multiple)
    taken = uow.connection.execute(
        sa.update(table)
        .where(table.c.id == row.id, table.c.answered_at.is_(None))
        .values(
            answered_at=uow.now,
            items=[as_json(item) for item in items],
            problems=_problems(claims, items, len(offered)),
        )
    )
    if taken.rowcount != 1:
        raise _refused("data_used", f"This request was answered before. {_AGAIN}")
    _remember(uow, tool, claims)
    audit(
        uow,
        "lti_content",
        row.id,
        actor_id=session.person_id,
        partner_id=tool.partner_id,
        connection_id=tool.connection_id,
        detail={"items": len(offered), "refused": sorted({item.reason for item in items if item.reason})},
    )
    return Answered(row.id, tool.slug)


def _request(uow: UnitOfWork, tool: Tool, claims: Mapping[str, Any]) -> sa.Row[Any]:
    """The request this answers, known by the data that was sent along with it (section 4.5.1)."""
    table, data = lti_content_request, claims.get(DEEP_LINKING_CLAIM + "data")
    row = None
    if isinstance(data, str):
        digest = content_hash(data.encode())
        row = uow.connection.execute(sa.select(table).where(table.c.data_hash == digest)).one_or_none()
    if row is None or row.connection_id != tool.connection_id:
        raise _refused("wrong_data", f"The data of the answer is not what the hub sent. {_AGAIN}")
    deployment_id = claims.get(CLAIM + "deployment_id")
    if deployment_id is None:
        raise _refused("missing_deployment", "The answer names no deployment.")
    if deployment_id != row.deployment_id:
        raise _refused("wrong_deployment", "The answer is for another deployment than the request.")
    if read_deployment(uow, tool.connection_id, deployment_id).disabled:
        raise Refused("deployment_disabled", f"{tool.name} is switched off at the moment.", status=403)
    return row


def _remember(uow: UnitOfWork, tool: Tool, claims: Mapping[str, Any]) -> None:
    """Refuse a nonce or jti that this tool used before, in whatever process; each is unique in the database."""
    for name in ("nonce", "jti"):
        value = claims.get(name)
        if value is None:
            continue
        text = f"{name}\x1f{tool.client_id}\x1f{value}".encode()
        expires_at = uow.now + LONGEST + OLDEST
        if not insert_once(uow, tables.lti_seen_jti, key=content_hash(text), expires_at=expires_at):
            raise _refused(f"{name}_replayed", f"The {name} of the answer was used before. {_AGAIN}")


def _problems(claims: Mapping[str, Any], items: Sequence[Item], offered: int) -> list[str]:
    """What is to be said about the answer as a whole; a tool may explain what went wrong (section 4.5.1)."""
    problems = []
    if offered > len(items):
        problems.append(
            f"{offered - len(items)} items are left out: the hub reads the first {MAX_ITEMS} at a time."
        )
    for name in ("errormsg", "errorlog"):
        text = plain(claims.get(DEEP_LINKING_CLAIM + name))
        if text:
            problems.append(f"The learning system says: {text}")
    return problems


def _received(kid: str, claims: Mapping[str, Any]) -> dict[str, str]:
    told = {
        "kid": kid,
        "iss": claims.get("iss"),
        "aud": claims.get("aud"),
        "deployment_id": claims.get(CLAIM + "deployment_id"),
        "message_type": claims.get(CLAIM + "message_type"),
    }
    return {name: plain(str(value), 200) for name, value in told.items() if value is not None}


_ITEMS = DEEP_LINKING_CLAIM + "content_items"
_AGAIN = "Nothing was imported. Start again from the page of the connection."


def _refused(reason: str, message: str) -> Refused:
    return Refused(reason, message)
