"""Tables of the bridge: tokens with which the hub calls the services of platforms, and what it made there."""

import sqlalchemy as sa

from hub.store.types import Id, Time, metadata, reference

lti_service_token = sa.Table(
    "lti_service_token",
    metadata,
    sa.Column(
        "key",
        sa.String(64),
        primary_key=True,
        comment="hash of issuer, client id, token address, audience and scopes",
    ),
    reference("connection_id", "connection"),
    sa.Column("sealed_token", sa.Text, nullable=False),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    comment="Access tokens for the services of platforms.",
)

lti_made_line_item = sa.Table(
    "lti_made_line_item",
    metadata,
    sa.Column("placement_id", Id(), sa.ForeignKey("lti_placement.id"), primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("maximum", sa.Float, nullable=False),
    comment="Columns that the hub made in gradebooks, where launches name none: not every platform finds them again.",
)
