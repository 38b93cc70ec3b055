"""Credentials of systems that send statements."""

import sqlalchemy as sa

from hub.store.types import Json, Time, id_column, metadata, reference

xapi_credential = sa.Table(
    "xapi_credential",
    metadata,
    id_column(),
    reference("connection_id", "connection", index=True),
    sa.Column("key", sa.String(64), nullable=False, unique=True, comment="the Basic user name"),
    sa.Column("secret_hash", sa.String(64), nullable=False, comment="SHA-256: the secret is random and long"),
    sa.Column("scopes", Json, nullable=False, comment="statements/write, statements/read/mine, ..."),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column("revoked_at", Time()),
)
