"""setup links have parts; domains are proved; contacts are told what expires"""

import secrets
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Time

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _parts_of_links()
    _domains()
    _contacts()


def _parts_of_links() -> None:
    link = "setup_link"
    op.add_column(
        link,
        sa.Column(
            "parts",
            sa.String(64),
            comment="what may be connected, apart by spaces: tool, platform, sign_in, provisioning",
            nullable=False,
            server_default="",
        ),
    )
    table = sa.table(link, sa.column("kind", sa.String), sa.column("parts", sa.String))
    both = sa.case((table.c.kind == "both", "tool platform"), else_=table.c.kind)
    op.execute(sa.update(table).values(parts=both))
    op.drop_column(link, "kind")
    op.add_column(
        link,
        sa.Column(
            "product",
            sa.String(16),
            comment="that people sign in with; empty for unknown",
            nullable=False,
            server_default="",
        ),
    )
    op.add_column(link, sa.Column("tried_at", Time(), comment="when a sign-in on trial last went well"))
    # In words of SQL, because Alembic would make the table anew on SQLite, and others refer to it.
    kind = Id().dialect_impl(op.get_bind().dialect).compile(op.get_bind().dialect)
    for name in ("sign_in_id", "provisioning_id"):
        reference = f"CONSTRAINT fk_{link}_{name} REFERENCES connection (id)"
        op.execute(f"ALTER TABLE {link} ADD COLUMN {name} {kind} {reference}")


def _domains() -> None:
    op.create_table(
        "domain_claim",
        sa.Column("domain", sa.String(255), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column(
            "token", sa.String(64), nullable=False, comment="to be published in the DNS; it is no secret"
        ),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("checked_at", Time(), nullable=True),
        sa.Column(
            "problem",
            sa.String(32),
            nullable=False,
            comment="the code of what the last check found; empty for nothing",
        ),
        sa.Column("proved_at", Time(), nullable=True),
        sa.Column("lost_at", Time(), nullable=True, comment="since when the proof is no longer in the DNS"),
        sa.Column("vouched_at", Time(), nullable=True),
        sa.Column("vouched_by", Id(), nullable=True, comment="null at the command line"),
        sa.Column("check_at", Time(), nullable=False, comment="when it is looked up by itself"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_domain_claim_connection_id")
        ),
        sa.PrimaryKeyConstraint("domain", "connection_id", name=op.f("pk_domain_claim")),
        comment="Domains that a connection says are its own. Only a proved one leads people to it.",
    )
    op.create_index(op.f("ix_domain_claim_connection_id"), "domain_claim", ["connection_id"])
    op.create_index(op.f("ix_domain_claim_check_at"), "domain_claim", ["check_at"])
    _vouch_for_routes()


def _vouch_for_routes() -> None:
    """Domains that operators had routed before stay as they are, on their word."""
    route = sa.table("email_domain", sa.column("domain"), sa.column("connection_id", Id()))
    claim = sa.table(
        "domain_claim",
        *(sa.column(name, sa.String()) for name in ("token", "domain", "problem")),
        sa.column("connection_id", Id()),
        *(sa.column(name, Time()) for name in ("created_at", "vouched_at", "check_at")),
    )
    now = datetime.now(UTC)
    at = {"created_at": now, "vouched_at": now, "check_at": now + timedelta(days=7), "problem": ""}
    rows = [
        {"domain": row.domain, "connection_id": row.connection_id, "token": secrets.token_urlsafe(24), **at}
        for row in op.get_bind().execute(sa.select(route))
    ]
    if rows:
        op.bulk_insert(claim, rows)


def _contacts() -> None:
    op.create_table(
        "connection_contact",
        sa.Column("id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("email", sa.String(320), nullable=False, comment="in lower case"),
        sa.Column("added_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_connection_contact_connection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection_contact")),
        comment="Who is told what expires. Personal data; erasure deletes the rows with that address.",
    )
    op.create_index(op.f("ix_connection_contact_email"), "connection_contact", ["email"])
    op.create_index(
        "uq_connection_contact_connection_id_email",
        "connection_contact",
        ["connection_id", "email"],
        unique=True,
    )
    op.create_table(
        "watched_expiry",
        sa.Column("key", sa.String(64), nullable=False, comment="hash of connection, kind and subject"),
        sa.Column("connection_id", Id(), nullable=True, comment="null for the hub's own"),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column(
            "subject", sa.String(64), nullable=False, comment="which of its kind: an id or a fingerprint"
        ),
        sa.Column("expires_at", Time(), nullable=False),
        sa.Column(
            "told_days",
            sa.Integer(),
            nullable=True,
            comment="owners were told so many days before: 30, 14, 7, 1 or 0",
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_watched_expiry_connection_id")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_watched_expiry")),
        comment="What expires by itself one day, as it was last looked at; found again each day.",
    )
    op.create_index(op.f("ix_watched_expiry_connection_id"), "watched_expiry", ["connection_id"])
    op.create_index(op.f("ix_watched_expiry_expires_at"), "watched_expiry", ["expires_at"])
