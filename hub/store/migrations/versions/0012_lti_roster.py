"""lti roster"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_lti_launch_resource_link_id"), "lti_launch", ["resource_link_id"])
    op.create_table(
        "lti_roster",
        sa.Column("resource_link_id", Id(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, comment="grows whenever a member changes"),
        sa.ForeignKeyConstraint(
            ["resource_link_id"], ["lti_resource_link.id"], name=op.f("fk_lti_roster_resource_link_id")
        ),
        sa.PrimaryKeyConstraint("resource_link_id", name=op.f("pk_lti_roster")),
        comment="The roster of a placed course. It is brought up to date when a tool asks for its first page.",
    )
    op.create_table(
        "lti_member",
        sa.Column("resource_link_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column(
            "roles", sa.String(length=40), nullable=False, comment="short names of context roles, with commas"
        ),
        sa.Column("status", sa.String(length=8), nullable=False, comment="Active, Inactive or Deleted"),
        sa.Column(
            "details_hash",
            sa.String(length=64),
            nullable=False,
            comment="of name and e-mail, to see that they changed",
        ),
        sa.Column(
            "revision", sa.Integer(), nullable=False, comment="of the roster, when this row last changed"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_lti_member_person_id")),
        sa.ForeignKeyConstraint(
            ["resource_link_id"], ["lti_resource_link.id"], name=op.f("fk_lti_member_resource_link_id")
        ),
        sa.PrimaryKeyConstraint("resource_link_id", "person_id", name=op.f("pk_lti_member")),
    )
    op.create_index(op.f("ix_lti_member_person_id"), "lti_member", ["person_id"])
    op.create_index("ix_lti_member_revision", "lti_member", ["resource_link_id", "revision"])
    op.create_table(
        "catalogue_source",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="catalogue or roster"),
        sa.Column("plugin", sa.String(length=64), nullable=False, comment="which plugin reads it"),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False, comment="empty where none is needed"),
        sa.Column("last_run_at", Time(), nullable=True),
        sa.Column("last_counts", Json, nullable=True, comment="of the last run that ended well"),
        sa.Column("last_error", sa.Text(), nullable=False, comment="of the last run; empty if it ended well"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_catalogue_source_connection_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", "kind", name=op.f("pk_catalogue_source")),
        comment="Where the courses of an LMS, or the accounts of its people, are read from.",
    )


def downgrade() -> None:
    op.drop_table("catalogue_source")
    op.drop_table("lti_member")
    op.drop_table("lti_roster")
    op.drop_index(op.f("ix_lti_launch_resource_link_id"), "lti_launch")
