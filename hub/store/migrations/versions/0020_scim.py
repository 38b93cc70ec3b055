"""scim: tokens, users and groups of partners' identity providers"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scim_token",
        sa.Column("id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("expires_at", Time(), nullable=True, comment="null: until it is revoked"),
        sa.Column("revoked_at", Time(), nullable=True),
        sa.Column("last_used_at", Time(), nullable=True, comment="to about a minute"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_scim_token_connection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scim_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_scim_token_token_hash")),
        comment="Bearer tokens of SCIM clients. Kept when they ended: whoever still sends one is told what became of it.",
    )
    op.create_index("ix_scim_token_connection_id", "scim_token", ["connection_id"])
    op.create_table(
        "scim_resource",
        sa.Column("id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False, comment="User or Group"),
        sa.Column("person_id", Id(), nullable=True),
        sa.Column(
            "user_name", sa.Text(), nullable=True, comment="of a user, as it is compared: NFC in lower case"
        ),
        sa.Column("external_id", sa.Text(), nullable=True, comment="the client's own name for it"),
        sa.Column("display_name", sa.Text(), nullable=True, comment="for lists of groups and members"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("modified_at", Time(), nullable=False),
        sa.Column("body", Json, nullable=False, comment="what the client told, without password and members"),
        sa.Column("found_by", Json, nullable=False, comment="the same as filters and sorting compare it"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_scim_resource_connection_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_scim_resource_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scim_resource")),
        comment="Users and groups as one client sees them. Who the person is to the hub stands in person.",
    )
    op.create_index(
        "uq_scim_resource_connection_id_user_name",
        "scim_resource",
        ["connection_id", "user_name"],
        unique=True,
    )
    op.create_index("ix_scim_resource_external_id", "scim_resource", ["connection_id", "kind", "external_id"])
    op.create_index(
        "ix_scim_resource_created_at", "scim_resource", ["connection_id", "kind", "created_at", "id"]
    )
    op.create_index("ix_scim_resource_person_id", "scim_resource", ["person_id"])
    op.create_table(
        "scim_member",
        sa.Column("group_id", Id(), nullable=False),
        sa.Column("member_id", Id(), nullable=False),
        sa.Column("display", sa.Text(), nullable=True, comment="as the client gave it"),
        sa.ForeignKeyConstraint(
            ["group_id"], ["scim_resource.id"], name=op.f("fk_scim_member_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["scim_resource.id"], name=op.f("fk_scim_member_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "member_id", name=op.f("pk_scim_member")),
    )
    op.create_index("ix_scim_member_member_id", "scim_member", ["member_id"])
    op.create_table(
        "scim_group_place",
        sa.Column("group_id", Id(), nullable=False),
        sa.Column("location_id", Id(), nullable=False),
        sa.Column("position_id", Id(), nullable=False),
        sa.Column("audience_class", sa.String(length=8), nullable=False, comment="internal or external"),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["scim_resource.id"],
            name=op.f("fk_scim_group_place_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_scim_group_place_location_id")
        ),
        sa.ForeignKeyConstraint(
            ["position_id"], ["position.id"], name=op.f("fk_scim_group_place_position_id")
        ),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_scim_group_place")),
        comment="Operators let a group mean a position at a location, for clients that cannot send appointments.",
    )
    op.create_table(
        "scim_request",
        sa.Column("id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column(
            "path",
            sa.String(length=100),
            nullable=False,
            comment="without ids, filters and other personal data",
        ),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column(
            "code", sa.String(length=40), nullable=False, comment="why it was refused; empty when it was not"
        ),
        sa.Column(
            "detail",
            sa.String(length=300),
            nullable=False,
            comment="the same in words, without personal data",
        ),
        sa.Column("expires_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_scim_request_connection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scim_request")),
        comment="What a client did lately, for whoever sets it up.",
    )
    op.create_index("ix_scim_request_expires_at", "scim_request", ["expires_at"])
    op.create_index("ix_scim_request_connection_id_at", "scim_request", ["connection_id", "at"])
