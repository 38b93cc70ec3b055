"""outbox lanes"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Time

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _lanes()
    op.create_table(
        "outbox_pause",
        sa.Column("receiver", sa.String(length=200), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False, comment="in a row"),
        sa.Column("retry_at", Time(), nullable=False, comment="when one delivery may try it again"),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("receiver", name=op.f("pk_outbox_pause")),
        comment="Receivers of lanes that did not do their part: they are left alone for a while.",
    )
    op.create_table(
        "lti_service_token",
        sa.Column(
            "key",
            sa.String(length=64),
            nullable=False,
            comment="hash of issuer, client id, token address, audience and scopes",
        ),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("sealed_token", sa.Text(), nullable=False),
        sa.Column("expires_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_lti_service_token_connection_id")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_lti_service_token")),
        comment="Access tokens for the services of platforms.",
    )
    op.create_index(
        op.f("ix_lti_service_token_expires_at"), "lti_service_token", ["expires_at"], unique=False
    )
    op.create_table(
        "lti_made_line_item",
        sa.Column("placement_id", Id(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("maximum", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["placement_id"], ["lti_placement.id"], name=op.f("fk_lti_made_line_item_placement_id")
        ),
        sa.PrimaryKeyConstraint("placement_id", name=op.f("pk_lti_made_line_item")),
        comment="Columns that the hub made in gradebooks, where launches name none: not every platform finds them again.",
    )


def _lanes() -> None:
    op.add_column(
        "outbox",
        sa.Column(
            "lane",
            sa.String(length=300),
            nullable=True,
            comment="of its effects only the newest counts; null: all do",
        ),
    )
    op.add_column(
        "outbox", sa.Column("sequence", sa.String(length=80), nullable=True, comment="the order in its lane")
    )
    op.add_column(
        "outbox",
        sa.Column(
            "give_up_at", Time(), nullable=True, comment="in a lane: when passing failures end in parked"
        ),
    )
    op.add_column(
        "outbox",
        sa.Column("leased_until", Time(), nullable=True, comment="in a lane: somebody is sending it"),
    )
    op.add_column(
        "outbox",
        sa.Column(
            "code",
            sa.String(length=64),
            nullable=False,
            server_default="",
            comment="why the last attempt failed, for programs",
        ),
    )
    op.add_column(
        "outbox",
        sa.Column(
            "status",
            sa.Integer(),
            nullable=True,
            comment="HTTP status of the last attempt, where it got an answer",
        ),
    )
    op.create_index(op.f("ix_outbox_lane"), "outbox", ["lane"], unique=False)
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no comments
        op.alter_column(
            "outbox",
            "state",
            existing_type=sa.String(length=16),
            existing_nullable=False,
            existing_comment="waiting, delivered or parked",
            comment="waiting, delivered, parked, superseded by a newer one of its lane, or dismissed",
        )
