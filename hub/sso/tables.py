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
    sa.Column("nonce", sa.String(64), nullable=False),
    sa.Column("code_verifier", sa.Text, nullable=False, comment="sealed"),
    sa.Column("return_to", sa.Text, nullable=False),
    sa.Column("expires_at", Time(), nullable=False, index=True),
)

web_session = sa.Table(
    "web_session",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    reference("person_id", "person", index=True),
    reference("connection_id", "connection"),
    sa.Column("started_at", Time(), nullable=False),
    sa.Column("expires_at", Time(), nullable=False, index=True),
)
