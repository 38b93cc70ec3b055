"""Changing the network: its words, its locations, and how the field is organized. For operators."""

from typing import Literal

from pydantic import Field

from hub.access.api_tokens import NETWORK_WRITE
from hub.network.structure import field, locations, open_location, words
from hub.rest.api import blueprint
from hub.rest.asked import AnId, ById, ByKey, Text
from hub.rest.write_shapes import At, Body, Moment
from hub.rest.writing import Written, changed, current_writing

External = Field("", max_length=100, description="How network files call it; made of the name if left out.")
Anyway = Field(False, description="Go on although the title names a brand.")


class NewName(Body):
    """What it is called from now on."""

    name: Text


class NewBrand(NewName):
    """A brand."""

    external_id: str = External


class NewTitle(Body):
    """What a position is called from now on."""

    title: Text
    family: str = Field("", max_length=40, description="Stays as it is if left out.")
    anyway: bool = Anyway


class NewPosition(Body):
    """A position, free of brands."""

    title: Text
    family: Text
    external_id: str = External
    anyway: bool = Anyway


class NewDimension(NewName):
    """A dimension."""

    key: Text


class NewNode(NewName):
    """A node of the field."""

    dimension: Text
    parent_id: AnId | None = Field(None, description="None: a root.")
    at: Moment | None = Field(None, description="Always was there if left out.")
    external_id: str = External


class MovedNode(At):
    """Under which node it stands."""

    parent_id: AnId | None


class NewLocation(At):
    """A location of a partner."""

    partner_id: AnId
    name: Text
    city: Text
    country: Text = Field(description="A code of ISO 3166-1, such as DE.")
    time_zone: Text = Field(description="An IANA name, such as Europe/Berlin.")
    external_id: str = External


class Placed(At):
    """In which node of a dimension a location is; without a node it is taken out of the dimension."""

    node_id: AnId | None
    dimension: str = Field("", max_length=40, description="Needed without a node.")


class Carried(At):
    """A brand that a location carries, and for what."""

    brand_id: AnId
    activity: Literal["sell", "service", "parts", "make", "use"]


@blueprint.writes("/brands", Written, NETWORK_WRITE, "Words")
def add_brand(body: NewBrand) -> Written:
    """Make a brand."""
    uow = current_writing().uow
    return _made(words.add_brand(uow, body.name, external_id=body.external_id))


@blueprint.writes("/brands/<id>/rename", Written, NETWORK_WRITE, "Words")
def rename_brand(path: ById, body: NewName) -> Written:
    """Call a brand something else. Nothing else changes."""
    return changed(path.id, words.rename_brand(current_writing().uow, path.id, body.name))


@blueprint.writes("/positions", Written, NETWORK_WRITE, "Words")
def add_position(body: NewPosition) -> Written:
    """Make a position."""
    uow, called = current_writing().uow, body.external_id
    id = words.add_position(uow, body.title, body.family, external_id=called, anyway=body.anyway)
    return _made(id)


@blueprint.writes("/positions/<id>/rename", Written, NETWORK_WRITE, "Words")
def rename_position(path: ById, body: NewTitle) -> Written:
    """Call a position something else. No audience changes."""
    uow = current_writing().uow
    did = words.rename_position(uow, path.id, body.title, family=body.family, anyway=body.anyway)
    return changed(path.id, did)


@blueprint.writes("/dimensions", Written, NETWORK_WRITE, "Field")
def add_dimension(body: NewDimension) -> Written:
    """Make a dimension; its key is its id."""
    return _made(words.add_dimension(current_writing().uow, body.key, body.name))


@blueprint.writes("/dimensions/<key>/rename", Written, NETWORK_WRITE, "Field")
def rename_dimension(path: ByKey, body: NewName) -> Written:
    """Call a dimension something else; its key stays."""
    return changed(path.key, words.rename_dimension(current_writing().uow, path.key, body.name))


@blueprint.writes("/nodes", Written, NETWORK_WRITE, "Field")
def add_node(body: NewNode) -> Written:
    """Make a node of a dimension."""
    uow, called = current_writing().uow, body.external_id
    id = field.add_node(uow, body.dimension, body.name, body.parent_id, body.at, external_id=called)
    return _made(id)


@blueprint.writes("/nodes/<id>/move", Written, NETWORK_WRITE, "Field")
def move_node(path: ById, body: MovedNode) -> Written:
    """Let a node stand under another one, with all below it."""
    return changed(path.id, field.move_node(current_writing().uow, path.id, body.parent_id, body.at))


@blueprint.writes("/nodes/<id>/end", Written, NETWORK_WRITE, "Field")
def end_node(path: ById, body: At) -> Written:
    """Let a node exist no longer."""
    return changed(path.id, field.end_node(current_writing().uow, path.id, body.at))


@blueprint.writes("/locations", Written, NETWORK_WRITE, "Locations")
def add_location(body: NewLocation) -> Written:
    """Open a location of a partner."""
    told = (body.partner_id, body.name, body.city, body.country, body.time_zone, body.at)
    uow, called = current_writing().uow, body.external_id
    return _made(open_location.open_location(uow, *told, external_id=called))


@blueprint.writes("/locations/<id>/place", Written, NETWORK_WRITE, "Locations")
def place_location(path: ById, body: Placed) -> Written:
    """Let a location be in another node of a dimension."""
    uow = current_writing().uow
    did = locations.move_location(uow, path.id, body.node_id, body.at, dimension=body.dimension)
    return changed(path.id, did)


@blueprint.writes("/locations/<id>/carry", Written, NETWORK_WRITE, "Locations")
def carry_brand(path: ById, body: Carried) -> Written:
    """Let a location carry a brand."""
    uow = current_writing().uow
    return changed(path.id, locations.carry_brand(uow, path.id, body.brand_id, body.activity, body.at))


@blueprint.writes("/locations/<id>/drop", Written, NETWORK_WRITE, "Locations")
def end_brand(path: ById, body: Carried) -> Written:
    """Let a location lose a brand in one activity; it ends on the appointments there."""
    uow, for_what = current_writing().uow, body.activity
    did = locations.end_brand(uow, path.id, body.brand_id, body.at, activity=for_what)
    return changed(path.id, did)


@blueprint.writes("/locations/<id>/close", Written, NETWORK_WRITE, "Locations")
def close_location(path: ById, body: At) -> Written:
    """Close a location; its brands, its places and the appointments there end with it."""
    return changed(path.id, locations.close_location(current_writing().uow, path.id, body.at))


def _made(id: str) -> Written:
    return Written(outcome="created", id=id)
