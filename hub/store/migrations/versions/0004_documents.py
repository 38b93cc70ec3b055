"""documents"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Time

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "xapi_document",
        sa.Column(
            "key_hash",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of all that names the document",
        ),
        sa.Column(
            "context_hash",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of connection, kind, agent and activity: what is listed together",
        ),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column(
            "kind",
            sa.String(length=16),
            nullable=False,
            comment="state, agent_profile or activity_profile",
        ),
        sa.Column(
            "agent_form",
            sa.String(length=16),
            nullable=True,
            comment="account, mbox, mbox_sha1sum or openid",
        ),
        sa.Column("agent_subject", sa.Text(), nullable=True),
        sa.Column("activity_id", sa.Text(), nullable=True),
        sa.Column("registration", Id(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False, comment="stateId or profileId"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("etag", sa.String(length=40), nullable=False, comment="SHA-1 of the content"),
        sa.Column("updated_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_xapi_document_connection_id")
        ),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_xapi_document")),
    )
    op.create_index(op.f("ix_xapi_document_connection_id"), "xapi_document", ["connection_id"], unique=False)
    op.create_index(
        "ix_xapi_document_context_hash_updated_at",
        "xapi_document",
        ["context_hash", "updated_at"],
        unique=False,
    )
    op.create_index(
        "ix_xapi_document_agent_subject_agent_form",
        "xapi_document",
        ["agent_subject", "agent_form"],
        unique=False,
    )
