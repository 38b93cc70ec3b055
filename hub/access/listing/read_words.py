"""The words all partners share: brands, positions and dimensions. They tell of no partner, and everybody sees them."""

from dataclasses import dataclass

import sqlalchemy as sa

from hub.access.listing.pages_of import Asked, Page, page_of, part_of
from hub.errors import Missing
from hub.ids import is_id
from hub.network import tables
from hub.store import UnitOfWork


@dataclass(frozen=True)
class BrandSeen:
    """A brand."""

    id: str
    name: str


@dataclass(frozen=True)
class PositionSeen:
    """A position, free of brands."""

    id: str
    title: str
    family: str


@dataclass(frozen=True)
class DimensionSeen:
    """A dimension by which the field is organized."""

    key: str
    name: str


def list_brands(uow: UnitOfWork, asked: Asked) -> Page[BrandSeen]:
    """Brands."""
    table = tables.brand
    query = part_of(sa.select(table), table.c.id, asked)
    rows, following = page_of(uow.connection.execute(query).all(), asked, lambda row: str(row.id))
    return Page(tuple(BrandSeen(row.id, row.name) for row in rows), following)


def read_brand(uow: UnitOfWork, brand_id: str) -> BrandSeen:
    """One brand. Missing ``no_brand``."""
    row = uow.find(tables.brand, id=brand_id) if is_id(brand_id) else None
    if row is None:
        raise Missing("no_brand", "There is no such brand.")
    return BrandSeen(row.id, row.name)


def list_positions(uow: UnitOfWork, asked: Asked, *, family: str = "") -> Page[PositionSeen]:
    """Positions, of one family if it is given."""
    table = tables.position
    query = sa.select(table).where(*([table.c.family == family] if family else ()))
    rows = uow.connection.execute(part_of(query, table.c.id, asked)).all()
    kept, following = page_of(rows, asked, lambda row: str(row.id))
    return Page(tuple(PositionSeen(row.id, row.title, row.family) for row in kept), following)


def read_position(uow: UnitOfWork, position_id: str) -> PositionSeen:
    """One position. Missing ``no_position``."""
    row = uow.find(tables.position, id=position_id) if is_id(position_id) else None
    if row is None:
        raise Missing("no_position", "There is no such position.")
    return PositionSeen(row.id, row.title, row.family)


def list_dimensions(uow: UnitOfWork, asked: Asked) -> Page[DimensionSeen]:
    """Dimensions by their keys."""
    table = tables.dimension
    query = part_of(sa.select(table), table.c.key, asked)
    rows, following = page_of(uow.connection.execute(query).all(), asked, lambda row: str(row.key))
    return Page(tuple(DimensionSeen(row.key, row.name) for row in rows), following)


def read_dimension(uow: UnitOfWork, key: str) -> DimensionSeen:
    """One dimension. Missing ``no_dimension``."""
    row = uow.find(tables.dimension, key=key)
    if row is None:
        raise Missing("no_dimension", "There is no such dimension.")
    return DimensionSeen(row.key, row.name)
