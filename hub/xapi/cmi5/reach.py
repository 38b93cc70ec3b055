"""How far the auth-token of a session reaches: its registration's statements, its AU's and its learner's documents."""

import json
from typing import Any

import flask
import sqlalchemy as sa

from hub.errors import Missing, NotAllowed
from hub.flask_hub import current_hub
from hub.ids import is_id
from hub.journal.tables import statement as statement_table
from hub.journal.tables import statement_id
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.xapi.callers.credentials import PROFILE, READ_MINE, STATE, WRITE, Credential
from hub.xapi.cmi5.lms_statements import actor_of
from hub.xapi.cmi5.preferences import note_preferences_read
from hub.xapi.cmi5.sessions import Session, session_of
from hub.xapi.cmi5.vocabulary import LAUNCH_DATA, LEARNER_PREFERENCES
from hub.xapi.http.parameter_kinds import Values
from hub.xapi.http.request import Request

SCOPES = frozenset({WRITE, READ_MINE, STATE, PROFILE})
"""What an auth-token may do, within the reach of its session."""

_RESOURCES = frozenset(
    {
        "about",
        "statements",
        "activities",
        "activities/state",
        "activities/profile",
        "agents",
        "agents/profile",
    }
)


def check_reach(hub: Hub, credential: Credential, request: Request) -> None:
    """NotAllowed ``beyond_session`` or Missing ``no_statement`` for what a session may neither read nor write.

    Parameters that are wrong in themselves are left to the resource. That an AU reads its learner's preferences is noted.
    """
    with hub.reading() as uow:
        session = session_of(uow, credential)
        resource = (flask.request.view_args or {}).get("resource", "").rstrip("/")
        _check_reach(uow, session, resource, request)
    asked = request.parameters.get("profileId", ())
    if resource == "agents/profile" and request.method == "GET" and LEARNER_PREFERENCES in asked:
        note_preferences_read(hub, session)


def _check_reach(uow: UnitOfWork, session: Session, resource: str, request: Request) -> None:
    parameters = request.parameters
    if resource not in _RESOURCES:
        raise _beyond("This resource is not for sessions.")
    if resource == "statements":
        if request.method in ("GET", "HEAD"):
            _check_statement(uow, session, parameters)
    elif any(value != session.activity_id for value in parameters.get("activityId", ())):
        raise _beyond("activityId is not the activity of the launch.")
    if any(not _is_learner(uow, session, value) for value in parameters.get("agent", ())):
        raise _beyond("agent is not the actor of the launch.")
    if any(value.lower() != session.registration_id for value in parameters.get("registration", ())):
        raise _beyond("registration is not that of the launch.")
    if resource == "activities/state" and request.method not in ("GET", "HEAD"):
        _protect_launch_data(request.method, parameters)


def within_reach(credential: Credential, parameters: Values) -> Values:
    """The parameters of a question for statements, narrowed to the session's registration where a session asks."""
    if credential.kind != "session" or {"statementId", "voidedStatementId"} & parameters.keys():
        return parameters
    with current_hub().reading() as uow:
        return {**parameters, "registration": [session_of(uow, credential).registration_id]}


def _check_statement(uow: UnitOfWork, session: Session, parameters: Values) -> None:
    """Another registration's statement answers like one that is not there, after the same work."""
    for name in ("statementId", "voidedStatementId"):
        for id in filter(is_id, parameters.get(name, ())):
            query = (
                sa.select(statement_table.c.registration)
                .join(statement_id, statement_id.c.position == statement_table.c.position)
                .where(statement_id.c.id == id.lower())
            )
            if uow.connection.scalar(query) != session.registration_id:
                raise Missing("no_statement", "There is no statement with this id.")


def _is_learner(uow: UnitOfWork, session: Session, told: str) -> bool:
    try:
        agent: Any = json.loads(told)
    except (ValueError, RecursionError):
        return True  # the resource refuses it, and says why
    return (
        isinstance(agent, dict) and agent.get("account") == actor_of(uow.settings, session.subject)["account"]
    )


def _protect_launch_data(method: str, parameters: Values) -> None:
    """An AU must not change or delete how it is launched (cmi5, 10.2.1)."""
    if LAUNCH_DATA in parameters.get("stateId", ()):
        raise _beyond(f"{LAUNCH_DATA} is the LMS's alone.")
    if method == "DELETE" and "stateId" not in parameters:
        raise _beyond(
            f"This would delete {LAUNCH_DATA} too.", "Delete documents one by one, by their stateId."
        )


def _beyond(message: str, help: str = "") -> NotAllowed:
    return NotAllowed("beyond_session", message, help or "A session reaches what belongs to its own launch.")
