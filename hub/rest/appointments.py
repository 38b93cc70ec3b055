"""Appointments, read."""

from hub.access.api_tokens import PEOPLE
from hub.access.listing import read_appointments
from hub.access.listing.read_appointments import AppointmentFilter
from hub.rest import shapes
from hub.rest.api import blueprint, looking
from hub.rest.asked import AnId, ById, IdPageAtInstant


class WhichAppointments(IdPageAtInstant):
    """Which appointments are wanted, of those in force at the instant."""

    person_id: AnId | None = None
    location_id: AnId | None = None
    position_id: AnId | None = None


@blueprint.reads("/appointments", shapes.Appointments, PEOPLE, "Appointments")
def list_appointments(query: WhichAppointments) -> shapes.Appointments:
    """Appointments, by person, location and position."""
    which = AppointmentFilter(query.person_id or "", query.location_id or "", query.position_id or "")
    with looking() as (uow, sight):
        at = query.as_of or uow.now
        page = read_appointments.list_appointments(uow, sight, at, query.page(), which)
    return shapes.Appointments.model_validate(page)


@blueprint.reads("/appointments/<id>", shapes.Appointment, PEOPLE, "Appointments")
def read_appointment(path: ById) -> shapes.Appointment:
    """One appointment, in force or not."""
    with looking() as (uow, sight):
        return shapes.Appointment.model_validate(read_appointments.read_appointment(uow, sight, path.id))
