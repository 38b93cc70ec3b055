"""What profiles are, what workflows did, and which reports went out."""

import sqlalchemy as sa

from hub.store.types import Json, Time, id_column, metadata, reference

audience_profile = sa.Table(
    "audience_profile",
    metadata,
    sa.Column("key", sa.String(50), primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("extends", sa.String(50), comment="key of the profile it inherits from"),
    sa.Column("audiences", Json, nullable=False, comment="keys of the audiences set up by it"),
    sa.Column("said", Json, nullable=False, comment="what it says itself; see profiles.profile"),
    comment="How audiences are set up.",
)

workflow_action = sa.Table(
    "workflow_action",
    metadata,
    id_column(),
    sa.Column("workflow", sa.String(50), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("audience", sa.String(100), nullable=False),
    reference("person_id", "person", index=True),
    reference("appointment_id", "appointment"),
    sa.Column("event", sa.String(100), nullable=False, comment="what it answered; once for each"),
    sa.Column("at", Time(), nullable=False),
    comment="What workflows did: a fact of the journal, once for each event.",
)

report_run = sa.Table(
    "report_run",
    metadata,
    sa.Column("audience", sa.String(100), primary_key=True),
    sa.Column("report", sa.String(50), primary_key=True),
    sa.Column("period", sa.String(10), primary_key=True, comment="the first day of it"),
    sa.Column("at", Time(), nullable=False),
    sa.Column("mails", sa.Integer, nullable=False),
    comment="Reports that went out, once for each period.",
)
