"""Waiving an AU: an operator says that its requirement is met by other means (cmi5, section 9.3.7)."""

import sqlalchemy as sa

from hub.errors import BadInput, Conflict
from hub.ids import random_id
from hub.journal import audit
from hub.network.people.person import read_person
from hub.store import UnitOfWork
from hub.xapi.cmi5 import tables
from hub.xapi.cmi5.courses import read_au, read_course
from hub.xapi.cmi5.lms_statements import Told, tell
from hub.xapi.cmi5.move_on import Progress
from hub.xapi.cmi5.registrations import read_progress, register, tell_satisfied
from hub.xapi.cmi5.vocabulary import REASON, WAIVE_REASONS, WAIVED


def waive_au(
    uow: UnitOfWork, course_id: str, node_id: str, person_id: str, reason: str, actor_id: str | None
) -> None:
    """Waive an AU for a person, who is registered now if this is the first that happens in the course.

    The statement has a session id of its own; what becomes satisfied by it is said under the same. Raises BadInput
    ``bad_reason``, Conflict ``already_waived`` and ``already_met``, Missing ``no_course``, ``no_au`` and ``no_person``.
    """
    if reason not in WAIVE_REASONS:
        raise BadInput(
            "bad_reason", "An AU needs a reason to be waived.", f"One of: {', '.join(WAIVE_REASONS)}."
        )
    course = read_course(uow, course_id)
    node, au = read_au(uow, course_id, node_id)
    person = read_person(uow, person_id)
    registration = register(uow, course, person.id)
    progress = read_progress(uow, registration.id).get(node.id, Progress())
    if progress.waived:
        raise Conflict("already_waived", "This part is already waived for this person.")
    if progress.meets(au.move_on):
        raise Conflict(
            "already_met", "This person has met what this part asks for; there is nothing to waive."
        )
    session_id = random_id()
    result = {"success": True, "completion": True, "extensions": {REASON: reason}}
    told = Told(WAIVED, node, session_id, uow.now, result)
    [statement_id] = tell(uow, course.connection_id, registration.subject, registration.id, [told])
    uow.connection.execute(
        sa.insert(tables.cmi5_waiver).values(
            registration_id=registration.id,
            node_id=node.id,
            reason=reason,
            statement_id=statement_id,
            waived_by=actor_id,
            waived_at=uow.now,
        )
    )
    audit(
        uow,
        "cmi5_waived",
        course.offering_id,
        actor_id=actor_id,
        partner_id=person.partner_id,
        connection_id=course.connection_id,
        detail={"person": person.id, "au": node.id, "reason": reason, "registration": registration.id},
    )
    tell_satisfied(uow, course, registration, session_id)
