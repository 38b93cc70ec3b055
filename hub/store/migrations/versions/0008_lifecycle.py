"""lifecycle"""

import sqlalchemy as sa
from alembic import op

from hub.store.append_only import put_door
from hub.store.types import Id, Json, Time

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _journal()
    _training()
    _lifecycle()
    for table in ("statement", "change"):
        put_door(op.get_bind(), table)


def _journal() -> None:
    op.create_table(
        "open_door",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_open_door")),
        comment="Doors of append-only tables on SQLite; empty outside a transaction. See store.append_only.",
    )
    op.create_table(
        "arrival_count",
        sa.Column("hour", Time(), nullable=False, comment="its beginning"),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "connection_id", name=op.f("pk_arrival_count")),
        comment="How many statements were stored; kept when retention deletes them.",
    )


def _training() -> None:
    op.create_table(
        "completion_policy",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False, comment="stands in completions and credits"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("terms", Json, nullable=False, comment="see training.policy.Terms"),
        sa.Column(
            "overrides", Json, nullable=False, comment="terms by offering id, where a course has its own"
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_completion_policy_connection_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_completion_policy")),
        comment="Which evidence counts as completion of the courses of one source system.",
    )


def _lifecycle() -> None:
    op.create_table(
        "retention_rule",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "keep_days", sa.Integer(), nullable=False, comment="statements stored longer ago are deleted"
        ),
        sa.Column("verb", sa.Text(), nullable=True, comment="an IRI; null: every verb"),
        sa.Column("connection_id", Id(), nullable=True),
        sa.Column("partner_id", Id(), nullable=True),
        sa.Column("changed_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_retention_rule_connection_id")
        ),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_retention_rule_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rule")),
        sa.UniqueConstraint("name", name=op.f("uq_retention_rule_name")),
    )
    op.create_table(
        "retention_run",
        sa.Column("id", Id(), nullable=False),
        sa.Column("plan_hash", sa.String(length=64), nullable=False),
        sa.Column("began_at", Time(), nullable=False),
        sa.Column("finished_at", Time(), nullable=True, comment="null while it goes on, or was interrupted"),
        sa.Column("actor_id", Id(), nullable=True, comment="null: the hub's own daily run"),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="how far it has come"),
        sa.Column(
            "plan", Json, nullable=False, comment="what is to be deleted; see lifecycle.plan_retention"
        ),
        sa.Column("deleted", Json, nullable=False, comment="counts so far"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
    )
    op.create_table(
        "erasure",
        sa.Column("id", Id(), nullable=False),
        sa.Column(
            "subject_hash", sa.String(length=64), nullable=False, comment="keyed: it names nobody by itself"
        ),
        sa.Column(
            "person_id",
            Id(),
            nullable=True,
            comment="the tombstone that stays; null for an actor the hub did not know",
        ),
        sa.Column("actor_id", Id(), nullable=True, comment="who had it done; null at the command line"),
        sa.Column("began_at", Time(), nullable=False),
        sa.Column("finished_at", Time(), nullable=True, comment="null while it goes on, or was interrupted"),
        sa.Column("counts", Json, nullable=False, comment="rows by kind"),
        sa.Column("sent_to", Json, nullable=False, comment="statements by receiving store"),
        sa.Column("files", Json, nullable=False, comment="keys of blobs that are still to be deleted"),
        sa.Column(
            "receipt_hash",
            sa.String(length=64),
            nullable=False,
            comment="of the receipt; empty until finished",
        ),
        sa.Column(
            "traces_removed_at",
            Time(),
            nullable=True,
            comment="null: the database's files may still hold deleted bytes",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(op.f("ix_erasure_subject_hash"), "erasure", ["subject_hash"], unique=False)
