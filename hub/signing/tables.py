"""Keys with which the hub signs what it tells other systems."""

import sqlalchemy as sa

from hub.store.types import Json, Time, metadata

signing_key = sa.Table(
    "signing_key",
    metadata,
    sa.Column("kid", sa.String(64), primary_key=True),
    sa.Column("purpose", sa.String(8), nullable=False, index=True, comment="lti or oidc: never mixed"),
    sa.Column("private_key", sa.Text, nullable=False, comment="PEM, sealed; empty once it signs no more"),
    sa.Column("public_jwk", Json, nullable=False),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column(
        "retired_at", Time(), comment="when it leaves the published keys; it signs nothing once this is set"
    ),
)
