"""Who took part in a placed course when its roster was last asked for, so that a tool can ask for what changed since."""

import sqlalchemy as sa

from hub.store.types import Id, metadata

lti_roster = sa.Table(
    "lti_roster",
    metadata,
    sa.Column("resource_link_id", Id(), sa.ForeignKey("lti_resource_link.id"), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False, comment="grows whenever a member changes"),
    comment="The roster of a placed course. It is brought up to date when a tool asks for its first page.",
)

lti_member = sa.Table(
    "lti_member",
    metadata,
    sa.Column("resource_link_id", Id(), sa.ForeignKey("lti_resource_link.id"), nullable=False),
    sa.Column("person_id", Id(), sa.ForeignKey("person.id"), nullable=False, index=True),
    sa.Column("roles", sa.String(40), nullable=False, comment="short names of context roles, with commas"),
    sa.Column("status", sa.String(8), nullable=False, comment="Active, Inactive or Deleted"),
    sa.Column(
        "details_hash", sa.String(64), nullable=False, comment="of name and e-mail, to see that they changed"
    ),
    sa.Column("revision", sa.Integer, nullable=False, comment="of the roster, when this row last changed"),
    sa.PrimaryKeyConstraint("resource_link_id", "person_id"),
    sa.Index("ix_lti_member_revision", "resource_link_id", "revision"),
)
