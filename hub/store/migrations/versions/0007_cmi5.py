"""cmi5"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cmi5_course",
        sa.Column("id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("offering_id", Id(), nullable=False),
        sa.Column("publisher_id", sa.Text(), nullable=False, comment="the course's id in its package"),
        sa.Column(
            "activity_id", sa.Text(), nullable=False, comment="the id that the hub made for statements"
        ),
        sa.Column(
            "title",
            Json,
            nullable=False,
            comment="texts by language",
        ),
        sa.Column(
            "description",
            Json,
            nullable=False,
            comment="texts by language",
        ),
        sa.Column(
            "package_hash",
            sa.String(length=64),
            nullable=False,
            comment="names its files in the blob store too",
        ),
        sa.Column(
            "objectives",
            Json,
            nullable=False,
        ),
        sa.Column("imported_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_cmi5_course_connection_id")
        ),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_cmi5_course_offering_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cmi5_course")),
        sa.UniqueConstraint(
            "connection_id", "publisher_id", name=op.f("uq_cmi5_course_connection_id_publisher_id")
        ),
        sa.UniqueConstraint("offering_id", name=op.f("uq_cmi5_course_offering_id")),
    )
    op.create_table(
        "cmi5_node",
        sa.Column("id", Id(), nullable=False),
        sa.Column("course_id", Id(), nullable=False),
        sa.Column("parent_id", Id(), nullable=False, comment="the block it stands in, or the course"),
        sa.Column("place", sa.Integer(), nullable=False, comment="in the order of the course: 1, 2, ..."),
        sa.Column("kind", sa.String(length=8), nullable=False, comment="block or au"),
        sa.Column("publisher_id", sa.Text(), nullable=False, comment="its id in the package"),
        sa.Column(
            "activity_id", sa.Text(), nullable=False, comment="the id that the hub made for statements"
        ),
        sa.Column(
            "title",
            Json,
            nullable=False,
            comment="texts by language",
        ),
        sa.Column(
            "description",
            Json,
            nullable=False,
            comment="texts by language",
        ),
        sa.Column(
            "objectives",
            Json,
            nullable=False,
            comment="ids of those it serves",
        ),
        sa.Column(
            "au",
            Json,
            nullable=False,
            comment="of an AU: url, move_on, mastery_score and the like",
        ),
        sa.Column("removed", sa.Boolean(), nullable=False, comment="no longer in the newest package"),
        sa.ForeignKeyConstraint(["course_id"], ["cmi5_course.id"], name=op.f("fk_cmi5_node_course_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cmi5_node")),
    )
    op.create_index("ix_cmi5_node_course_id", "cmi5_node", ["course_id", "place"], unique=False)
    op.create_table(
        "cmi5_registration",
        sa.Column("id", Id(), nullable=False),
        sa.Column("course_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column(
            "subject", sa.Text(), nullable=False, comment="account name under which the hub names the person"
        ),
        sa.Column("created_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["cmi5_course.id"], name=op.f("fk_cmi5_registration_course_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_cmi5_registration_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cmi5_registration")),
        sa.UniqueConstraint("course_id", "person_id", name=op.f("uq_cmi5_registration_course_id_person_id")),
    )
    op.create_index(op.f("ix_cmi5_registration_person_id"), "cmi5_registration", ["person_id"], unique=False)
    op.create_table(
        "cmi5_satisfied",
        sa.Column("registration_id", Id(), nullable=False),
        sa.Column("activity_id", sa.String(length=300), nullable=False, comment="of the block or the course"),
        sa.Column("statement_id", Id(), nullable=False),
        sa.Column("satisfied_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["cmi5_registration.id"], name=op.f("fk_cmi5_satisfied_registration_id")
        ),
        sa.PrimaryKeyConstraint("registration_id", "activity_id", name=op.f("pk_cmi5_satisfied")),
    )
    op.create_table(
        "cmi5_session",
        sa.Column("id", Id(), nullable=False),
        sa.Column("registration_id", Id(), nullable=False),
        sa.Column("node_id", Id(), nullable=False),
        sa.Column("launch_mode", sa.String(length=8), nullable=False, comment="Normal, Browse or Review"),
        sa.Column("mastery_score", sa.Float(), nullable=True, comment="as the AU was told"),
        sa.Column("package_hash", sa.String(length=64), nullable=False, comment="the package it runs from"),
        sa.Column("content_hash", sa.String(length=64), nullable=False, comment="of the key of its content"),
        sa.Column("fetch_hash", sa.String(length=64), nullable=False, comment="of the key of the fetch URL"),
        sa.Column("credential_id", Id(), nullable=True, comment="its auth-token; null until fetched"),
        sa.Column("launched_at", Time(), nullable=False),
        sa.Column("expires_at", Time(), nullable=False),
        sa.Column(
            "preferences_read_at",
            Time(),
            nullable=True,
            comment="when the AU asked for the learner's preferences",
        ),
        sa.Column(
            "initialized_at",
            Time(),
            nullable=True,
            comment="this and the next four by the AU's own clock",
        ),
        sa.Column("completed_at", Time(), nullable=True),
        sa.Column("passed_at", Time(), nullable=True),
        sa.Column("failed_at", Time(), nullable=True),
        sa.Column("terminated_at", Time(), nullable=True),
        sa.Column("last_at", Time(), nullable=True, comment="timestamp of its latest statement"),
        sa.Column("abandoned_at", Time(), nullable=True),
        sa.ForeignKeyConstraint(["node_id"], ["cmi5_node.id"], name=op.f("fk_cmi5_session_node_id")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["cmi5_registration.id"], name=op.f("fk_cmi5_session_registration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cmi5_session")),
        sa.UniqueConstraint("content_hash", name=op.f("uq_cmi5_session_content_hash")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_cmi5_session_credential_id")),
        sa.UniqueConstraint("fetch_hash", name=op.f("uq_cmi5_session_fetch_hash")),
    )
    op.create_index("ix_cmi5_session_expires_at", "cmi5_session", ["expires_at"], unique=False)
    op.create_index(
        "ix_cmi5_session_registration_id", "cmi5_session", ["registration_id", "node_id"], unique=False
    )
    op.create_table(
        "cmi5_waiver",
        sa.Column("registration_id", Id(), nullable=False),
        sa.Column("node_id", Id(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("statement_id", Id(), nullable=False),
        sa.Column("waived_by", Id(), nullable=True, comment="the person who did it"),
        sa.Column("waived_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(["node_id"], ["cmi5_node.id"], name=op.f("fk_cmi5_waiver_node_id")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["cmi5_registration.id"], name=op.f("fk_cmi5_waiver_registration_id")
        ),
        sa.PrimaryKeyConstraint("registration_id", "node_id", name=op.f("pk_cmi5_waiver")),
    )
    # ### end Alembic commands ###
