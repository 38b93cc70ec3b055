"""Who asked for whose onboarding, and who decided."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLE = "plugin_distributor_onboarding_request"


def upgrade() -> None:
    """One request for each appointment."""
    op.create_table(
        TABLE,
        sa.Column("appointment_id", sa.String(36), primary_key=True),
        sa.Column("person_id", sa.String(36), nullable=False, index=True),
        sa.Column("asked_by", sa.String(36), comment="null: somebody who was erased"),
        sa.Column("asked_at", sa.String(40), nullable=False),
        sa.Column("state", sa.String(10), nullable=False, comment="waiting, approved or declined"),
        sa.Column("decided_by", sa.String(36)),
        sa.Column("decided_at", sa.String(40)),
        sa.Index("ix_plugin_distributor_onboarding_request_state", "state", "asked_at", "appointment_id"),
        sa.Index("ix_plugin_distributor_onboarding_request_decided", "decided_at", "appointment_id"),
    )


def downgrade() -> None:
    """No requests."""
    op.drop_table(TABLE)
