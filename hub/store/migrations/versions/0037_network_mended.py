"""brands, positions and dimensions that are closed; rows of files that wait"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("brand", "position", "dimension"):
        op.add_column(
            table, sa.Column("closed_at", Time(), nullable=True, comment="nothing new is said with it since")
        )
    op.create_table(
        "waiting_row",
        sa.Column("id", Id(), nullable=False),
        sa.Column("file", sa.String(40), nullable=False),
        sa.Column("person", sa.String(200), nullable=False, comment="what the file calls whom it is about"),
        sa.Column("partner_id", Id(), nullable=True),
        sa.Column("cells", Json, nullable=False, comment="of the row, by column; ids only, no names"),
        sa.Column("since", Time(), nullable=False),
        sa.Column("expires_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_waiting_row_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_row")),
        comment="Rows that wait until somebody is known; partner_id is that of the location they name.",
    )
    for column in ("file", "partner_id", "expires_at"):
        op.create_index(op.f(f"ix_waiting_row_{column}"), "waiting_row", [column])
