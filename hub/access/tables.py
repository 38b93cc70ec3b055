"""Roles that reach as far as one partner, and what programs were given to come in."""

import sqlalchemy as sa

from hub.store.types import Id, Json, Time, id_column, metadata, reference

partner_admin = sa.Table(
    "partner_admin",
    metadata,
    reference("person_id", "person"),
    reference("partner_id", "partner", index=True),
    sa.PrimaryKeyConstraint("person_id", "partner_id"),
    comment="Who looks after the people of a partner.",
)

api_token = sa.Table(
    "api_token",
    metadata,
    id_column(),
    sa.Column("kind", sa.String(16), nullable=False, comment="operator, partner or person"),
    reference("partner_id", "partner", nullable=True, index=True),
    reference("person_id", "person", nullable=True, index=True),
    sa.Column(
        "token_hash", sa.String(64), nullable=False, unique=True, comment="SHA-256: the token is random"
    ),
    sa.Column("scopes", Json, nullable=False, comment="network/read, people/read, ..."),
    sa.Column(
        "label", sa.String(100), nullable=False, comment="what it is for, in the words of whoever made it"
    ),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column("created_by", Id(), comment="null at the command line"),
    sa.Column("expires_at", Time(), comment="null: until it is revoked"),
    sa.Column("revoked_at", Time()),
    sa.Column("last_used_at", Time(), comment="to about a minute"),
    sa.CheckConstraint(
        "(kind = 'operator' AND partner_id IS NULL AND person_id IS NULL)"
        " OR (kind = 'partner' AND partner_id IS NOT NULL AND person_id IS NULL)"
        " OR (kind = 'person' AND partner_id IS NULL AND person_id IS NOT NULL)",
        name="one_owner",
    ),
    comment="Tokens of programs that use the REST interface. Kept when they ended: whoever still sends one is told why.",
)

rest_answer = sa.Table(
    "rest_answer",
    metadata,
    sa.Column("token_id", Id(), sa.ForeignKey("api_token.id"), primary_key=True),
    sa.Column("key", sa.String(200), primary_key=True, comment="Idempotency-Key of the request"),
    sa.Column("request_hash", sa.String(64), nullable=False, comment="SHA-256 of what was asked"),
    sa.Column("answer", sa.Text, nullable=False, comment="JSON: ids and outcomes, nothing personal"),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    comment="What writing requests with a key were answered, so that the same again does nothing and is answered the same.",
)
