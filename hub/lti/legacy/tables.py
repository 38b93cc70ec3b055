"""Consumer keys that a system had before it spoke LTI 1.3."""

import sqlalchemy as sa

from hub.store.types import Id, metadata

lti_consumer_key = sa.Table(
    "lti_consumer_key",
    metadata,
    sa.Column("connection_id", Id(), sa.ForeignKey("connection.id"), nullable=False),
    sa.Column(
        "role", sa.String(8), nullable=False, comment="what the system is to the hub: tool or platform"
    ),
    sa.Column("consumer_key", sa.String(255), nullable=False),
    sa.Column("sealed_secret", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("connection_id", "role"),
    comment="Of LTI 1.1: they sign the migration claim, and nothing else.",
)
