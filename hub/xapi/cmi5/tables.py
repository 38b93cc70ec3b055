"""Courses that came as cmi5 packages, who is registered for them, and their sessions."""

import sqlalchemy as sa

from hub.store.types import Id, Json, Time, id_column, metadata, reference

cmi5_course = sa.Table(
    "cmi5_course",
    metadata,
    id_column(),
    reference("connection_id", "connection"),
    reference("offering_id", "offering"),
    sa.Column("publisher_id", sa.Text, nullable=False, comment="the course's id in its package"),
    sa.Column("activity_id", sa.Text, nullable=False, comment="the id that the hub made for statements"),
    sa.Column("title", Json, nullable=False, comment="texts by language"),
    sa.Column("description", Json, nullable=False, comment="texts by language"),
    sa.Column("package_hash", sa.String(64), nullable=False, comment="names its files in the blob store too"),
    sa.Column("objectives", Json, nullable=False),
    sa.Column("imported_at", Time(), nullable=False),
    sa.UniqueConstraint("connection_id", "publisher_id"),
    sa.UniqueConstraint("offering_id"),
)

cmi5_node = sa.Table(
    "cmi5_node",
    metadata,
    id_column(),
    reference("course_id", "cmi5_course"),
    sa.Column("parent_id", Id(), nullable=False, comment="the block it stands in, or the course"),
    sa.Column("place", sa.Integer, nullable=False, comment="in the order of the course: 1, 2, ..."),
    sa.Column("kind", sa.String(8), nullable=False, comment="block or au"),
    sa.Column("publisher_id", sa.Text, nullable=False, comment="its id in the package"),
    sa.Column("activity_id", sa.Text, nullable=False, comment="the id that the hub made for statements"),
    sa.Column("title", Json, nullable=False, comment="texts by language"),
    sa.Column("description", Json, nullable=False, comment="texts by language"),
    sa.Column("objectives", Json, nullable=False, comment="ids of those it serves"),
    sa.Column("au", Json, nullable=False, comment="of an AU: url, move_on, mastery_score and the like"),
    sa.Column("removed", sa.Boolean, nullable=False, comment="no longer in the newest package"),
    sa.Index("ix_cmi5_node_course_id", "course_id", "place"),
)

cmi5_registration = sa.Table(
    "cmi5_registration",
    metadata,
    id_column(),
    reference("course_id", "cmi5_course"),
    reference("person_id", "person", index=True),
    sa.Column(
        "subject", sa.Text, nullable=False, comment="account name under which the hub names the person"
    ),
    sa.Column("created_at", Time(), nullable=False),
    sa.UniqueConstraint("course_id", "person_id"),
)

cmi5_session = sa.Table(
    "cmi5_session",
    metadata,
    id_column(),
    reference("registration_id", "cmi5_registration"),
    reference("node_id", "cmi5_node"),
    sa.Column("launch_mode", sa.String(8), nullable=False, comment="Normal, Browse or Review"),
    sa.Column("mastery_score", sa.Float, comment="as the AU was told"),
    sa.Column("package_hash", sa.String(64), nullable=False, comment="the package it runs from"),
    sa.Column(
        "content_hash", sa.String(64), nullable=False, unique=True, comment="of the key of its content"
    ),
    sa.Column(
        "fetch_hash", sa.String(64), nullable=False, unique=True, comment="of the key of the fetch URL"
    ),
    sa.Column("credential_id", Id(), unique=True, comment="its auth-token; null until fetched"),
    sa.Column("launched_at", Time(), nullable=False),
    sa.Column("expires_at", Time(), nullable=False),
    sa.Column("preferences_read_at", Time(), comment="when the AU asked for the learner's preferences"),
    sa.Column("initialized_at", Time(), comment="this and the next four by the AU's own clock"),
    sa.Column("completed_at", Time()),
    sa.Column("passed_at", Time()),
    sa.Column("failed_at", Time()),
    sa.Column("terminated_at", Time()),
    sa.Column("last_at", Time(), comment="timestamp of its latest statement"),
    sa.Column("abandoned_at", Time()),
    sa.Index("ix_cmi5_session_registration_id", "registration_id", "node_id"),
    sa.Index("ix_cmi5_session_expires_at", "expires_at"),
)

cmi5_waiver = sa.Table(
    "cmi5_waiver",
    metadata,
    reference("registration_id", "cmi5_registration"),
    reference("node_id", "cmi5_node"),
    sa.Column("reason", sa.String(64), nullable=False),
    sa.Column("statement_id", Id(), nullable=False),
    sa.Column("waived_by", Id(), comment="the person who did it"),
    sa.Column("waived_at", Time(), nullable=False),
    sa.PrimaryKeyConstraint("registration_id", "node_id"),
)

cmi5_satisfied = sa.Table(
    "cmi5_satisfied",
    metadata,
    reference("registration_id", "cmi5_registration"),
    sa.Column("activity_id", sa.String(300), nullable=False, comment="of the block or the course"),
    sa.Column("statement_id", Id(), nullable=False),
    sa.Column("satisfied_at", Time(), nullable=False),
    sa.PrimaryKeyConstraint("registration_id", "activity_id"),
)
