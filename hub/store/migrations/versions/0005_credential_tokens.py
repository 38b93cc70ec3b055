"""credential tokens"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "xapi_credential",
        sa.Column(
            "kind",
            sa.String(length=16),
            nullable=False,
            server_default="system",
            comment="system, or session: made for one launch, in no list",
        ),
    )
    op.add_column(
        "xapi_credential",
        sa.Column(
            "label",
            sa.String(length=100),
            nullable=False,
            server_default="",
            comment="what it is for, in an operator's words",
        ),
    )
    op.add_column(
        "xapi_credential",
        sa.Column("expires_at", Time(), nullable=True, comment="null: until it is revoked"),
    )
    op.add_column(
        "xapi_credential", sa.Column("last_used_at", Time(), nullable=True, comment="to about a minute")
    )
    op.drop_index("ix_xapi_credential_connection_id", "xapi_credential")
    op.create_index(
        "ix_xapi_credential_connection_id_kind", "xapi_credential", ["connection_id", "kind"], unique=False
    )
    op.create_index("ix_audit_connection_id", "audit", ["connection_id", "position"], unique=False)
    op.create_table(
        "xapi_token",
        sa.Column(
            "token_hash", sa.String(length=64), nullable=False, comment="SHA-256 of an OAuth access token"
        ),
        sa.Column("credential_id", Id(), nullable=False),
        sa.Column("scopes", Json, nullable=False, comment="those of the credential, or fewer"),
        sa.Column("expires_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["xapi_credential.id"],
            name=op.f("fk_xapi_token_credential_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_xapi_token")),
    )
    op.create_index(op.f("ix_xapi_token_credential_id"), "xapi_token", ["credential_id"], unique=False)
    op.create_index(op.f("ix_xapi_token_expires_at"), "xapi_token", ["expires_at"], unique=False)
