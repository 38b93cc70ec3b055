"""Bitmaps of appointments: a cache, worked out from the network and thrown away whole."""

import sqlalchemy as sa

from hub.store.types import Time, metadata

appointment_map = sa.Table(
    "appointment_map",
    metadata,
    sa.Column("part", sa.String(12), primary_key=True, comment="what is said; see counting.build_maps"),
    sa.Column("value", sa.String(36), primary_key=True, comment="of which position, brand, location, day"),
    sa.Column("body", sa.LargeBinary, nullable=False, comment="a bitmap, or numbers of 4, 8 or 16 bytes"),
    comment="Numbers of the appointments that are not over, by what they are to.",
)

appointment_map_state = sa.Table(
    "appointment_map_state",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, comment="1"),
    sa.Column("position", sa.BigInteger, nullable=False, comment="of the changes that are surely in it"),
    sa.Column("built_at", Time(), nullable=False),
    sa.Column("layers", sa.Integer, nullable=False, comment="how many appointments a person has at most"),
    sa.Column("people", sa.Integer, nullable=False),
    comment="One row, if there are bitmaps: what they are true of.",
)
