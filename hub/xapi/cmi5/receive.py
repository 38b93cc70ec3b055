"""Statements that come with the auth-token of a session: the rules first, then the record, then what follows from it."""

from collections.abc import Sequence

import sqlalchemy as sa

from hub.errors import NotAllowed
from hub.journal.tables import statement_id
from hub.store import UnitOfWork
from hub.xapi.callers.credentials import Credential
from hub.xapi.cmi5 import tables
from hub.xapi.cmi5.courses import read_course
from hub.xapi.cmi5.move_on import Progress
from hub.xapi.cmi5.registrations import lock_registration, read_progress, tell_satisfied
from hub.xapi.cmi5.rules import check_statements
from hub.xapi.cmi5.said import defined_verb
from hub.xapi.cmi5.sessions import Session, session_of
from hub.xapi.cmi5.vocabulary import COMPLETED, FAILED, INITIALIZED, PASSED, TERMINATED
from hub.xapi.http.versions import ApiVersion
from hub.xapi.statements.problems import MAX_PROBLEMS
from hub.xapi.storing.incoming import Incoming
from hub.xapi.storing.store_statements import store_statements
from hub.xapi.tables import xapi_credential

_COLUMNS = {
    INITIALIZED: "initialized_at",
    COMPLETED: "completed_at",
    PASSED: "passed_at",
    FAILED: "failed_at",
    TERMINATED: "terminated_at",
}


def store_session_statements(
    uow: UnitOfWork, credential: Credential, incoming: Sequence[Incoming], version: ApiVersion
) -> list[str]:
    """``store_statements`` for a credential of kind ``session``: all of a request, or nothing of it.

    Statements that are stored already are repeats and break no rule. Raises NotAllowed ``breaks_cmi5`` with every
    problem and its place (403, as AUs expect of an LMS) and ``session_abandoned``, and what ``store_statements`` raises.
    """
    registration = lock_registration(uow, session_of(uow, credential).registration_id)
    session = session_of(
        uow, credential
    )  # again: what is known of it may have changed while waiting for the lock
    if registration is None or session.abandoned_at is not None:
        raise NotAllowed(
            "session_abandoned", "This session was abandoned: the AU was launched anew, or took too long."
        )
    new = _not_stored(uow, incoming)
    progress = read_progress(uow, registration.id).get(session.node_id, Progress())
    account = f"{uow.settings.public_url}|{session.subject}"
    problems = check_statements(session, progress, account, new)
    if problems:
        raise NotAllowed(
            "breaks_cmi5",
            "What was sent breaks rules of cmi5; nothing was stored.",
            "Correct what the problems name and send it again.",
            problems[:MAX_PROBLEMS],
        )
    ids = store_statements(uow, credential, incoming, version)
    verbs = _note(uow, session, new)
    if verbs & {COMPLETED, PASSED}:
        tell_satisfied(uow, read_course(uow, session.course_id), registration, session.id)
    return ids


def _not_stored(uow: UnitOfWork, incoming: Sequence[Incoming]) -> list[Incoming]:
    ids = [each.id for each in incoming if each.id is not None]
    known = set(uow.connection.scalars(sa.select(statement_id.c.id).where(statement_id.c.id.in_(ids))))
    return [each for each in incoming if each.id not in known]


def _note(uow: UnitOfWork, session: Session, new: Sequence[Incoming]) -> set[str]:
    """Write down how far the session is; the verbs that were new to it."""
    moments = {verb: each.timestamp for each in new if (verb := defined_verb(each))}
    times = [each.timestamp for each in new if each.timestamp is not None]
    if not times:
        return set()
    values = {_COLUMNS[verb]: at for verb, at in moments.items()}
    values["last_at"] = max([*times, *([session.last_at] if session.last_at else [])])
    table = tables.cmi5_session
    uow.connection.execute(sa.update(table).where(table.c.id == session.id).values(values))
    if TERMINATED in moments:
        token = xapi_credential.c.id == session.credential_id
        uow.connection.execute(sa.update(xapi_credential).where(token).values(expires_at=uow.now))
    return set(moments)
