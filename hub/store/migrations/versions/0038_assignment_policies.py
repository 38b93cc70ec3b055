"""due policies and binding rules"""

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
