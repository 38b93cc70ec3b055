"""Domains that connections claim, contacts of connections, and what they were told about what expires."""

import sqlalchemy as sa

from hub.store.types import Id, Time, id_column, metadata, reference

domain_claim = sa.Table(
    "domain_claim",
    metadata,
    sa.Column("domain", sa.String(255), nullable=False),
    reference("connection_id", "connection", index=True),
    sa.Column("token", sa.String(64), nullable=False, comment="to be published in the DNS; it is no secret"),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column("checked_at", Time()),
    sa.Column(
        "problem",
        sa.String(32),
        nullable=False,
        comment="the code of what the last check found; empty for nothing",
    ),
    sa.Column("proved_at", Time()),
    sa.Column("lost_at", Time(), comment="since when the proof is no longer in the DNS"),
    sa.Column("vouched_at", Time()),
    sa.Column("vouched_by", Id(), comment="null at the command line"),
    sa.Column("check_at", Time(), nullable=False, index=True, comment="when it is looked up by itself"),
    sa.PrimaryKeyConstraint("domain", "connection_id"),
    comment="Domains that a connection says are its own. Only a proved one leads people to it.",
)

connection_contact = sa.Table(
    "connection_contact",
    metadata,
    id_column(),
    reference("connection_id", "connection"),
    sa.Column("email", sa.String(320), nullable=False, index=True, comment="in lower case"),
    sa.Column("added_at", Time(), nullable=False),
    sa.Index("uq_connection_contact_connection_id_email", "connection_id", "email", unique=True),
    comment="Who is told what expires. Personal data; erasure deletes the rows with that address.",
)

watched_expiry = sa.Table(
    "watched_expiry",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True, comment="hash of connection, kind and subject"),
    sa.Column(
        "connection_id", Id(), sa.ForeignKey("connection.id"), index=True, comment="null for the hub's own"
    ),
    sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("subject", sa.String(64), nullable=False, comment="which of its kind: an id or a fingerprint"),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    sa.Column("told_days", sa.Integer, comment="owners were told so many days before: 30, 14, 7, 1 or 0"),
    comment="What expires by itself one day, as it was last looked at; found again each day.",
)
