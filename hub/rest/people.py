"""People with all their appointments, and who looks after them."""

from pydantic import Field

from hub.access.api_tokens import PEOPLE
from hub.access.listing import read_people
from hub.access.listing.read_people import PeopleFilter
from hub.rest import shapes
from hub.rest.api import blueprint, looking
from hub.rest.asked import AnId, AtInstant, ById, IdPageAtInstant, Text


class WhichPeople(IdPageAtInstant):
    """Which people are wanted."""

    partner_id: AnId | None = Field(None, description="Employed by this partner.")
    location_id: AnId | None = Field(None, description="With an appointment here at the instant.")
    position_id: AnId | None = Field(None, description="In this position at the instant.")
    email: Text | None = Field(None, description="The whole address, whatever its case.")


@blueprint.reads("/people", shapes.People, PEOPLE, "People")
def list_people(query: WhichPeople) -> shapes.People:
    """People, by employer, location, position and address."""
    which = PeopleFilter(
        query.partner_id or "", query.location_id or "", query.position_id or "", query.email or ""
    )
    with looking() as (uow, sight):
        page = read_people.list_people(uow, sight, query.as_of or uow.now, query.page(), which)
    return shapes.People.model_validate(page)


@blueprint.reads("/people/<id>", shapes.Person, PEOPLE, "People")
def read_person(path: ById) -> shapes.Person:
    """One person with every appointment."""
    with looking() as (uow, sight):
        return shapes.Person.model_validate(read_people.read_person_seen(uow, sight, path.id))


@blueprint.reads("/people/<id>/managers", shapes.Managers, PEOPLE, "People")
def list_managers(path: ById, query: AtInstant) -> shapes.Managers:
    """Who looks after a person, in which dimension and by which way."""
    with looking() as (uow, sight):
        found = read_people.list_managers(uow, sight, path.id, query.as_of or uow.now)
    return shapes.Managers(items=[shapes.Manager.model_validate(each) for each in found])
