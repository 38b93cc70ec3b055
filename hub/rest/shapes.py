"""What is answered: the shapes of all resources, made of what services return."""

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item")


class Shape(BaseModel):
    """Made of a frozen dataclass of the same fields."""

    model_config = ConfigDict(from_attributes=True)


class PageOf(Shape, Generic[Item]):
    """Some of a list."""

    items: list[Item]
    next: str | None = Field(description="`after` of the next page; null on the last one.")


class CountedPageOf(PageOf[Item], Generic[Item]):
    """Some of a list whose length is known."""

    total: int = Field(description="On all pages together, each thing once.")


class Named(Shape):
    """Something by its id and name."""

    id: str
    name: str


class Partner(Shape):
    """A partner company, and what it is to the network at the instant asked for."""

    id: str
    name: str
    kinds: list[str]


class CarriedBrand(Shape):
    """A brand at a location, and for what it is carried there."""

    id: str
    name: str
    activity: str


class Place(Shape):
    """Under which node of a dimension a location stands."""

    id: str
    name: str
    dimension: str


class Location(Shape):
    """A location, with its brands and places at the instant asked for."""

    id: str
    partner_id: str
    name: str
    city: str
    country: str
    time_zone: str
    valid_from: datetime
    valid_to: datetime | None
    brands: list[CarriedBrand]
    nodes: list[Place]


class Node(Shape):
    """A node of the field; `parent_id` is what it stands under at the instant asked for."""

    id: str
    dimension: str
    name: str
    parent_id: str | None
    valid_from: datetime
    valid_to: datetime | None


class Position(Shape):
    """A position, free of brands."""

    id: str
    title: str
    family: str


class Dimension(Shape):
    """A dimension by which the field is organized."""

    key: str
    name: str


class Appointment(Shape):
    """A person at a location in a position with brands, for a time."""

    id: str
    person_id: str
    location: Named
    partner: Named
    position: Named
    brands: list[Named]
    audience_class: Literal["internal", "external"]
    valid_from: datetime
    valid_to: datetime | None


class Person(Shape):
    """A person with every appointment the token sees, past and future ones too.

    Employer, address, language and state are null for whoever sees the person only at work.
    """

    id: str
    given_name: str
    family_name: str
    partner_id: str | None
    email: str | None
    locale: str | None
    disabled: bool | None
    appointments: list[Appointment]


class Manager(Shape):
    """One who looks after a person in a dimension; `person_id` is null where the token does not see that person."""

    person_id: str | None
    name: str
    dimension: str
    dimension_name: str
    ways: list[Literal["representative", "superior", "named"]]
    services: list[str]


class Managers(Shape):
    """All who look after a person."""

    items: list[Manager]


class Audience(Shape):
    """A named set of appointments; only operators see by which conditions."""

    key: str
    name: str
    conditions: dict[str, Any] | None
    provisioning: list[str] | None


class AudienceSize(Shape):
    """How many people are in an audience of the whole network. Whoever sees only some of them is told it as everybody else is, once a month."""

    audience: str
    people: int | None = Field(
        description="Null where nothing is told: they are few, or few of those who are counted alike, or not counted yet."
    )
    reached: int | None = Field(
        description="How many of them have reached all that is asked of them in it. Null as above."
    )
    at: datetime | None = Field(description="The instant of these numbers.")
    floor: int = Field(description="Nobody is counted but with so many others who came, or went, alike.")


class Member(Shape):
    """Somebody in an audience, by these appointments."""

    person_id: str
    given_name: str
    family_name: str
    appointment_ids: list[str]


class Rule(Shape):
    """Who gets which goal; only operators see by which conditions."""

    key: str
    title: str
    status: str
    version: int
    dimension: str
    kind: str
    target_kind: str
    target_id: str
    due_days: int | None
    look_back_days: int | None
    valid_from: datetime
    valid_to: datetime | None
    conditions: dict[str, Any] | None


class Partners(CountedPageOf[Partner]):
    """Partners, in the order of their ids."""


class Locations(PageOf[Location]):
    """Locations, in the order of their ids."""


class Nodes(PageOf[Node]):
    """Nodes, in the order of their ids."""


class Brands(PageOf[Named]):
    """Brands, in the order of their ids."""


class Positions(PageOf[Position]):
    """Positions, in the order of their ids."""


class Dimensions(PageOf[Dimension]):
    """Dimensions, in the order of their keys."""


class People(PageOf[Person]):
    """People, in the order of their ids."""


class Audiences(PageOf[Audience]):
    """Audiences, in the order of their keys."""


class Appointments(PageOf[Appointment]):
    """Appointments, in the order of their ids."""


class Members(PageOf[Member]):
    """Members, in the order of their ids. A page may be short, even empty, and not be the last: `next` tells."""


class Rules(PageOf[Rule]):
    """Rules, in the order of their keys."""
