"""What the network files gave is told from what was made beside them."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("roster_key") as table:
        table.add_column(
            sa.Column(
                "parts",
                sa.Text,
                comment="names of the parts it had in the files; see hub.network.importing.parts",
            )
        )
