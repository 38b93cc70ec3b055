"""Identity providers, sign-ins under way, and web sessions."""

import sqlalchemy as sa

from hub.store.types import Id, Json, Time, metadata, reference

oidc_provider = sa.Table(
    "oidc_provider",
    metadata,
    sa.Column("connection_id", Id(), sa.ForeignKey("connection.id"), primary_key=True),
    sa.Column("issuer", sa.Text, nullable=False),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("client_secret", sa.Text, nullable=False, comment="sealed"),
    sa.Column("metadata", Json, comment="the provider's discovery document as last fetched"),
    sa.Column("metadata_at", Time()),
    sa.Column("jwks", Json, comment="the provider's keys as last fetched; served stale when it is down"),
    sa.Column("jwks_at", Time()),
)

sign_in_flow = sa.Table(
    "sign_in_flow",
    metadata,
    sa.Column("state_hash", sa.String(64), primary_key=True),
    sa.Column(
        "browser_hash", sa.String(64), nullable=False, comment="of the cookie of the browser that began it"
    ),
    reference("connection_id", "connection"),
    sa.Column("purpose", sa.String(16), nullable=False, comment="sign_in, link, step_up or try"),
    reference("person_id", "person", nullable=True),
    sa.Column(
        "nonce", sa.String(64), nullable=False, comment="of OpenID Connect, or the id of a SAML request"
    ),
    sa.Column("code_verifier", sa.Text, nullable=False, comment="sealed"),
    sa.Column("return_to", sa.Text, nullable=False),
    sa.Column("expires_at", Time(), nullable=False, index=True),
)

web_session = sa.Table(
    "web_session",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("id", Id(), nullable=False, unique=True, comment="by which it is named in pages and audit"),
    reference("person_id", "person", index=True),
    reference("connection_id", "connection"),
    sa.Column("form", sa.String(16), nullable=False, comment="of the subject, as in identity_link"),
    sa.Column("subject", sa.Text, nullable=False, comment="who signed in, as the connection says it"),
    sa.Column(
        "provider_session", sa.Text, nullable=False, comment="sid or SessionIndex; empty where none was told"
    ),
    sa.Column("acr", sa.Text, nullable=False, comment="how the person was authenticated; empty for unknown"),
    sa.Column("authenticated_at", Time(), nullable=False, comment="when, as the connection says it"),
    sa.Column(
        "id_token", sa.Text, nullable=False, comment="sealed: the hint for ending the provider's session"
    ),
    reference("looks_as_id", "person", nullable=True),
    sa.Column("device", sa.String(100), nullable=False, comment="browser and system in words"),
    sa.Column("started_at", Time(), nullable=False),
    sa.Column("seen_at", Time(), nullable=False, comment="within a minute"),
    sa.Column("expires_at", Time(), nullable=False, index=True, comment="however busy it is"),
    sa.Index("ix_web_session_subject", "connection_id", "form", "subject"),
    sa.Index("ix_web_session_provider_session", "connection_id", "provider_session"),
    comment="Bound to the sign-in that made it, so that the other side can end it.",
)

used_message = sa.Table(
    "used_message",
    metadata,
    reference("connection_id", "connection"),
    sa.Column("message_id", sa.String(64), nullable=False, comment="hash of a jti or of an assertion's ID"),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    sa.PrimaryKeyConstraint("connection_id", "message_id"),
    comment="What other systems signed and what was used once, while it would still be valid.",
)
