"""attributes, typed and dated"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attribute_kind",
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "subject", sa.String(16), nullable=False, comment="person, appointment, location or partner"
        ),
        sa.Column("type", sa.String(16), nullable=False, comment="text, number, boolean, date or choice"),
        sa.Column("choices", Json, nullable=False),
        sa.Column("mandatory_for", Json, nullable=False, comment="keys of audiences"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attribute_kind")),
    )
    op.create_table(
        "attribute",
        sa.Column("subject_id", Id(), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time(), nullable=True),
        sa.ForeignKeyConstraint(["key"], ["attribute_kind.key"], name=op.f("fk_attribute_key")),
        sa.PrimaryKeyConstraint("subject_id", "key", "valid_from", name=op.f("pk_attribute")),
        comment="Values of people, appointments, locations and partners: whose, the kind says.",
    )
    op.create_index("ix_attribute_key_subject_id", "attribute", ["key", "subject_id"])
