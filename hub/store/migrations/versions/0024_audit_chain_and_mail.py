"""audit chain and mail"""

import sqlalchemy as sa
from alembic import op

from hub.store.append_only import protect
from hub.store.types import Id, Time

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _search()
    _chain()
    _roles()
    _mails()


def _search() -> None:
    """By person, thing, partner and time: each a range of one index."""
    op.drop_index("ix_audit_actor_id", table_name="audit")
    for name in ("actor_id", "subject_id", "partner_id"):
        op.create_index(f"ix_audit_{name}", "audit", [name, "position"], unique=False)
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    refused = sa.text("outcome = 'refused'")
    op.create_index(
        "ix_audit_refused",
        "audit",
        ["position"],
        unique=False,
        postgresql_where=refused,
        sqlite_where=refused,
    )


def _chain() -> None:
    op.create_table(
        "audit_seal",
        sa.Column(
            "number", sa.BigInteger(), autoincrement=False, nullable=False, comment="from 1, without gaps"
        ),
        sa.Column("from_position", sa.BigInteger(), nullable=False, comment="the lowest of its rows"),
        sa.Column(
            "to_position", sa.BigInteger(), nullable=False, comment="the highest that was sealed until then"
        ),
        sa.Column(
            "row_hashes",
            sa.LargeBinary(),
            nullable=False,
            comment="of each row: position (8 bytes) and hash (32)",
        ),
        sa.Column(
            "hash",
            sa.String(length=64),
            nullable=False,
            comment="over the hash before, number, time and rows",
        ),
        sa.Column("at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seal")),
        comment="The audit trail, chained: whoever changes a row must change every seal after it. See journal.seal.",
    )
    protect(op.get_bind(), "audit_seal")
    op.create_table(
        "audit_gap",
        sa.Column("from_position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_position", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", Time(), nullable=False),
        sa.Column("transaction", sa.BigInteger(), nullable=False, comment="none that is younger can fill it"),
        sa.PrimaryKeyConstraint("from_position", name=op.f("pk_audit_gap")),
        comment="Positions of the audit trail that had no row when those beside them were sealed, and may still get one.",
    )


def _roles() -> None:
    op.create_table(
        "partner_admin",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("partner_id", Id(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_partner_admin_partner_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_partner_admin_person_id")),
        sa.PrimaryKeyConstraint("person_id", "partner_id", name=op.f("pk_partner_admin")),
        comment="Who looks after the people of a partner.",
    )
    op.create_index(op.f("ix_partner_admin_partner_id"), "partner_admin", ["partner_id"], unique=False)


def _mails() -> None:
    op.create_table(
        "mail",
        sa.Column("id", Id(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False, comment="the same mail is written once"),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("person_id", Id(), nullable=True),
        sa.Column(
            "sealed_letter",
            sa.Text(),
            nullable=True,
            comment="sealed: address, subject and text; null when it was sent or let be",
        ),
        sa.Column("is_queued", sa.Boolean(), nullable=False, comment="whether the outbox has it"),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("sent_at", Time(), nullable=True),
        sa.Column(
            "dropped_at", Time(), nullable=True, comment="an operator decided that it is not to be sent"
        ),
        sa.Column(
            "read_by", Id(), nullable=True, comment="the operator who read it last, before it was sent"
        ),
        sa.Column("expires_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mail_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("key", name=op.f("uq_mail_key")),
        comment="What stands in a mail is personal or secret: it stays sealed, and goes when the mail is sent.",
    )
    op.create_index(op.f("ix_mail_person_id"), "mail", ["person_id"], unique=False)
    op.create_index(op.f("ix_mail_expires_at"), "mail", ["expires_at"], unique=False)
    op.create_index("ix_mail_is_queued", "mail", ["is_queued", "id"], unique=False)
