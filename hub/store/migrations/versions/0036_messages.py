"""what people want to be told, and what they were"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message_preference",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column(
            "language",
            sa.String(8),
            nullable=True,
            comment="chosen by the person; null: what their employer says",
        ),
        sa.Column(
            "digests", sa.Boolean(), nullable=False, comment="whether they want mails about their training"
        ),
        sa.Column(
            "unwanted", Json, nullable=False, comment="kinds of news that are left out: see notify.news"
        ),
        sa.Column("quiet_from", sa.Integer(), nullable=False, comment="hour of the day where they work"),
        sa.Column("quiet_to", sa.Integer(), nullable=False, comment="equal to quiet_from: never quiet"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_message_preference_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_message_preference")),
        comment="What people chose about messages and language. No row: the hub's defaults.",
    )
    op.create_table(
        "notice_look",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("look_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_look_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_notice_look")),
        comment="When there may next be something to tell somebody, so that nobody's goals are polled.",
    )
    op.create_index(op.f("ix_notice_look_look_at"), "notice_look", ["look_at"])
    op.create_table(
        "notice_news",
        sa.Column("goal_id", Id(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False, comment="new or credited"),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("since", Time(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_news_person_id")),
        sa.PrimaryKeyConstraint("goal_id", "kind", name=op.f("pk_notice_news")),
        comment="What was announced of a goal and not told yet.",
    )
    op.create_index(op.f("ix_notice_news_person_id"), "notice_news", ["person_id"])
    op.create_table(
        "notice",
        sa.Column("goal_id", Id(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False, comment="new, soon, overdue or credited"),
        sa.Column("about", Time(), nullable=False, comment="the due date, or when it was announced"),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("mail_id", Id(), nullable=False),
        sa.Column("told_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_person_id")),
        sa.PrimaryKeyConstraint("goal_id", "kind", "about", name=op.f("pk_notice")),
        comment="What was told, so that nothing is told twice.",
    )
    op.create_index(op.f("ix_notice_person_id"), "notice", ["person_id"])
    op.create_index(op.f("ix_notice_mail_id"), "notice", ["mail_id"])
    # Whoever has goals already is looked at once: due dates are told, what is there is no news.
    begin = "'1970-01-01T00:00:00.000000+00:00'"
    if op.get_bind().dialect.name == "postgresql":
        begin += "::timestamptz"
    op.execute(
        f"INSERT INTO notice_look (person_id, look_at) SELECT person_id, {begin} FROM goal GROUP BY person_id"  # noqa: S608
    )
