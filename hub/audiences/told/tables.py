"""What was told of the sizes of audiences, and of whom."""

import sqlalchemy as sa

from hub.store.types import Id, Time, id_column, metadata

told_size = sa.Table(
    "told_size",
    metadata,
    sa.Column("audience", sa.String(100), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False, unique=True, comment="which two bits stand for it"),
    sa.Column("people", sa.Integer, comment="what is told; null: nothing"),
    sa.Column("reached", sa.Integer, comment="of whom all that is asked is reached; null: nothing is told"),
    sa.Column("at", Time(), nullable=False, comment="the instant of the numbers"),
    comment="Sizes of audiences as others are told. Kept for good, so that a number is never given to another audience.",
)

told_cohort = sa.Table(
    "told_cohort",
    metadata,
    id_column(),
    sa.Column(
        "sets", sa.Text, nullable=False, comment="a decimal number: the bits of the sets they are told in"
    ),
    sa.Column("floor", sa.Integer, nullable=False, comment="no part of it may be smaller"),
    comment="People who were always told of together. See access.floor.",
)

told_person = sa.Table(
    "told_person",
    metadata,
    # No foreign key: it would lock, and so write, the row of everybody.
    sa.Column("person_id", Id(), primary_key=True),
    sa.Column(
        "cohort_id", Id(), sa.ForeignKey("told_cohort.id"), index=True, comment="null: in no number yet"
    ),
    sa.Column(
        "sets",
        sa.Text,
        nullable=False,
        comment="those they really were in, when numbers were last worked out",
    ),
    comment="Who is told of together with whom.",
)
