"""Plugins that run elsewhere, what they were asked, and the webhooks that ask them."""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Time

revision = "0063"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "remote_plugin",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("token_id", Id(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("ended_at", Time(), nullable=True),
        sa.ForeignKeyConstraint(["token_id"], ["api_token.id"], name=op.f("fk_remote_plugin_token_id")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_remote_plugin")),
        comment="Plugins that run elsewhere: asked by webhook, and answering with this token.",
    )
    op.create_index(op.f("ix_remote_plugin_token_id"), "remote_plugin", ["token_id"])
    op.create_table(
        "remote_question",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("plugin", sa.String(length=64), nullable=False, comment="as switches call it"),
        sa.Column(
            "question_hash",
            sa.String(length=64),
            nullable=False,
            comment="of all it was told about the person",
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_remote_question_person_id")),
        sa.PrimaryKeyConstraint("person_id", "plugin", name=op.f("pk_remote_question")),
        comment="What a remote plugin was last asked about a person; ``asked`` has what it last answered.",
    )
    with op.batch_alter_table("webhook", reflect_kwargs={"resolve_fks": False}) as table:
        table.add_column(
            sa.Column(
                "asks",
                sa.String(length=40),
                nullable=True,
                comment="a remote plugin, whose questions alone it is sent",
            )
        )
        table.create_index(op.f("ix_webhook_asks"), ["asks"])
