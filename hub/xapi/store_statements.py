"""Storing statements that were sent: all of a request, or nothing of it."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from msgspec import UNSET

from hub.errors import BadInput, Conflict, Problem
from hub.ids import random_id
from hub.journal import VOIDED, NewStatement, append_statements
from hub.journal.tables import statement as statement_table
from hub.logging import get_logger
from hub.store import UnitOfWork
from hub.xapi.activities import Activity
from hub.xapi.actors import Actor
from hub.xapi.credentials import Credential
from hub.xapi.incoming import Incoming
from hub.xapi.instants import format_instant
from hub.xapi.payload import build_payload
from hub.xapi.statement import StatementRef
from hub.xapi.versions import ApiVersion

logger = get_logger(__name__)


def store_statements(
    uow: UnitOfWork, credential: Credential, incoming: Sequence[Incoming], version: ApiVersion
) -> list[str]:
    """Append statements and return their ids in the order in which they came; those stored before change nothing.

    Raises Conflict ``statement_differs`` when an id is taken by another statement, and BadInput ``voids_a_voiding``.
    Then nothing of the request is kept. Section: xAPI 1.0.3 Communication 2.1.1 and 2.1.2; 2.0, 4.1.6.1.
    """
    ids = [each.statement.id or each.id or random_id() for each in incoming]
    _refuse_voiding_of_voidings(uow, credential.connection_id, incoming)
    new = [_new_statement(uow, credential, each, id, version) for each, id in zip(incoming, ids, strict=True)]
    try:
        appended = append_statements(uow, credential.connection_id, new)
    except Conflict as conflict:
        raise _with_places(conflict, incoming) from None
    logger.info(
        "statements_stored", connection=credential.connection_id, received=len(ids), appended=len(appended)
    )
    return ids


def _new_statement(
    uow: UnitOfWork, credential: Credential, incoming: Incoming, id: str, version: ApiVersion
) -> NewStatement:
    told = incoming.statement
    form, subject = _actor_key(told.actor)
    return NewStatement(
        id=id.lower(),
        timestamp=incoming.timestamp or uow.now,
        actor_form=form,
        actor_subject=subject,
        verb=told.verb.id,
        object_id=_object_id(told.object),
        payload=build_payload(incoming, _set_by_store(uow, credential, incoming, id, version)),
        content_hash=incoming.content_hash,
        registration=told.context.registration.lower()
        if told.context and told.context.registration
        else None,
    )


def _set_by_store(
    uow: UnitOfWork, credential: Credential, incoming: Incoming, id: str, version: ApiVersion
) -> dict[str, object]:
    """What the store adds: id, timestamp and version where they are missing, stored and authority always."""
    told = incoming.statement
    stored = format_instant(uow.now)
    missing = {
        "id": (told.id, id),
        "timestamp": (told.timestamp, stored),
        "version": (told.version, version.of_statements),
    }
    account = {"homePage": uow.settings.public_url, "name": credential.key}
    return {
        **{name: value for name, (sent, value) in missing.items() if sent is UNSET},
        "stored": stored,
        "authority": {"objectType": "Agent", "account": account},
    }


def _actor_key(actor: Actor) -> tuple[str, str]:
    """Form and subject by which the actor is resolved to a person. A group is nobody's identity, whatever names it."""
    identifier = actor.identifier
    if actor.is_group or identifier is None:
        return "group", "|".join(identifier or ())
    return identifier


def _object_id(thing: Any) -> str:
    """What the statement is about, for looking it up. Only the ids of statements and SubStatements hold no colon."""
    if isinstance(thing, Activity):
        return thing.id
    if isinstance(thing, StatementRef):
        return thing.id.lower()
    if isinstance(thing, Actor):
        form, subject = _actor_key(thing)
        return f"{form}:{subject}"
    return ""


def _refuse_voiding_of_voidings(uow: UnitOfWork, connection_id: str, incoming: Sequence[Incoming]) -> None:
    """A voiding statement cannot be voided (1.0.3 Data 2.3.2); one that is not here yet cannot be told."""
    voidings = [each for each in incoming if each.statement.verb.id == VOIDED]
    if not voidings:
        return
    targets = {each.place: each.statement.object.id.lower() for each in voidings}
    table = statement_table
    known = uow.connection.scalars(
        sa.select(table.c.id).where(
            table.c.connection_id == connection_id, table.c.id.in_(targets.values()), table.c.verb == VOIDED
        )
    )
    unvoidable = {*known, *(each.id for each in voidings)}
    problems = [
        Problem("is a voiding statement, which cannot be voided", f"{place}.object.id")
        for place, target in targets.items()
        if target in unvoidable
    ]
    if problems:
        raise BadInput("voids_a_voiding", "A voiding statement cannot be voided.", problems=problems)


def _with_places(conflict: Conflict, incoming: Sequence[Incoming]) -> Conflict:
    """The conflict with the places of the request instead of ids alone."""
    problems = [
        Problem("is the id of a statement that is already stored with other content", f"{each.place}.id")
        for each in incoming
        if any(each.id and each.id in problem.message for problem in conflict.problems)
    ]
    return Conflict(conflict.code, conflict.message, conflict.help, problems or conflict.problems)
