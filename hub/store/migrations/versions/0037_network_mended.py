"""brands, positions and dimensions that are closed"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Time

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("brand", "position", "dimension"):
        op.add_column(
            table, sa.Column("closed_at", Time(), nullable=True, comment="nothing new is said with it since")
        )
