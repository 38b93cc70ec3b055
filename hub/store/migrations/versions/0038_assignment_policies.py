"""due policies, binding rules, plugins that waive, and training elsewhere"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("rule") as table:
        table.add_column(
            sa.Column(
                "due",
                Json,
                nullable=False,
                server_default="{}",
                comment="when it is due by the calendar; see training.due_policy",
            )
        )
        table.add_column(
            sa.Column(
                "binding",
                sa.Boolean,
                nullable=False,
                server_default=sa.false(),
                comment="while it asks for a goal, nobody waives that",
            )
        )
    with op.batch_alter_table("opinion", reflect_kwargs={"resolve_fks": False}) as table:
        table.add_column(
            sa.Column(
                "verdict", sa.String(8), nullable=False, server_default="assign", comment="assign or waive"
            )
        )
    with op.batch_alter_table("waived_source", reflect_kwargs={"resolve_fks": False}) as table:
        table.add_column(
            sa.Column(
                "waiver_reason", sa.Text, nullable=False, server_default="", comment="the plugin's own words"
            )
        )
        table.alter_column(
            "waiver_kind",
            existing_type=sa.String(16),
            existing_nullable=False,
            comment="who waives it: decision or plugin",
            existing_comment="who waives it: decision",
        )
        table.alter_column(
            "waiver_key",
            existing_type=sa.String(100),
            existing_nullable=False,
            comment="id of the decision, name of the plugin",
            existing_comment="id of the decision",
        )
    op.create_table(
        "external_record",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("partner_id", Id(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column(
            "by_partner", sa.Boolean(), nullable=False, comment="the employer declared it, not the person"
        ),
        sa.Column("state", sa.String(8), nullable=False, comment="declared, accepted or refused"),
        sa.Column("declared_by", Id(), nullable=False),
        sa.Column("declared_at", Time(), nullable=False),
        sa.Column("judged_by", Id(), nullable=True),
        sa.Column("judged_at", Time(), nullable=True),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_external_record_partner_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_external_record_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_record")),
        comment="What somebody learned elsewhere. It counts for nothing here.",
    )
    op.create_index(op.f("ix_external_record_person_id"), "external_record", ["person_id"])
