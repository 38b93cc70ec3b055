"""changes of many locations, and how far each has come"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0046"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bulk_change",
        sa.Column("id", Id(), nullable=False),
        sa.Column("do", sa.String(16), nullable=False, comment="close, carry, end_brand or place"),
        sa.Column("to", Id(), nullable=True, comment="the brand, or the node"),
        sa.Column("activity", sa.String(16), nullable=False, comment="of the brand; empty for all"),
        sa.Column(
            "day", sa.String(10), nullable=False, comment="begins then at each location; empty for at once"
        ),
        sa.Column("location_ids", Json, nullable=False, comment="in the order in which they are done"),
        sa.Column("done", sa.Integer(), nullable=False, comment="how many of them"),
        sa.Column("late", Json, nullable=False, comment="those that refused: location and why"),
        sa.Column("actor_id", Id(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("finished_at", Time(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_change")),
        comment="What was done to each location is in the journal; this is the way there.",
    )
