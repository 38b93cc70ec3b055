"""Roles that reach as far as one partner."""

import sqlalchemy as sa

from hub.store.types import metadata, reference

partner_admin = sa.Table(
    "partner_admin",
    metadata,
    reference("person_id", "person"),
    reference("partner_id", "partner", index=True),
    sa.PrimaryKeyConstraint("person_id", "partner_id"),
    comment="Who looks after the people of a partner.",
)
