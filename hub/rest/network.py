"""Partners, locations, and the field they stand in."""

from typing import Literal

from pydantic import Field

from hub.access.api_tokens import NETWORK
from hub.access.listing import read_network, read_words
from hub.access.listing.read_network import LocationFilter
from hub.rest import shapes
from hub.rest.api import blueprint, looking
from hub.rest.asked import AnId, AtInstant, ById, ByKey, IdPage, IdPageAtInstant, KeyPage, Text

Kind = Literal["make", "sell", "service", "distribute", "supply", "use"]


class WhichPartners(IdPageAtInstant):
    """Which partners are wanted."""

    kind: Kind | None = Field(None, description="What the partner is to the network at that instant.")
    name: Text | None = Field(None, description="How its name begins, whatever the case.")


class WhichLocations(IdPageAtInstant):
    """Which locations are wanted, of those that are open at the instant."""

    partner_id: AnId | None = None
    node_id: AnId | None = Field(None, description="Under this node, at any depth.")
    brand_id: AnId | None = Field(None, description="That carry this brand, for whatever.")
    name: Text | None = Field(None, description="How its name begins, whatever the case.")


class WhichNodes(IdPageAtInstant):
    """Which nodes are wanted."""

    dimension: Text | None = None
    parent_id: AnId | None = Field(None, description="Right under this node.")


class WhichPositions(IdPage):
    """Which positions are wanted."""

    family: Text | None = None


@blueprint.reads("/partners", shapes.Partners, NETWORK, "Partners")
def list_partners(query: WhichPartners) -> shapes.Partners:
    """Partners, by kind and name."""
    with looking() as (uow, sight):
        page, total = read_network.list_partners(
            uow, sight, query.as_of or uow.now, query.page(), kind=query.kind or "", name=query.name or ""
        )
    return shapes.Partners(
        items=list(map(shapes.Partner.model_validate, page.items)), next=page.next, total=total
    )


@blueprint.reads("/partners/<id>", shapes.Partner, NETWORK, "Partners")
def read_partner(path: ById, query: AtInstant) -> shapes.Partner:
    """One partner."""
    with looking() as (uow, sight):
        found = read_network.read_partner(uow, sight, path.id, query.as_of or uow.now)
    return shapes.Partner.model_validate(found)


@blueprint.reads("/locations", shapes.Locations, NETWORK, "Locations")
def list_locations(query: WhichLocations) -> shapes.Locations:
    """Locations, by partner, node, brand and name."""
    which = LocationFilter(
        query.partner_id or "", query.node_id or "", query.brand_id or "", query.name or ""
    )
    with looking() as (uow, sight):
        page = read_network.list_locations(uow, sight, query.as_of or uow.now, query.page(), which)
    return shapes.Locations.model_validate(page)


@blueprint.reads("/locations/<id>", shapes.Location, NETWORK, "Locations")
def read_location(path: ById, query: AtInstant) -> shapes.Location:
    """One location, open or not."""
    with looking() as (uow, sight):
        found = read_network.read_location(uow, sight, path.id, query.as_of or uow.now)
    return shapes.Location.model_validate(found)


@blueprint.reads("/dimensions", shapes.Dimensions, NETWORK, "Field")
def list_dimensions(query: KeyPage) -> shapes.Dimensions:
    """Dimensions by which the field is organized."""
    with looking() as (uow, _):
        return shapes.Dimensions.model_validate(read_words.list_dimensions(uow, query.page()))


@blueprint.reads("/dimensions/<key>", shapes.Dimension, NETWORK, "Field")
def read_dimension(path: ByKey) -> shapes.Dimension:
    """One dimension."""
    with looking() as (uow, _):
        return shapes.Dimension.model_validate(read_words.read_dimension(uow, path.key))


@blueprint.reads("/nodes", shapes.Nodes, NETWORK, "Field")
def list_nodes(query: WhichNodes) -> shapes.Nodes:
    """Nodes of the field that exist at the instant, by dimension and parent."""
    with looking() as (uow, sight):
        page = read_network.list_nodes(
            uow,
            sight,
            query.as_of or uow.now,
            query.page(),
            dimension=query.dimension or "",
            parent_id=query.parent_id or "",
        )
    return shapes.Nodes.model_validate(page)


@blueprint.reads("/nodes/<id>", shapes.Node, NETWORK, "Field")
def read_node(path: ById, query: AtInstant) -> shapes.Node:
    """One node of the field."""
    with looking() as (uow, sight):
        found = read_network.read_node(uow, sight, path.id, query.as_of or uow.now)
    return shapes.Node.model_validate(found)


@blueprint.reads("/brands", shapes.Brands, NETWORK, "Words")
def list_brands(query: IdPage) -> shapes.Brands:
    """Brands."""
    with looking() as (uow, _):
        return shapes.Brands.model_validate(read_words.list_brands(uow, query.page()))


@blueprint.reads("/brands/<id>", shapes.Named, NETWORK, "Words")
def read_brand(path: ById) -> shapes.Named:
    """One brand."""
    with looking() as (uow, _):
        return shapes.Named.model_validate(read_words.read_brand(uow, path.id))


@blueprint.reads("/positions", shapes.Positions, NETWORK, "Words")
def list_positions(query: WhichPositions) -> shapes.Positions:
    """Positions, by family."""
    with looking() as (uow, _):
        page = read_words.list_positions(uow, query.page(), family=query.family or "")
    return shapes.Positions.model_validate(page)


@blueprint.reads("/positions/<id>", shapes.Position, NETWORK, "Words")
def read_position(path: ById) -> shapes.Position:
    """One position."""
    with looking() as (uow, _):
        return shapes.Position.model_validate(read_words.read_position(uow, path.id))
