"""Mails: what was written to whom, until it is sent."""

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
