"""Attributes: which there are, and the values of people, appointments, locations and partners."""

from hub.access.api_tokens import NETWORK, PEOPLE
from hub.access.listing import read_attributes
from hub.rest import goal_shapes as shapes
from hub.rest.api import blueprint, looking
from hub.rest.asked import ById, KeyPage


@blueprint.reads("/attribute-kinds", shapes.AttributeKinds, NETWORK, "Attributes")
def list_attribute_kinds(query: KeyPage) -> shapes.AttributeKinds:
    """Which attributes there are."""
    with looking() as (uow, _):
        return shapes.AttributeKinds.model_validate(read_attributes.list_kinds(uow, query.page()))


@blueprint.reads("/people/<id>/attributes", shapes.Values, PEOPLE, "Attributes")
def list_attributes_of_person(path: ById) -> shapes.Values:
    """Every value of a person."""
    return _values("person", path.id)


@blueprint.reads("/appointments/<id>/attributes", shapes.Values, PEOPLE, "Attributes")
def list_attributes_of_appointment(path: ById) -> shapes.Values:
    """Every value of an appointment."""
    return _values("appointment", path.id)


@blueprint.reads("/locations/<id>/attributes", shapes.Values, NETWORK, "Attributes")
def list_attributes_of_location(path: ById) -> shapes.Values:
    """Every value of a location."""
    return _values("location", path.id)


@blueprint.reads("/partners/<id>/attributes", shapes.Values, NETWORK, "Attributes")
def list_attributes_of_partner(path: ById) -> shapes.Values:
    """Every value of a partner."""
    return _values("partner", path.id)


def _values(subject: str, id: str) -> shapes.Values:
    with looking() as (uow, sight):
        found = read_attributes.list_values(uow, sight, subject, id)
    return shapes.Values(items=[shapes.Value.model_validate(each) for each in found])
