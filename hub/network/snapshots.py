"""The shapes of network changes in the journal: each body is what its subject is like from then on, as a whole.

Ids and the words of companies only; people's names and addresses stand in ``person_detail`` alone. Instants are ISO
8601 in UTC; ``valid_to`` is None while open. Lists are sorted, so that equal content is equal text.
"""

from typing import TypedDict


class DimensionSnapshot(TypedDict):
    """``dimension_changed``; the subject is the key."""

    key: str
    name: str


class BrandSnapshot(TypedDict):
    """``brand_changed``; the subject is the brand."""

    id: str
    name: str


class PositionSnapshot(TypedDict):
    """``position_changed``; the subject is the position."""

    id: str
    title: str
    family: str


class NodeSnapshot(TypedDict):
    """``node_changed``; the subject is the node."""

    id: str
    dimension: str
    name: str
    parent_id: str | None


class PartnerSnapshot(TypedDict):
    """``partner_changed``; the subject is the partner."""

    id: str
    name: str
    kinds: list[str]


class UpstreamLink(TypedDict):
    """One partner that another one buys from."""

    partner_id: str
    kind: str
    valid_from: str
    valid_to: str | None


class PartnerLinksSnapshot(TypedDict):
    """``partner_links_changed``; the subject is the downstream partner, apart from its own row because links go in circles."""

    partner_id: str
    upstream: list[UpstreamLink]


class LocationBrand(TypedDict):
    """A brand at a location in one activity."""

    brand_id: str
    activity: str
    valid_from: str
    valid_to: str | None


class LocationNode(TypedDict):
    """The node that a location belongs to in one dimension."""

    dimension: str
    node_id: str
    valid_from: str
    valid_to: str | None


class LocationSnapshot(TypedDict):
    """``location_changed``; the subject is the location."""

    id: str
    partner_id: str
    name: str
    city: str
    country: str
    time_zone: str
    valid_from: str
    valid_to: str | None
    brands: list[LocationBrand]
    nodes: list[LocationNode]


class Appointment(TypedDict):
    """A person in a position at a location; ``brands`` are brand ids."""

    id: str
    location_id: str
    position_id: str
    audience_class: str
    brands: list[str]
    valid_from: str
    valid_to: str | None


class PersonSnapshot(TypedDict):
    """``person_changed``; the subject is the person, with every appointment there ever was."""

    id: str
    partner_id: str
    locale: str
    disabled: bool
    appointments: list[Appointment]


class RepAssignment(TypedDict):
    """What a person looks after: a node or a location."""

    id: str
    dimension: str
    node_id: str | None
    location_id: str | None
    valid_from: str
    valid_to: str | None


class RepSnapshot(TypedDict):
    """``rep_changed``; the subject is the person."""

    person_id: str
    assignments: list[RepAssignment]


class IdentityLink(TypedDict):
    """A name of a person at a connection."""

    connection_id: str
    form: str
    subject: str
    person_id: str
    made_by: str


class IdentitySnapshot(TypedDict):
    """``identity_linked``; the subject is the person. Only the new links: a link stays for good."""

    links: list[IdentityLink]
