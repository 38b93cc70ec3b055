"""numbers of people told to whoever may not see them one by one"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Time

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "told_number",
        sa.Column("asker", sa.String(80), nullable=False, comment="whose eyes, such as partner:ID"),
        sa.Column(
            "question",
            sa.String(64),
            nullable=False,
            comment="SHA-256 of what was asked; empty: the asker's first",
        ),
        sa.Column("people", sa.Integer, comment="what was told; null: nothing"),
        sa.Column(
            "at", Time(), nullable=False, comment="the instant that all numbers told to this asker are of"
        ),
        sa.Column("expires_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("asker", "question", name="pk_told_number"),
        comment="Numbers of people told to whoever may not see them one by one. See access.floor.",
    )
    op.create_index("ix_told_number_expires_at", "told_number", ["expires_at"])
    op.create_table(
        "told_piece",
        sa.Column("asker", sa.String(80), nullable=False),
        sa.Column(
            "person_id",
            Id(),
            sa.ForeignKey("person.id", name="fk_told_piece_person_id_person"),
            nullable=False,
        ),
        sa.Column("piece", sa.Integer, nullable=False, comment="people who were in and out of the same sets"),
        sa.Column("expires_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("asker", "person_id", name="pk_told_piece"),
        comment="Into which pieces the sets that were told to an asker cut the people.",
    )
    op.create_index("ix_told_piece_expires_at", "told_piece", ["expires_at"])
