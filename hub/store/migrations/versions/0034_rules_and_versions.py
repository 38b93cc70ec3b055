"""rules and versions: a rule is a draft, a shadow or live; those there are were live"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("rule") as table:
        table.add_column(
            sa.Column(
                "status",
                sa.String(8),
                nullable=False,
                server_default="live",
                comment="draft, shadow or live",
            )
        )
