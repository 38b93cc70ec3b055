"""Receiving stores, what was delivered to them, and what they refused.

How far a store has come stands in ``reader`` under the name ``forward:SLUG``.
"""

import sqlalchemy as sa

from hub.store.types import Id, Json, Time, id_column, metadata, reference

receiving_store = sa.Table(
    "receiving_store",
    metadata,
    id_column(),
    sa.Column("slug", sa.String(48), nullable=False, unique=True, comment="its id once it is removed"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("endpoint", sa.Text, nullable=False, comment="without a slash at the end"),
    sa.Column("version", sa.String(8), nullable=False, comment="of xAPI, as the header says it"),
    sa.Column("auth", sa.String(8), nullable=False, comment="basic or oauth2"),
    sa.Column("key", sa.Text, nullable=False, comment="Basic user name or OAuth 2 client id"),
    sa.Column("sealed_secret", sa.Text, nullable=False),
    sa.Column("token_url", sa.Text, nullable=False, comment="empty unless auth is oauth2"),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("filter", Json, nullable=False, comment="see xapi.forward.filters"),
    reference("connection_id", "connection", nullable=True),
    sa.Column("paused", sa.Boolean, nullable=False),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column("removed_at", Time()),
    sa.Column("body_limit", sa.Integer, comment="bytes: it found more too large"),
    sa.Column("refused_in_a_row", sa.Integer, nullable=False, comment="statements since the last delivery"),
    sa.Column("lease", Id(), comment="of the worker that sends to it now"),
    sa.Column("leased_until", Time()),
)

forward_receipt = sa.Table(
    "forward_receipt",
    metadata,
    reference("store_id", "receiving_store"),
    sa.Column("last_position", sa.BigInteger, nullable=False),
    sa.Column("first_position", sa.BigInteger, nullable=False),
    sa.Column("offsets", Json, nullable=False, comment="from the first position; empty: none is left out"),
    sa.Column("delivered_at", Time(), nullable=False),
    sa.PrimaryKeyConstraint("store_id", "last_position"),
    comment="One row per batch that a receiving store has confirmed.",
)

forward_parked = sa.Table(
    "forward_parked",
    metadata,
    reference("store_id", "receiving_store"),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("statement_id", Id(), nullable=False, index=True),
    sa.Column("state", sa.String(16), nullable=False, comment="parked, waiting, delivered or dismissed"),
    sa.Column("status", sa.Integer, nullable=False, comment="of the receiver's answer"),
    sa.Column("reason", sa.Text, nullable=False, comment="in the receiver's words"),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("parked_at", Time(), nullable=False),
    sa.Column("settled_at", Time(), comment="when it was delivered or dismissed"),
    sa.PrimaryKeyConstraint("store_id", "position"),
    sa.Index("ix_forward_parked_store_id_state", "store_id", "state", "position"),
    comment="Statements that a receiving store refused, for a person to look at.",
)
