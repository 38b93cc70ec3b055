"""Registrations that are under way or decided."""

import sqlalchemy as sa

from hub.store.types import Id, Json, Time, id_column, metadata, reference

lti_registration_draft = sa.Table(
    "lti_registration_draft",
    metadata,
    id_column(),
    sa.Column(
        "direction", sa.String(8), nullable=False, comment="what the other system is: tool or platform"
    ),
    sa.Column("code_hash", sa.String(64), nullable=False, unique=True),
    reference("partner_id", "partner", nullable=True),
    reference("setup_link_id", "setup_link", nullable=True, index=True),
    reference("connection_id", "connection", nullable=True),
    sa.Column("slug", sa.String(64), nullable=False, comment="of the connection that comes of it"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column(
        "allow_no_token",
        sa.Boolean,
        nullable=False,
        comment="whether a platform that brings no registration token may be registered with",
    ),
    sa.Column("registration_url", sa.Text, nullable=False, comment="the tool's; empty for a platform"),
    sa.Column("state", sa.String(8), nullable=False, comment="open, received, approved or refused"),
    sa.Column("received", Json, comment="what the other system told, and what is doubtful about it"),
    sa.Column("created_by", Id(), comment="null at the command line and through a setup link"),
    sa.Column("expires_at", Time(), nullable=False),
    sa.Column("used_at", Time()),
    sa.Index("ix_lti_registration_draft_state", "state", "expires_at"),
)
