"""Changes of many locations that somebody asked for, and how far each has come."""

import sqlalchemy as sa

from hub.store.types import Id, Json, Time, id_column, metadata

bulk_change = sa.Table(
    "bulk_change",
    metadata,
    id_column(),
    sa.Column("do", sa.String(16), nullable=False, comment="close, carry, end_brand or place"),
    sa.Column("to", Id(), comment="the brand, or the node"),
    sa.Column("activity", sa.String(16), nullable=False, comment="of the brand; empty for all"),
    sa.Column(
        "day", sa.String(10), nullable=False, comment="begins then at each location; empty for at once"
    ),
    sa.Column("location_ids", Json, nullable=False, comment="in the order in which they are done"),
    sa.Column("done", sa.Integer, nullable=False, comment="how many of them"),
    sa.Column("late", Json, nullable=False, comment="those that refused: location and why"),
    sa.Column("actor_id", Id(), nullable=False),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column("finished_at", Time()),
    comment="What was done to each location is in the journal; this is the way there.",
)
