"""Mails: what was written to whom, until it is sent; what there is to tell people, and what they were told."""

import sqlalchemy as sa

from hub.store.types import Id, Time, id_column, metadata, reference

mail = sa.Table(
    "mail",
    metadata,
    id_column(),
    sa.Column("key", sa.String(200), nullable=False, unique=True, comment="the same mail is written once"),
    sa.Column("template", sa.String(64), nullable=False),
    reference("person_id", "person", nullable=True, index=True),
    sa.Column(
        "sealed_letter", sa.Text, comment="sealed: address, subject and text; null when it was sent or let be"
    ),
    sa.Column("is_queued", sa.Boolean, nullable=False, comment="whether the outbox has it"),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column("sent_at", Time()),
    sa.Column("dropped_at", Time(), comment="an operator decided that it is not to be sent"),
    sa.Column("read_by", Id(), comment="the operator who read it last, before it was sent"),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    sa.Index("ix_mail_is_queued", "is_queued", "id"),
    comment="What stands in a mail is personal or secret: it stays sealed, and goes when the mail is sent.",
)

notice_look = sa.Table(
    "notice_look",
    metadata,
    sa.Column("person_id", Id(), sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("look_at", Time(), nullable=False, index=True),
    comment="When there may next be something to tell somebody, so that nobody's goals are polled.",
)

notice_news = sa.Table(
    "notice_news",
    metadata,
    sa.Column("goal_id", Id(), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False, comment="new or credited"),
    reference("person_id", "person", index=True),
    sa.Column("since", Time(), nullable=False),
    sa.PrimaryKeyConstraint("goal_id", "kind"),
    comment="What was announced of a goal and not told yet.",
)

notice = sa.Table(
    "notice",
    metadata,
    sa.Column("goal_id", Id(), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False, comment="new, soon, overdue or credited"),
    sa.Column("about", Time(), nullable=False, comment="the due date, or when it was announced"),
    reference("person_id", "person", index=True),
    sa.Column("mail_id", Id(), nullable=False, index=True),
    sa.Column("told_at", Time(), nullable=False),
    sa.PrimaryKeyConstraint("goal_id", "kind", "about"),
    comment="What was told, so that nothing is told twice.",
)
