"""Plugins can be set aside."""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Time

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plugin_aside",
        sa.Column("plugin", sa.String(64), nullable=False),
        sa.Column(
            "hook",
            sa.String(64),
            nullable=False,
            comment="what it was doing; empty where somebody set it aside",
        ),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", Time(), nullable=False),
        sa.PrimaryKeyConstraint("plugin", name=op.f("pk_plugin_aside")),
        comment="Plugins that no process calls until somebody takes them back.",
    )
    op.create_table(
        "plugin_unasked",
        sa.Column("plugin", sa.String(64), nullable=False),
        sa.Column("since", Time(), nullable=False),
        sa.PrimaryKeyConstraint("plugin", name=op.f("pk_plugin_unasked")),
        comment="Plugins that are switched on and could not be asked about somebody; the next worker that can asks anew.",
    )
