"""Who is known to be new in an audience, so that it is announced once."""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Time

revision = "0058"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audience_joining",
        sa.Column("appointment_id", Id(), nullable=False),
        sa.Column("audience", sa.String(100), nullable=False),
        sa.Column(
            "expires_at",
            Time(),
            nullable=False,
            comment="from then on it is too long ago to be announced again",
        ),
        sa.PrimaryKeyConstraint("appointment_id", "audience", name=op.f("pk_audience_joining")),
        comment="Whose joining of which audience was announced, while plugins want to hear of that.",
    )
    op.create_index(op.f("ix_audience_joining_expires_at"), "audience_joining", ["expires_at"])


def downgrade() -> None:
    op.drop_table("audience_joining")
