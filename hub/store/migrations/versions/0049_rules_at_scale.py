"""What counting the people of a rule keeps."""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Time

revision = "0049"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "appointment_map",
        sa.Column("part", sa.String(12), nullable=False, comment="what is said; see counting.build_maps"),
        sa.Column("value", sa.String(36), nullable=False, comment="of which position, brand, location, day"),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="a bitmap, or numbers of 4, 8 or 16 bytes"
        ),
        sa.PrimaryKeyConstraint("part", "value", name=op.f("pk_appointment_map")),
        comment="Numbers of the appointments that are not over, by what they are to.",
    )
    op.create_table(
        "appointment_map_state",
        sa.Column("id", sa.Integer(), nullable=False, comment="1"),
        sa.Column(
            "position", sa.BigInteger(), nullable=False, comment="of the changes that are surely in it"
        ),
        sa.Column("built_at", Time(), nullable=False),
        sa.Column(
            "layers", sa.Integer(), nullable=False, comment="how many appointments a person has at most"
        ),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment_map_state")),
        comment="One row, if there are bitmaps: what they are true of.",
    )
