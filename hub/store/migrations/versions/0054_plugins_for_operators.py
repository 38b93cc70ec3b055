"""Plugins are switched per partner, and what their hooks take is known by the hour."""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Time

revision = "0054"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plugin_off",
        sa.Column("partner_id", Id(), nullable=False),
        sa.Column("plugin", sa.String(64), nullable=False),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time()),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_plugin_off_partner_id")),
        sa.PrimaryKeyConstraint("partner_id", "plugin", "valid_from", name=op.f("pk_plugin_off")),
        comment="When plugins are off for partners, inside the audiences for which they are on.",
    )
    op.create_table(
        "plugin_hour",
        sa.Column("plugin", sa.String(64), nullable=False),
        sa.Column("hook", sa.String(64), nullable=False),
        sa.Column("hour", Time(), nullable=False, comment="its beginning; that of 1970 for all time"),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("errors", sa.BigInteger, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False, comment="in all"),
        sa.Column("slowest", sa.Float, nullable=False, comment="seconds"),
        sa.Column(
            "grown_bytes", sa.BigInteger, nullable=False, comment="by which the process grew, estimated"
        ),
        sa.Column("expires_at", Time(), comment="null for all time"),
        sa.PrimaryKeyConstraint("plugin", "hook", "hour", name=op.f("pk_plugin_hour")),
        comment="Calls of plugins' hooks by hour.",
    )
    op.create_index(op.f("ix_plugin_hour_expires_at"), "plugin_hour", ["expires_at"])
    op.create_table(
        "plugin_bucket",
        sa.Column("plugin", sa.String(64), nullable=False),
        sa.Column("hook", sa.String(64), nullable=False),
        sa.Column("hour", Time(), nullable=False, comment="as in plugin_hour"),
        sa.Column(
            "bucket", sa.SmallInteger, nullable=False, comment="of durations; its bounds are the code's"
        ),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("expires_at", Time(), comment="null for all time"),
        sa.PrimaryKeyConstraint("plugin", "hook", "hour", "bucket", name=op.f("pk_plugin_bucket")),
        comment="How many of those calls took how long.",
    )
    op.create_index(op.f("ix_plugin_bucket_expires_at"), "plugin_bucket", ["expires_at"])
    op.add_column(
        "plugin_timing",
        sa.Column("last_error_version", sa.String(64), nullable=True, comment="of the plugin"),
    )
