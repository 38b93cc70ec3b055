"""lti registration"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _setup_links()
    _drafts()


def _setup_links() -> None:
    op.create_table(
        "setup_link",
        sa.Column("id", Id(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("partner_id", Id(), nullable=False),
        sa.Column(
            "kind",
            sa.String(length=8),
            nullable=False,
            comment="what may be connected: tool, platform or both",
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="of the LMS, as whoever made the link calls it"),
        sa.Column("created_by", Id(), nullable=True, comment="null at the command line"),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("expires_at", Time(), nullable=False),
        sa.Column(
            "browser_hash",
            sa.String(length=64),
            nullable=True,
            comment="of the browser that claimed it; no other may use it",
        ),
        sa.Column("claimed_at", Time(), nullable=True),
        sa.Column("finished_at", Time(), nullable=True),
        sa.Column("revoked_at", Time(), nullable=True),
        sa.Column("connection_id", Id(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_setup_link_connection_id")
        ),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_setup_link_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setup_link")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_setup_link_code_hash")),
    )
    op.create_index(op.f("ix_setup_link_partner_id"), "setup_link", ["partner_id"], unique=False)


def _drafts() -> None:
    table = "lti_registration_draft"
    op.create_table(
        table,
        sa.Column("id", Id(), nullable=False),
        sa.Column(
            "direction",
            sa.String(length=8),
            nullable=False,
            comment="what the other system is: tool or platform",
        ),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("partner_id", Id(), nullable=True),
        sa.Column("setup_link_id", Id(), nullable=True),
        sa.Column("connection_id", Id(), nullable=True),
        sa.Column("slug", sa.String(length=64), nullable=False, comment="of the connection that comes of it"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "allow_no_token",
            sa.Boolean(),
            nullable=False,
            comment="whether a platform that brings no registration token may be registered with",
        ),
        sa.Column("registration_url", sa.Text(), nullable=False, comment="the tool's; empty for a platform"),
        sa.Column(
            "state", sa.String(length=8), nullable=False, comment="open, received, approved or refused"
        ),
        sa.Column(
            "received",
            Json,
            nullable=True,
            comment="what the other system told, and what is doubtful about it",
        ),
        sa.Column(
            "created_by", Id(), nullable=True, comment="null at the command line and through a setup link"
        ),
        sa.Column("expires_at", Time(), nullable=False),
        sa.Column("used_at", Time(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f(f"fk_{table}_connection_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f(f"fk_{table}_partner_id")),
        sa.ForeignKeyConstraint(["setup_link_id"], ["setup_link.id"], name=op.f(f"fk_{table}_setup_link_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("code_hash", name=op.f(f"uq_{table}_code_hash")),
    )
    op.create_index(op.f(f"ix_{table}_setup_link_id"), table, ["setup_link_id"], unique=False)
    op.create_index(f"ix_{table}_state", table, ["state", "expires_at"], unique=False)
