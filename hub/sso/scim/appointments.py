"""The hub's own SCIM extension: where somebody works, in the words of the network files."""

from datetime import datetime
from typing import Annotated

from scim2_models import URN, CaseExact, ComplexAttribute, Extension, Required

NAME = "urn:partner-training-hub:params:scim:schemas:extension:2.0:Appointments"
CLASSES = ("external", "internal")


class Appointment(ComplexAttribute):
    """One position at one location."""

    location: Annotated[str | None, Required.true, CaseExact.true] = None
    """What the network files call the location."""

    position: Annotated[str | None, Required.true, CaseExact.true] = None
    """What the network files call the position."""

    brands: Annotated[list[str] | None, CaseExact.true] = None
    """What the network files call the brands worked for; none for all that the location carries."""

    audience_class: str | None = None
    """"external" (the default) for the partner's own people, "internal" for those of the manufacturer."""

    valid_from: datetime | None = None
    """When it begins; without, as soon as it is told."""

    valid_to: datetime | None = None
    """When it ends; without, when it is not told any more."""


class Appointments(Extension):
    """Where somebody works. A user who never had this extension keeps the appointments of the network files."""

    __schema__ = URN(NAME)

    appointments: list[Appointment] | None = None
    """Every position at every location."""
