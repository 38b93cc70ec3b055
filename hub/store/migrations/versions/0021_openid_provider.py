"""the hub as OpenID provider; signing keys by purpose"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _signing_keys()
    _clients()
    _grants()
    _codes_and_tokens()


def _signing_keys() -> None:
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False, comment="lti or oidc: never mixed"),
        sa.Column(
            "private_key", sa.Text(), nullable=False, comment="PEM, sealed; empty once it signs no more"
        ),
        sa.Column("public_jwk", Json, nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column(
            "retired_at",
            Time(),
            nullable=True,
            comment="when it leaves the published keys; it signs nothing once this is set",
        ),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_key")),
    )
    op.create_index(op.f("ix_signing_key_purpose"), "signing_key", ["purpose"], unique=False)
    op.execute(
        "INSERT INTO signing_key (kid, purpose, private_key, public_jwk, created_at, retired_at)"
        " SELECT kid, 'lti', private_key, public_jwk, created_at, retired_at FROM platform_key"
    )
    op.drop_table("platform_key")


def _clients() -> None:
    op.create_table(
        "oidc_client",
        sa.Column("client_id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "auth_method",
            sa.String(length=24),
            nullable=False,
            comment="how it shows who it is at the token endpoint",
        ),
        sa.Column(
            "secret_hash", sa.String(length=64), nullable=False, comment="empty where it has no secret"
        ),
        sa.Column(
            "old_secret_hash",
            sa.String(length=64),
            nullable=False,
            comment="of the secret before, during an overlap",
        ),
        sa.Column("old_secret_until", Time(), nullable=True),
        sa.Column("public_jwks", Json, nullable=False, comment="its public keys, for private_key_jwt"),
        sa.Column("redirect_uris", Json, nullable=False),
        sa.Column("logout_redirect_uris", Json, nullable=False),
        sa.Column(
            "logout_url",
            sa.Text(),
            nullable=False,
            comment="where it is told of sessions that end; may be empty",
        ),
        sa.Column("scopes", Json, nullable=False, comment="what it may ask for besides openid"),
        sa.Column("subject_type", sa.String(length=8), nullable=False, comment="pairwise or public"),
        sa.Column("refreshes", sa.Boolean(), nullable=False, comment="whether it gets refresh tokens"),
        sa.Column(
            "partner_ids", Json, nullable=False, comment="whose people may sign in; empty for everybody's"
        ),
        sa.Column("audiences", Json, nullable=False, comment="keys of audiences it is for; empty for all"),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_oidc_client_connection_id")
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_oidc_client")),
    )
    op.create_index(op.f("ix_oidc_client_connection_id"), "oidc_client", ["connection_id"], unique=False)
    op.create_table(
        "oidc_request",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("query", sa.Text(), nullable=False, comment="the authentication request, as it came"),
        sa.Column("session_id", Id(), nullable=True, comment="the web session there was, which will not do"),
        sa.Column("made_at", Time(), nullable=False),
        sa.Column("expires_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_oidc_request")),
        comment="Requests whose people sign in first: too long to be carried through a sign-in.",
    )
    op.create_index(op.f("ix_oidc_request_expires_at"), "oidc_request", ["expires_at"], unique=False)


def _grants() -> None:
    op.create_table(
        "oidc_grant",
        sa.Column("id", Id(), nullable=False),
        sa.Column("client_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("session_id", Id(), nullable=False, comment="web_session.id, which ends before it"),
        sa.Column("sid", sa.String(length=64), nullable=False, comment="how this client knows the session"),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("acr", sa.Text(), nullable=False),
        sa.Column("authenticated_at", Time(), nullable=False),
        sa.Column("started_at", Time(), nullable=False),
        sa.Column("session_ends_at", Time(), nullable=False),
        sa.Column(
            "ended_at",
            Time(),
            nullable=True,
            comment="when the session was over; its tokens are refused from then on",
        ),
        sa.Column(
            "revoked_at",
            Time(),
            nullable=True,
            comment="when its tokens were revoked while the session went on",
        ),
        sa.Column("expires_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["oidc_client.client_id"], name=op.f("fk_oidc_grant_client_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_oidc_grant_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_grant")),
        comment="One sign-in of a person at a client: what a code stands for, and the family of its tokens.",
    )
    for column in ("person_id", "session_id", "expires_at"):
        op.create_index(op.f(f"ix_oidc_grant_{column}"), "oidc_grant", [column], unique=False)
    op.create_index("ix_oidc_grant_latest", "oidc_grant", ["client_id", "started_at"], unique=False)
    op.create_index("ix_oidc_grant_open", "oidc_grant", ["ended_at", "session_ends_at"], unique=False)


def _codes_and_tokens() -> None:
    op.create_table(
        "oidc_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("grant_id", Id(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("code_challenge", sa.String(length=43), nullable=False, comment="S256, always"),
        sa.Column("good_until", Time(), nullable=False),
        sa.Column("used_at", Time(), nullable=True, comment="a second use revokes the grant"),
        sa.Column("expires_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["oidc_grant.id"], name=op.f("fk_oidc_code_grant_id")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_oidc_code")),
    )
    op.create_table(
        "oidc_token",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False, comment="access or refresh"),
        sa.Column("grant_id", Id(), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column(
            "used_at", Time(), nullable=True, comment="of a refresh token: a second use revokes the grant"
        ),
        sa.Column("expires_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["oidc_grant.id"], name=op.f("fk_oidc_token_grant_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_oidc_token")),
    )
    for table in ("oidc_code", "oidc_token"):
        for column in ("grant_id", "expires_at"):
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
