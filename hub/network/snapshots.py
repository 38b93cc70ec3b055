"""The shapes of network changes in the journal: each body is what its subject is like from then on, as a whole.

Ids and the words of companies only; people's names and addresses stand in ``person_detail`` alone. Instants are ISO
8601 in UTC; ``valid_to`` is None while open. Lists are sorted, so that equal content is equal text.
"""

from typing import NotRequired, TypedDict


class DimensionSnapshot(TypedDict):
    """``dimension_changed``; the subject is the key."""

    key: str
    name: str
    closed_at: NotRequired[str | None]


class BrandSnapshot(TypedDict):
    """``brand_changed``; the subject is the brand. ``closed_at``: nothing new is said with it since; files do not speak of it."""

    id: str
    name: str
    closed_at: NotRequired[str | None]


class PositionSnapshot(TypedDict):
    """``position_changed``; the subject is the position."""

    id: str
    title: str
    family: str
    closed_at: NotRequired[str | None]


class NodeParent(TypedDict):
    """The node above another one, for a time."""

    parent_id: str
    valid_from: str
    valid_to: str | None


class NodeSnapshot(TypedDict):
    """``node_changed``; the subject is the node. While it has no parent it is a root.

    Before trees were dated, a body had ``parent_id`` alone, of a node that always exists; ``hub.network.structure.trees`` reads both.
    """

    id: str
    dimension: str
    name: str
    valid_from: str
    valid_to: str | None
    parents: list[NodeParent]


class PartnerKind(TypedDict):
    """What a partner is to the network for a time: make, sell, service, distribute, supply or use."""

    kind: str
    valid_from: str
    valid_to: str | None


class PartnerSnapshot(TypedDict):
    """``partner_changed``; the subject is the partner. Before kinds were dated, a body had their words alone; both are read."""

    id: str
    name: str
    kinds: list[PartnerKind]


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
    """What a person looks after: a node, a location, or the partners downstream of one over links of a kind (``link``).

    ``service`` says in words what the person does there. Bodies from before do not have the last three.
    """

    id: str
    dimension: str
    node_id: str | None
    location_id: str | None
    valid_from: str
    valid_to: str | None
    upstream_id: NotRequired[str | None]
    link: NotRequired[str | None]
    service: NotRequired[str]


class RepSnapshot(TypedDict):
    """``rep_changed``; the subject is the person."""

    person_id: str
    assignments: list[RepAssignment]


class ManagerRelation(TypedDict):
    """Of whom somebody is the manager: a person, or one appointment."""

    id: str
    dimension: str
    person_id: str | None
    appointment_id: str | None
    valid_from: str
    valid_to: str | None


class ManagerSnapshot(TypedDict):
    """``manager_relations_changed``; the subject is the manager."""

    manager_id: str
    relations: list[ManagerRelation]


class PositionSuperior(TypedDict):
    """A position whose holders manage those of another at the same location."""

    superior_id: str
    dimension: str
    valid_from: str
    valid_to: str | None


class PositionSuperiorsSnapshot(TypedDict):
    """``position_superiors_changed``; the subject is the position that is below."""

    position_id: str
    superiors: list[PositionSuperior]


class AttributeKindSnapshot(TypedDict):
    """``attribute_kind_changed``; the subject is the key."""

    key: str
    title: str
    subject: str
    type: str
    choices: list[str]
    mandatory_for: list[str]


class AttributeValue(TypedDict):
    """What one attribute is for a time."""

    key: str
    value: str | int | float | bool
    valid_from: str
    valid_to: str | None


class AttributesSnapshot(TypedDict):
    """``attributes_changed``; the subject is a person, appointment, location or partner, apart from its own snapshot."""

    subject: str
    subject_id: str
    values: list[AttributeValue]


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
