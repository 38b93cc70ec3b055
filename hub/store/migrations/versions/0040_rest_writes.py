"""Programs that write, and are told."""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rest_answer",
        sa.Column("token_id", Id(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False, comment="Idempotency-Key of the request"),
        sa.Column("request_hash", sa.String(64), nullable=False, comment="SHA-256 of what was asked"),
        sa.Column("answer", sa.Text, nullable=False, comment="JSON: ids and outcomes, nothing personal"),
        sa.Column("expires_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["api_token.id"], name=op.f("fk_rest_answer_token_id")),
        sa.PrimaryKeyConstraint("token_id", "key", name=op.f("pk_rest_answer")),
        comment="What writing requests with a key were answered, so that the same again does nothing and is answered the same.",
    )
    op.create_index(op.f("ix_rest_answer_expires_at"), "rest_answer", ["expires_at"])
    op.create_table(
        "webhook",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False, comment="operator or partner: how far it is told"),
        sa.Column("partner_id", Id(), nullable=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("sealed_secret", sa.Text, nullable=False, comment="signs what is sent"),
        sa.Column("events", Json, nullable=False, comment="credit_granted, ..."),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("created_by", Id(), nullable=True, comment="null for a token"),
        sa.Column("ended_at", Time(), nullable=True),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_webhook_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        comment="Addresses of programs that are told of news, as far as their owners see.",
    )
    op.create_index(op.f("ix_webhook_partner_id"), "webhook", ["partner_id"])
