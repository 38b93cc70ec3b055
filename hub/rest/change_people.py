"""Changing what people do where, and their attributes; many appointments at once."""

from collections import Counter

from hub.access import change_people
from hub.access.api_tokens import NETWORK_WRITE, PEOPLE_WRITE
from hub.access.listing.each_row import each_row
from hub.audiences.provisioning import check_mode
from hub.errors import HubError
from hub.rest import write_shapes as shapes
from hub.rest.api import blueprint
from hub.rest.asked import ById
from hub.rest.problems import SingleProblem
from hub.rest.writing import CHANGED, CREATED, REFUSED, UNCHANGED, Written, changed, current_writing


@blueprint.writes("/appointments", Written, PEOPLE_WRITE, "Appointments")
def add_appointment(body: shapes.NewAppointment) -> Written:
    """Give a person a position at a location, beside what they do already."""
    id, is_new = _add(body)
    return Written(outcome="created" if is_new else "unchanged", id=id)


@blueprint.writes("/appointments/<id>/end", Written, PEOPLE_WRITE, "Appointments")
def end_appointment(path: ById, body: shapes.At) -> Written:
    """End an appointment. Credits stay."""
    now = current_writing()
    did = change_people.end_appointment(now.uow, now.sight, path.id, body.at, now.actor_id)
    return changed(path.id, did)


@blueprint.writes("/appointments/<id>/transfer", Written, PEOPLE_WRITE, "Appointments")
def transfer_appointment(path: ById, body: shapes.Transfer) -> Written:
    """Let somebody go on at another location, without gap or overlap; the id is that of the new appointment."""
    return Written(outcome="created", id=_move(path.id, body))


@blueprint.writes("/appointments/bulk", shapes.Outcomes, PEOPLE_WRITE, "Appointments")
def change_appointments(body: shapes.Rows) -> shapes.Outcomes:
    """Many changes of appointments: each row is done or refused for itself."""
    rows = [
        _refused(each) if isinstance(each, HubError) else each
        for each in each_row(current_writing().uow, body.rows, _change)
    ]
    counts = Counter(row.outcome for row in rows)
    return shapes.Outcomes(
        rows=rows,
        created=counts[CREATED],
        changed=counts[CHANGED],
        unchanged=counts[UNCHANGED],
        refused=counts[REFUSED],
    )


@blueprint.writes("/people/<id>/leave", Written, PEOPLE_WRITE, "People")
def let_person_leave(path: ById, body: shapes.At) -> Written:
    """Let a person leave: every appointment the token sees ends. The person stays known, with all that was learned."""
    now = current_writing()
    return changed(path.id, change_people.leave(now.uow, now.sight, path.id, body.at, now.actor_id))


@blueprint.writes("/people/<id>/attributes", Written, PEOPLE_WRITE, "Attributes")
def set_attributes_of_person(path: ById, body: shapes.NewValues) -> Written:
    """Let attributes of a person have values from an instant on."""
    return _set("person", path.id, body)


@blueprint.writes("/appointments/<id>/attributes", Written, PEOPLE_WRITE, "Attributes")
def set_attributes_of_appointment(path: ById, body: shapes.NewValues) -> Written:
    """Let attributes of an appointment have values from an instant on."""
    return _set("appointment", path.id, body)


@blueprint.writes("/locations/<id>/attributes", Written, NETWORK_WRITE, "Attributes")
def set_attributes_of_location(path: ById, body: shapes.NewValues) -> Written:
    """Let attributes of a location have values from an instant on."""
    return _set("location", path.id, body)


@blueprint.writes("/partners/<id>/attributes", Written, NETWORK_WRITE, "Attributes")
def set_attributes_of_partner(path: ById, body: shapes.NewValues) -> Written:
    """Let attributes of a partner have values from an instant on."""
    return _set("partner", path.id, body)


def _change(row: shapes.Add | shapes.End | shapes.Move) -> shapes.RowOutcome:
    now = current_writing()
    if isinstance(row, shapes.Add):
        id, is_new = _add(row)
        return shapes.RowOutcome(outcome="created" if is_new else "unchanged", id=id, refused=None)
    if isinstance(row, shapes.Move):
        return shapes.RowOutcome(outcome="created", id=_move(row.id, row), refused=None)
    did = change_people.end_appointment(now.uow, now.sight, row.id, row.at, now.actor_id)
    return shapes.RowOutcome(outcome="changed" if did else "unchanged", id=row.id, refused=None)


def _add(body: shapes.NewAppointment) -> tuple[str, bool]:
    now = current_writing()
    id, is_new = change_people.appoint(now.uow, now.sight, body.person_id, body.place(), now.actor_id)
    if is_new:
        _mind_ways_in(id)
    return id, is_new


def _move(id: str, body: shapes.Transfer) -> str:
    now = current_writing()
    new_id = change_people.transfer(
        now.uow,
        now.sight,
        id,
        body.location_id,
        body.at,
        position_id=body.position_id or "",
        brand_ids=body.brand_ids,
        actor_id=now.actor_id,
    )
    _mind_ways_in(new_id)
    return new_id


def _mind_ways_in(appointment_id: str) -> None:
    """NotAllowed, as on the pages, where a partner gives a place in an audience into which its admins bring nobody (B81).

    Asked when the appointment stands and is known to be the caller's to make; the refusal takes it back.
    """
    now = current_writing()
    if now.sight.reach.kind == "partner":
        check_mode(now.uow, "partner_admin", [change_people.place_of(now.uow, now.sight, appointment_id)])


def _set(subject: str, id: str, body: shapes.NewValues) -> Written:
    now = current_writing()
    did = change_people.change_attributes(now.uow, now.sight, subject, id, body.values, body.at, now.actor_id)
    return changed(id, did)


def _refused(error: HubError) -> shapes.RowOutcome:
    problems = [SingleProblem(message=each.message, place=each.place) for each in error.problems]
    why = shapes.RowRefused(code=error.code, title=error.message, detail=error.help, problems=problems)
    return shapes.RowOutcome(outcome="refused", id=None, refused=why)
