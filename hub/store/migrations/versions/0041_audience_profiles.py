"""Audience profiles, what workflows did, and which reports went out."""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audience_profile",
        sa.Column("key", sa.String(50), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("extends", sa.String(50), nullable=True, comment="key of the profile it inherits from"),
        sa.Column("audiences", Json, nullable=False, comment="keys of the audiences set up by it"),
        sa.Column("said", Json, nullable=False, comment="what it says itself; see profiles.profile"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_audience_profile")),
        comment="How audiences are set up.",
    )
    op.create_table(
        "workflow_action",
        sa.Column("id", Id(), nullable=False),
        sa.Column("workflow", sa.String(50), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(100), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("appointment_id", Id(), nullable=False),
        sa.Column("event", sa.String(100), nullable=False, comment="what it answered; once for each"),
        sa.Column("at", Time(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_workflow_action_person_id")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_workflow_action_appointment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_action")),
        comment="What workflows did: a fact of the journal, once for each event.",
    )
    op.create_index(op.f("ix_workflow_action_person_id"), "workflow_action", ["person_id"])
    op.create_table(
        "report_run",
        sa.Column("audience", sa.String(100), nullable=False),
        sa.Column("report", sa.String(50), nullable=False),
        sa.Column("period", sa.String(10), nullable=False, comment="the first day of it"),
        sa.Column("at", Time(), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("audience", "report", "period", name=op.f("pk_report_run")),
        comment="Reports that went out, once for each period.",
    )
