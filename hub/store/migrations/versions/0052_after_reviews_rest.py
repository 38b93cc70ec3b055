"""Webhooks know the token that made them, with which they end; what one was told is found."""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id

revision = "0052"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("webhook", reflect_kwargs={"resolve_fks": False}) as table:
        table.add_column(sa.Column("token_id", Id(), nullable=True))
        table.create_foreign_key(op.f("fk_webhook_token_id"), "api_token", ["token_id"], ["id"])
        table.create_index(op.f("ix_webhook_token_id"), ["token_id"])
        table.alter_column(
            "created_by",
            existing_type=Id(),
            existing_comment="null for a token",
            comment="null for a token, which is token_id: it ends with that",
        )
    op.create_index("ix_outbox_receiver_id", "outbox", ["receiver", "id"])
