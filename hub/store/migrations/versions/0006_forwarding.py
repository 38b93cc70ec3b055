"""forwarding"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "receiving_store",
        sa.Column("id", Id(), nullable=False),
        sa.Column("slug", sa.String(length=48), nullable=False, comment="its id once it is removed"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False, comment="without a slash at the end"),
        sa.Column("version", sa.String(length=8), nullable=False, comment="of xAPI, as the header says it"),
        sa.Column("auth", sa.String(length=8), nullable=False, comment="basic or oauth2"),
        sa.Column("key", sa.Text(), nullable=False, comment="Basic user name or OAuth 2 client id"),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("token_url", sa.Text(), nullable=False, comment="empty unless auth is oauth2"),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("filter", Json, nullable=False, comment="see xapi.forward.filters"),
        sa.Column("connection_id", Id(), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("removed_at", Time(), nullable=True),
        sa.Column("body_limit", sa.Integer(), nullable=True, comment="bytes: it found more too large"),
        sa.Column(
            "refused_in_a_row", sa.Integer(), nullable=False, comment="statements since the last delivery"
        ),
        sa.Column("lease", Id(), nullable=True, comment="of the worker that sends to it now"),
        sa.Column("leased_until", Time(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_receiving_store_connection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receiving_store")),
        sa.UniqueConstraint("slug", name=op.f("uq_receiving_store_slug")),
    )
    op.create_table(
        "forward_receipt",
        sa.Column("store_id", Id(), nullable=False),
        sa.Column("last_position", sa.BigInteger(), nullable=False),
        sa.Column("first_position", sa.BigInteger(), nullable=False),
        sa.Column(
            "offsets", Json, nullable=False, comment="from the first position; empty: none is left out"
        ),
        sa.Column("delivered_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["receiving_store.id"], name=op.f("fk_forward_receipt_store_id")
        ),
        sa.PrimaryKeyConstraint("store_id", "last_position", name=op.f("pk_forward_receipt")),
        comment="One row per batch that a receiving store has confirmed.",
    )
    op.create_table(
        "forward_parked",
        sa.Column("store_id", Id(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("statement_id", Id(), nullable=False),
        sa.Column(
            "state", sa.String(length=16), nullable=False, comment="parked, waiting, delivered or dismissed"
        ),
        sa.Column("status", sa.Integer(), nullable=False, comment="of the receiver's answer"),
        sa.Column("reason", sa.Text(), nullable=False, comment="in the receiver's words"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("parked_at", Time(), nullable=False),
        sa.Column("settled_at", Time(), nullable=True, comment="when it was delivered or dismissed"),
        sa.ForeignKeyConstraint(
            ["store_id"], ["receiving_store.id"], name=op.f("fk_forward_parked_store_id")
        ),
        sa.PrimaryKeyConstraint("store_id", "position", name=op.f("pk_forward_parked")),
        comment="Statements that a receiving store refused, for a person to look at.",
    )
    op.create_index(op.f("ix_forward_parked_statement_id"), "forward_parked", ["statement_id"])
    op.create_index("ix_forward_parked_store_id_state", "forward_parked", ["store_id", "state", "position"])
