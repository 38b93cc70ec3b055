"""due policies, binding rules, and plugins that waive"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Json

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("rule") as table:
        table.add_column(
            sa.Column(
                "due",
                Json,
                nullable=False,
                server_default="{}",
                comment="when it is due by the calendar; see training.due_policy",
            )
        )
        table.add_column(
            sa.Column(
                "binding",
                sa.Boolean,
                nullable=False,
                server_default=sa.false(),
                comment="while it asks for a goal, nobody waives that",
            )
        )
    with op.batch_alter_table("opinion", reflect_kwargs={"resolve_fks": False}) as table:
        table.add_column(
            sa.Column(
                "verdict", sa.String(8), nullable=False, server_default="assign", comment="assign or waive"
            )
        )
    with op.batch_alter_table("waived_source", reflect_kwargs={"resolve_fks": False}) as table:
        table.add_column(
            sa.Column(
                "waiver_reason", sa.Text, nullable=False, server_default="", comment="the plugin's own words"
            )
        )
        table.alter_column(
            "waiver_kind",
            existing_type=sa.String(16),
            existing_nullable=False,
            comment="who waives it: decision or plugin",
            existing_comment="who waives it: decision",
        )
        table.alter_column(
            "waiver_key",
            existing_type=sa.String(100),
            existing_nullable=False,
            comment="id of the decision, name of the plugin",
            existing_comment="id of the decision",
        )
