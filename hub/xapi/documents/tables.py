"""Documents of the record store."""

import sqlalchemy as sa

from hub.store.types import Id, Time, metadata, reference

xapi_document = sa.Table(
    "xapi_document",
    metadata,
    sa.Column("key_hash", sa.String(64), primary_key=True, comment="SHA-256 of all that names the document"),
    sa.Column(
        "context_hash",
        sa.String(64),
        nullable=False,
        comment="SHA-256 of connection, kind, agent and activity: what is listed together",
    ),
    reference("connection_id", "connection", index=True),
    sa.Column("kind", sa.String(16), nullable=False, comment="state, agent_profile or activity_profile"),
    sa.Column("agent_form", sa.String(16), comment="account, mbox, mbox_sha1sum or openid"),
    sa.Column("agent_subject", sa.Text),
    sa.Column("activity_id", sa.Text),
    sa.Column("registration", Id()),
    sa.Column("name", sa.Text, nullable=False, comment="stateId or profileId"),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("etag", sa.String(40), nullable=False, comment="SHA-1 of the content"),
    sa.Column("updated_at", Time(), nullable=False),
    sa.Index("ix_xapi_document_context_hash_updated_at", "context_hash", "updated_at"),
    sa.Index("ix_xapi_document_agent_subject_agent_form", "agent_subject", "agent_form"),
)
