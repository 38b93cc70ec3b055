"""What partners' SCIM clients were given and what they told: tokens, users and groups, and who is in which group."""

import sqlalchemy as sa

from hub.store.types import Id, Json, Time, id_column, metadata, reference

scim_token = sa.Table(
    "scim_token",
    metadata,
    id_column(),
    reference("connection_id", "connection", index=True),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("label", sa.String(100), nullable=False),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column("expires_at", Time(), comment="null: until it is revoked"),
    sa.Column("revoked_at", Time()),
    sa.Column("last_used_at", Time(), comment="to about a minute"),
    comment="Bearer tokens of SCIM clients. Kept when they ended: whoever still sends one is told what became of it.",
)

scim_resource = sa.Table(
    "scim_resource",
    metadata,
    id_column(),
    reference("connection_id", "connection"),
    sa.Column("kind", sa.String(8), nullable=False, comment="User or Group"),
    reference("person_id", "person", nullable=True, index=True),
    sa.Column("user_name", sa.Text, comment="of a user, as it is compared: NFC in lower case"),
    sa.Column("external_id", sa.Text, comment="the client's own name for it"),
    sa.Column("display_name", sa.Text, comment="for lists of groups and members"),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column("modified_at", Time(), nullable=False),
    sa.Column("body", Json, nullable=False, comment="what the client told, without password and members"),
    sa.Column("found_by", Json, nullable=False, comment="the same as filters and sorting compare it"),
    sa.Index("uq_scim_resource_connection_id_user_name", "connection_id", "user_name", unique=True),
    sa.Index("ix_scim_resource_external_id", "connection_id", "kind", "external_id"),
    sa.Index("ix_scim_resource_created_at", "connection_id", "kind", "created_at", "id"),
    comment="Users and groups as one client sees them. Who the person is to the hub stands in person.",
)

scim_member = sa.Table(
    "scim_member",
    metadata,
    sa.Column("group_id", Id(), sa.ForeignKey("scim_resource.id", ondelete="CASCADE"), nullable=False),
    sa.Column(
        "member_id",
        Id(),
        sa.ForeignKey("scim_resource.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("display", sa.Text, comment="as the client gave it"),
    sa.PrimaryKeyConstraint("group_id", "member_id"),
)

scim_group_place = sa.Table(
    "scim_group_place",
    metadata,
    sa.Column("group_id", Id(), sa.ForeignKey("scim_resource.id", ondelete="CASCADE"), primary_key=True),
    reference("location_id", "location"),
    reference("position_id", "position"),
    sa.Column("audience_class", sa.String(8), nullable=False, comment="internal or external"),
    comment="Operators let a group mean a position at a location, for clients that cannot send appointments.",
)

scim_group_role = sa.Table(
    "scim_group_role",
    metadata,
    sa.Column("group_id", Id(), sa.ForeignKey("scim_resource.id", ondelete="CASCADE"), primary_key=True),
    comment="Groups whose members are partner admins of the client's partner, as operators decide.",
)

scim_admin = sa.Table(
    "scim_admin",
    metadata,
    reference("connection_id", "connection"),
    reference("person_id", "person", index=True),
    sa.PrimaryKeyConstraint("connection_id", "person_id"),
    comment="To whom a client's groups gave the role of a partner admin: it ends with the membership.",
)

scim_request = sa.Table(
    "scim_request",
    metadata,
    id_column(),
    reference("connection_id", "connection"),
    sa.Column("at", Time(), nullable=False),
    sa.Column("method", sa.String(8), nullable=False),
    sa.Column("path", sa.String(100), nullable=False, comment="without ids, filters and other personal data"),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("code", sa.String(40), nullable=False, comment="why it was refused; empty when it was not"),
    sa.Column("detail", sa.String(300), nullable=False, comment="the same in words, without personal data"),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    sa.Index("ix_scim_request_connection_id_at", "connection_id", "at"),
    comment="What a client did lately, for whoever sets it up.",
)
