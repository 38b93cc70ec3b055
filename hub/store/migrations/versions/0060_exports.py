"""Lists of certified people that plugins keep in other systems."""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Time

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export_state",
        sa.Column("plugin", sa.String(64), nullable=False),
        sa.Column("export", sa.String(64), nullable=False),
        sa.Column("compared_at", Time(), nullable=False, comment="when everybody was last to be looked at"),
        sa.Column(
            "compare_after", Id(), comment="who comes after this id is yet to be looked at; null: nobody"
        ),
        sa.Column("lease", Id(), comment="who is sending it; null: nobody"),
        sa.Column("leased_until", Time(), nullable=False, comment="then another may send it"),
        sa.Column("failures", sa.Integer, nullable=False, comment="in a row"),
        sa.Column("retry_at", Time(), nullable=False),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("plugin", "export", name=op.f("pk_export_state")),
        comment="Lists of certified people that plugins keep in other systems.",
    )
    op.create_table(
        "export_queue",
        sa.Column("plugin", sa.String(64), nullable=False),
        sa.Column("export", sa.String(64), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("since", Time(), nullable=False),
        sa.PrimaryKeyConstraint("plugin", "export", "person_id", name=op.f("pk_export_queue")),
        comment="People whose rows in such a list may have changed.",
    )
    op.create_index("ix_export_queue_since", "export_queue", ["plugin", "export", "since", "person_id"])
    op.create_table(
        "export_row",
        sa.Column("plugin", sa.String(64), nullable=False),
        sa.Column("export", sa.String(64), nullable=False),
        sa.Column("id", sa.String(80), nullable=False, comment="appointment and target"),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False, comment="empty where it was refused"),
        sa.Column("refused", sa.Text, nullable=False, server_default="", comment="why"),
        sa.Column("sent_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("plugin", "export", "id", name=op.f("pk_export_row")),
        comment="Rows that such a list has, as they were last sent.",
    )
    op.create_index("ix_export_row_person", "export_row", ["plugin", "export", "person_id"])


def downgrade() -> None:
    for table in ("export_row", "export_queue", "export_state"):
        op.drop_table(table)
