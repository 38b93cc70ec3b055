"""Storing statements that were sent: all of a request, or nothing of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec import UNSET, Raw

from hub.errors import BadInput, Conflict, Problem
from hub.ids import content_hash, random_id
from hub.journal import VOIDED, NewStatement, append_statements, positions_of
from hub.journal.find_keys import find_keys
from hub.journal.tables import statement as statement_table
from hub.journal.terms import add_authority
from hub.logging import get_logger
from hub.store import UnitOfWork
from hub.xapi.callers.credentials import Credential
from hub.xapi.http.versions import ApiVersion
from hub.xapi.statements.activities import Activity
from hub.xapi.statements.actors import Actor
from hub.xapi.statements.equality import stored_hashes
from hub.xapi.statements.instants import format_instant
from hub.xapi.statements.statement import StatementRef
from hub.xapi.storing.attachments import note_attachments
from hub.xapi.storing.definitions import note_definitions
from hub.xapi.storing.incoming import Incoming
from hub.xapi.storing.payload import build_payload

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
    stamp = _make_stamp(uow, credential, version)
    new = [_new_statement(stamp, credential, each, id) for each, id in zip(incoming, ids, strict=True)]
    by_id = dict(zip([s.id for s in new], incoming, strict=True))
    try:
        appended = append_statements(
            uow,
            credential.connection_id,
            new,
            lambda id, stored: by_id[id].content_hash in stored_hashes(stored),
        )
    except Conflict as conflict:
        raise _with_places(conflict, incoming) from None
    note_attachments(uow, credential.connection_id, incoming, ids, appended)
    note_definitions(uow, credential, incoming, ids, appended)
    logger.debug(
        "statements_stored", connection=credential.connection_id, received=len(ids), appended=len(appended)
    )
    return ids


class _Stamp(NamedTuple):
    """What the store sets in every statement of a request: the same ``stored``, authority and version."""

    now: datetime
    stored: str
    version: str
    authority: Raw
    authority_key: str


def _make_stamp(uow: UnitOfWork, credential: Credential, version: ApiVersion) -> _Stamp:
    home_page = uow.settings.public_url
    account = {"homePage": home_page, "name": credential.key}
    authority = msgspec.json.encode({"objectType": "Agent", "account": account})
    return _Stamp(
        uow.now,
        format_instant(uow.now),
        version.of_statements,
        Raw(authority),
        f"account:{home_page}|{credential.key}",
    )


def _new_statement(stamp: _Stamp, credential: Credential, incoming: Incoming, id: str) -> NewStatement:
    told = incoming.statement
    form, subject = _actor_key(told.actor)
    keeps_authority = _keeps_authority(credential, incoming)
    registration = told.context.registration if told.context else None
    keys = find_keys(told) if keeps_authority else set(incoming.keys)
    if not keeps_authority:
        add_authority(keys, stamp.authority_key)
    return NewStatement(
        id=id.lower(),
        timestamp=incoming.timestamp or stamp.now,
        actor_form=form,
        actor_subject=subject,
        verb=told.verb.id,
        object_id=_object_id(told.object),
        payload=build_payload(incoming, _set_by_store(stamp, incoming, id, keeps_authority)),
        content_hash=content_hash(incoming.raw),
        registration=registration.lower() if registration else None,
        keys=keys,
    )


def _set_by_store(stamp: _Stamp, incoming: Incoming, id: str, keeps_authority: bool) -> dict[str, object]:
    """What the store adds: id, timestamp and version where they are missing, stored always, authority nearly always."""
    told = incoming.statement
    sets: dict[str, object] = {}
    if told.id is UNSET:
        sets["id"] = id
    if told.timestamp is UNSET:
        sets["timestamp"] = stamp.stored
    if told.version is UNSET:
        sets["version"] = stamp.version
    sets["stored"] = stamp.stored
    if not keeps_authority:
        sets["authority"] = stamp.authority
    return sets


def _keeps_authority(credential: Credential, incoming: Incoming) -> bool:
    """Whether somebody is trusted to say who asserts a statement, and does (1.0.3 Data 2.4.9)."""
    return credential.kind == "import" and incoming.statement.authority is not UNSET


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
            table.c.position.in_(positions_of(targets.values())),
            table.c.connection_id == connection_id,
            table.c.verb == VOIDED,
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
