"""web sessions know the sign-in that made them, flows their purpose

Sessions from before cannot be bound to anything: whoever was signed in signs in once more.
"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Time

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("web_session")
    op.create_table(
        "web_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("id", Id(), nullable=False, comment="by which it is named in pages and audit"),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column(
            "form", sa.String(length=16), nullable=False, comment="of the subject, as in identity_link"
        ),
        sa.Column("subject", sa.Text(), nullable=False, comment="who signed in, as the connection says it"),
        sa.Column(
            "provider_session",
            sa.Text(),
            nullable=False,
            comment="sid or SessionIndex; empty where none was told",
        ),
        sa.Column(
            "acr", sa.Text(), nullable=False, comment="how the person was authenticated; empty for unknown"
        ),
        sa.Column("authenticated_at", Time(), nullable=False, comment="when, as the connection says it"),
        sa.Column(
            "id_token",
            sa.Text(),
            nullable=False,
            comment="sealed: the hint for ending the provider's session",
        ),
        sa.Column("looks_as_id", Id(), nullable=True),
        sa.Column("device", sa.String(length=100), nullable=False, comment="browser and system in words"),
        sa.Column("started_at", Time(), nullable=False),
        sa.Column("seen_at", Time(), nullable=False, comment="within a minute"),
        sa.Column("expires_at", Time(), nullable=False, comment="however busy it is"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_web_session_connection_id")
        ),
        sa.ForeignKeyConstraint(["looks_as_id"], ["person.id"], name=op.f("fk_web_session_looks_as_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_web_session_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_session")),
        sa.UniqueConstraint("id", name=op.f("uq_web_session_id")),
        comment="Bound to the sign-in that made it, so that the other side can end it.",
    )
    op.create_index("ix_web_session_expires_at", "web_session", ["expires_at"])
    op.create_index("ix_web_session_person_id", "web_session", ["person_id"])
    op.create_index("ix_web_session_subject", "web_session", ["connection_id", "form", "subject"])
    op.create_index("ix_web_session_provider_session", "web_session", ["connection_id", "provider_session"])
    op.drop_table("sign_in_flow")
    op.create_table(
        "sign_in_flow",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "browser_hash",
            sa.String(length=64),
            nullable=False,
            comment="of the cookie of the browser that began it",
        ),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column(
            "purpose",
            sa.String(length=16),
            nullable=False,
            comment="sign_in, again, link, step_up, try or sign_out",
        ),
        sa.Column("person_id", Id(), nullable=True),
        sa.Column(
            "nonce",
            sa.String(length=64),
            nullable=False,
            comment="of OpenID Connect, or the id of a SAML request",
        ),
        sa.Column(
            "code_verifier",
            sa.Text(),
            nullable=False,
            comment="sealed; of a sign_out, the address that the browser goes to",
        ),
        sa.Column("return_to", sa.Text(), nullable=False),
        sa.Column("expires_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_sign_in_flow_connection_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_flow_person_id")),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_sign_in_flow")),
    )
    op.create_index("ix_sign_in_flow_expires_at", "sign_in_flow", ["expires_at"])
    op.create_table(
        "used_message",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column(
            "message_id",
            sa.String(length=64),
            nullable=False,
            comment="hash of a jti or of an assertion's ID",
        ),
        sa.Column("expires_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_used_message_connection_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", "message_id", name=op.f("pk_used_message")),
        comment="What other systems signed and what was used once, while it would still be valid.",
    )
    op.create_index("ix_used_message_expires_at", "used_message", ["expires_at"])
    for column in (
        sa.Column(
            "scopes",
            sa.Text(),
            nullable=False,
            server_default="openid",
            comment="asked for at every sign-in",
        ),
        sa.Column(
            "required_acr",
            sa.Text(),
            nullable=False,
            server_default="",
            comment="how people must be authenticated, parted by spaces; empty for any way",
        ),
        sa.Column("secret_expires_at", Time(), nullable=True, comment="as its administrator told it"),
        sa.Column(
            "signs_out",
            sa.Boolean(),
            nullable=False,
            server_default=sa.true(),
            comment="whether signing out of the hub signs out there too",
        ),
        sa.Column(
            "timeouts",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="in a row, when it was last asked",
        ),
        sa.Column(
            "rests_until",
            Time(),
            nullable=True,
            comment="sign-ins are refused without asking it until then",
        ),
    ):
        op.add_column("oidc_provider", column)
    op.create_table(
        "sign_in_trial",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column(
            "browser_hash", sa.String(length=64), nullable=False, comment="of the cookie of whoever tried"
        ),
        sa.Column("body", sa.Text(), nullable=False, comment="sealed: what came back, with personal data"),
        sa.Column("expires_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_sign_in_trial_connection_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", "browser_hash", name=op.f("pk_sign_in_trial")),
        comment="What came back when a connection was tried, for the browser that tried it and for nobody else.",
    )
    op.create_index("ix_sign_in_trial_expires_at", "sign_in_trial", ["expires_at"])
