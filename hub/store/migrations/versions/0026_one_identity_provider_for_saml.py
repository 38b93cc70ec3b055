"""the hub as SAML identity provider; keys for SAML by role"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _key_roles()
    _clients()
    _requests()
    _sign_ins()
    _openid_client_keys()
    _told_times()


def _key_roles() -> None:
    role = sa.Column("role", sa.String(length=3), nullable=True, comment="sp or idp: never mixed")
    op.add_column("saml_key", role)
    op.execute("UPDATE saml_key SET role = 'sp'")
    with op.batch_alter_table("saml_key") as batch:
        batch.alter_column("role", existing_type=sa.String(length=3), nullable=False)
    if op.get_bind().dialect.name == "postgresql":
        op.create_table_comment(
            "saml_key",
            "The hub's keys for SAML: in each role one signs, one may wait, earlier ones still open.",
        )


def _clients() -> None:
    op.create_table(
        "saml_client",
        sa.Column("client_id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("metadata_url", sa.Text(), nullable=False, comment="empty where it was pasted"),
        sa.Column("metadata", Json, nullable=False, comment="what the hub uses of it, as last read"),
        sa.Column("metadata_at", Time(), nullable=False),
        sa.Column("attribute_names", Json, nullable=False, comment="what it is told, by claim"),
        sa.Column("subject_type", sa.String(length=8), nullable=False, comment="pairwise or public"),
        sa.Column("encrypts", sa.Boolean(), nullable=False, comment="whether assertions are encrypted"),
        sa.Column("hub_initiated", sa.Boolean(), nullable=False, comment="whether it is opened from the hub"),
        sa.Column(
            "partner_ids", Json, nullable=False, comment="whose people may sign in; empty for everybody's"
        ),
        sa.Column("audiences", Json, nullable=False, comment="keys of audiences it is for; empty for all"),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_saml_client_connection_id")
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_saml_client")),
        comment="Systems that sign people in with the hub by SAML.",
    )
    op.create_index(op.f("ix_saml_client_connection_id"), "saml_client", ["connection_id"], unique=False)
    op.create_index(op.f("ix_saml_client_entity_id"), "saml_client", ["entity_id"], unique=True)
    op.create_index(op.f("ix_saml_client_hub_initiated"), "saml_client", ["hub_initiated"], unique=False)


def _requests() -> None:
    op.create_table(
        "saml_request",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("body", Json, nullable=False, comment="what was asked, verified"),
        sa.Column("session_id", Id(), nullable=True, comment="the web session there was, which will not do"),
        sa.Column("made_at", Time(), nullable=False),
        sa.Column("expires_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_saml_request")),
        comment="Requests whose people sign in first, or whose browser has yet to bring its cookies.",
    )
    op.create_table(
        "saml_sign_out",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "browser_hash",
            sa.String(length=64),
            nullable=True,
            comment="whose flow cookie goes on; empty until it first does",
        ),
        sa.Column("body", sa.Text(), nullable=False, comment="sealed: which systems are still to be told"),
        sa.Column("expires_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_saml_sign_out")),
        comment="Browsers on their way through the systems that their session signed in at.",
    )
    for table in ("saml_request", "saml_sign_out"):
        op.create_index(op.f(f"ix_{table}_expires_at"), table, ["expires_at"], unique=False)


def _sign_ins() -> None:
    op.create_table(
        "saml_sign_in",
        sa.Column("client_id", Id(), nullable=False),
        sa.Column(
            "session_index", sa.String(length=64), nullable=False, comment="how this client knows the session"
        ),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("session_id", Id(), nullable=False, comment="web_session.id, which may have ended"),
        sa.Column("started_at", Time(), nullable=False),
        sa.Column("expires_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["saml_client.client_id"], name=op.f("fk_saml_sign_in_client_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saml_sign_in_person_id")),
        sa.PrimaryKeyConstraint("client_id", "session_index", name=op.f("pk_saml_sign_in")),
        comment="Which systems a web session signed in at by SAML.",
    )
    for column in ("person_id", "session_id", "expires_at"):
        op.create_index(op.f(f"ix_saml_sign_in_{column}"), "saml_sign_in", [column], unique=False)


def _openid_client_keys() -> None:
    uri = sa.Column(
        "jwks_uri",
        sa.Text(),
        nullable=False,
        server_default="",
        comment="where its keys are, if it publishes them",
    )
    keys = sa.Column(
        "jwks", Json, nullable=True, comment="its keys as last fetched; served stale when it is down"
    )
    for column in (uri, keys, sa.Column("jwks_at", Time(), nullable=True)):
        op.add_column("oidc_client", column)


def _told_times() -> None:
    """Of sessions that began before nobody knows: they count as not told."""
    of_session = "whether the connection said when; else it is when the hub believed it"
    of_grant = "whether the client is told when that was"
    for table, comment in (("web_session", of_session), ("oidc_grant", of_grant)):
        told: sa.Column[bool] = sa.Column(
            "time_is_told", sa.Boolean(), nullable=False, server_default=sa.false(), comment=comment
        )
        op.add_column(table, told)
