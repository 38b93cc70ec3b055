"""Clients of the hub as OpenID provider, and what they were given."""

import sqlalchemy as sa

from hub.store.types import Id, Json, Time, id_column, metadata, reference

oidc_client = sa.Table(
    "oidc_client",
    metadata,
    sa.Column("client_id", Id(), primary_key=True),
    reference("connection_id", "connection", index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column(
        "auth_method", sa.String(24), nullable=False, comment="how it shows who it is at the token endpoint"
    ),
    sa.Column("secret_hash", sa.String(64), nullable=False, comment="empty where it has no secret"),
    sa.Column(
        "old_secret_hash", sa.String(64), nullable=False, comment="of the secret before, during an overlap"
    ),
    sa.Column("old_secret_until", Time()),
    sa.Column("public_jwks", Json, nullable=False, comment="its public keys, for private_key_jwt"),
    sa.Column(
        "jwks_uri",
        sa.Text,
        nullable=False,
        server_default="",
        comment="where its keys are, if it publishes them",
    ),
    sa.Column("jwks", Json, comment="its keys as last fetched; served stale when it is down"),
    sa.Column("jwks_at", Time()),
    sa.Column("redirect_uris", Json, nullable=False),
    sa.Column("logout_redirect_uris", Json, nullable=False),
    sa.Column(
        "logout_url", sa.Text, nullable=False, comment="where it is told of sessions that end; may be empty"
    ),
    sa.Column("scopes", Json, nullable=False, comment="what it may ask for besides openid"),
    sa.Column("subject_type", sa.String(8), nullable=False, comment="pairwise or public"),
    sa.Column("refreshes", sa.Boolean, nullable=False, comment="whether it gets refresh tokens"),
    sa.Column("partner_ids", Json, nullable=False, comment="whose people may sign in; empty for everybody's"),
    sa.Column("audiences", Json, nullable=False, comment="keys of audiences it is for; empty for all"),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("created_at", Time(), nullable=False),
)

oidc_request = sa.Table(
    "oidc_request",
    metadata,
    sa.Column("code_hash", sa.String(64), primary_key=True),
    sa.Column("query", sa.Text, nullable=False, comment="the authentication request, as it came"),
    sa.Column("session_id", Id(), comment="the web session there was, which will not do"),
    sa.Column("made_at", Time(), nullable=False),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    comment="Requests whose people sign in first: too long to be carried through a sign-in.",
)

oidc_grant = sa.Table(
    "oidc_grant",
    metadata,
    id_column(),
    sa.Column("client_id", Id(), sa.ForeignKey("oidc_client.client_id"), nullable=False),
    reference("person_id", "person", index=True),
    sa.Column("session_id", Id(), nullable=False, index=True, comment="web_session.id, which ends before it"),
    sa.Column("sid", sa.String(64), nullable=False, comment="how this client knows the session"),
    sa.Column("scopes", Json, nullable=False),
    sa.Column("acr", sa.Text, nullable=False),
    sa.Column("authenticated_at", Time(), nullable=False),
    sa.Column(
        "time_is_told",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="whether the client is told when that was",
    ),
    sa.Column("started_at", Time(), nullable=False),
    sa.Column("session_ends_at", Time(), nullable=False),
    sa.Column("ended_at", Time(), comment="when the session was over; its tokens are refused from then on"),
    sa.Column("revoked_at", Time(), comment="when its tokens were revoked while the session went on"),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    sa.Index("ix_oidc_grant_open", "ended_at", "session_ends_at"),
    sa.Index("ix_oidc_grant_latest", "client_id", "started_at"),
    comment="One sign-in of a person at a client: what a code stands for, and the family of its tokens.",
)

oidc_code = sa.Table(
    "oidc_code",
    metadata,
    sa.Column("code_hash", sa.String(64), primary_key=True),
    reference("grant_id", "oidc_grant", index=True),
    sa.Column("redirect_uri", sa.Text, nullable=False),
    sa.Column("nonce", sa.Text, nullable=False),
    sa.Column("code_challenge", sa.String(43), nullable=False, comment="S256, always"),
    sa.Column("good_until", Time(), nullable=False),
    sa.Column("used_at", Time(), comment="a second use revokes the grant"),
    sa.Column("expires_at", Time(), nullable=False, index=True),
)

oidc_token = sa.Table(
    "oidc_token",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False, comment="access or refresh"),
    reference("grant_id", "oidc_grant", index=True),
    sa.Column("scopes", Json, nullable=False),
    sa.Column("used_at", Time(), comment="of a refresh token: a second use revokes the grant"),
    sa.Column("expires_at", Time(), nullable=False, index=True),
)
