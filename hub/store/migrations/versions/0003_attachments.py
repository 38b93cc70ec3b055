"""attachments"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "statement_attachment",
        sa.Column(
            "position", sa.BigInteger(), autoincrement=False, nullable=False, comment="of the statement"
        ),
        sa.Column(
            "sha2", sa.String(length=128), nullable=False, comment="as the statement says, in lower case"
        ),
        sa.Column(
            "connection_id", Id(), nullable=False, comment="whose statement it is; names the blob with sha2"
        ),
        sa.PrimaryKeyConstraint("position", "sha2", name=op.f("pk_statement_attachment")),
        comment="Which statements came with the bytes of which attachments.",
    )
    op.create_index(
        "ix_statement_attachment_connection_id_sha2", "statement_attachment", ["connection_id", "sha2"]
    )
    op.create_table(
        "activity_definition",
        sa.Column(
            "connection_id", Id(), nullable=False, comment="each system describes activities for itself"
        ),
        sa.Column("activity_id", sa.Text(), nullable=False),
        sa.Column("definition", sa.LargeBinary(), nullable=False, comment="JSON, merged from its statements"),
        sa.PrimaryKeyConstraint("connection_id", "activity_id", name=op.f("pk_activity_definition")),
        comment="What is known of activities; derived from statements.",
    )
