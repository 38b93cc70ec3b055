"""Who is told of news."""

import sqlalchemy as sa

from hub.store.types import Id, Json, Time, id_column, metadata, reference

webhook = sa.Table(
    "webhook",
    metadata,
    id_column(),
    sa.Column("kind", sa.String(16), nullable=False, comment="operator or partner: how far it is told"),
    reference("partner_id", "partner", nullable=True, index=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("sealed_secret", sa.Text, nullable=False, comment="signs what is sent"),
    sa.Column("events", Json, nullable=False, comment="credit_granted, ..."),
    sa.Column("label", sa.String(100), nullable=False),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column("created_by", Id(), comment="null for a token, which is token_id: it ends with that"),
    sa.Column("ended_at", Time()),
    reference("token_id", "api_token", nullable=True, index=True),
    sa.Column("asks", sa.String(40), index=True, comment="a remote plugin, whose questions alone it is sent"),
    comment="Addresses of programs that are told of news, as far as their owners see.",
)
