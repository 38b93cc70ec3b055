"""sizes of audiences told to whoever may not see each of the people, instead of free questions"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Time

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("told_piece")
    op.drop_table("told_number")
    op.create_table(
        "told_size",
        sa.Column("audience", sa.String(100), nullable=False),
        sa.Column("number", sa.Integer, nullable=False, comment="which two bits stand for it"),
        sa.Column("people", sa.Integer, comment="what is told; null: nothing"),
        sa.Column(
            "reached", sa.Integer, comment="of whom all that is asked is reached; null: nothing is told"
        ),
        sa.Column("at", Time(), nullable=False, comment="the instant of the numbers"),
        sa.PrimaryKeyConstraint("audience", name="pk_told_size"),
        sa.UniqueConstraint("number", name="uq_told_size_number"),
        comment="Sizes of audiences as others are told. Kept for good, so that a number is never given to another audience.",
    )
    op.create_table(
        "told_cohort",
        sa.Column("id", Id(), nullable=False),
        sa.Column(
            "sets", sa.Text, nullable=False, comment="a decimal number: the bits of the sets they are told in"
        ),
        sa.Column("floor", sa.Integer, nullable=False, comment="no part of it may be smaller"),
        sa.PrimaryKeyConstraint("id", name="pk_told_cohort"),
        comment="People who were always told of together. See access.floor.",
    )
    op.create_table(
        "told_person",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column(
            "cohort_id",
            Id(),
            sa.ForeignKey("told_cohort.id", name="fk_told_person_cohort_id_told_cohort"),
            comment="null: in no number yet",
        ),
        sa.Column(
            "sets",
            sa.Text,
            nullable=False,
            comment="those they really were in, when numbers were last worked out",
        ),
        sa.PrimaryKeyConstraint("person_id", name="pk_told_person"),
        comment="Who is told of together with whom.",
    )
    op.create_index("ix_told_person_cohort_id", "told_person", ["cohort_id"])
