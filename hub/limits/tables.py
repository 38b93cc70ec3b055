"""How often something was asked for lately."""

import sqlalchemy as sa

from hub.store.types import Time, metadata

request_count = sa.Table(
    "request_count",
    metadata,
    sa.Column("key", sa.String(100), primary_key=True, comment="what is limited, by whom, in which window"),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("expires_at", Time(), nullable=False, index=True),
)
