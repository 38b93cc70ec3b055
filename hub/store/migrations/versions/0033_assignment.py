"""decisions about goals, and what they waive"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "goal_decision",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False, comment="whose goal it is"),
        sa.Column("verdict", sa.String(8), nullable=False, comment="give, choose or waive"),
        sa.Column("target_kind", sa.String(16), nullable=False),
        sa.Column("target_id", Id(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False, comment="goal kind"),
        sa.Column("dimension", sa.String(40), nullable=False),
        sa.Column(
            "appointments", Json, nullable=False, comment="ids of those through which a goal was given"
        ),
        sa.Column("binding", sa.Boolean(), nullable=False, comment="a goal that was given and is not waived"),
        sa.Column("due_at", Time(), nullable=True),
        sa.Column("look_back_days", sa.Integer(), nullable=True),
        sa.Column("actor_id", Id(), nullable=True, comment="the person who decided"),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time(), nullable=True),
        sa.ForeignKeyConstraint(["dimension"], ["dimension.key"], name=op.f("fk_goal_decision_dimension")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_goal_decision_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goal_decision")),
        comment="What people decided about goals: given, chosen, waived.",
    )
    op.create_index(op.f("ix_goal_decision_person_id"), "goal_decision", ["person_id"])
    op.create_table(
        "decision_words",
        sa.Column("decision_id", Id(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["goal_decision.id"], name=op.f("fk_decision_words_decision_id")
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decision_words")),
        comment="Why somebody decided so, in their own words: personal, so in no journal.",
    )
    with op.batch_alter_table("goal_source", reflect_kwargs={"resolve_fks": False}) as table:
        table.alter_column("appointment_id", existing_type=Id(), nullable=True)
        table.alter_column(
            "kind",
            existing_type=sa.String(16),
            existing_nullable=False,
            comment="rule, plugin, manager or self",
            existing_comment="rule or plugin",
        )
        table.alter_column(
            "source_key",
            existing_type=sa.String(100),
            existing_nullable=False,
            comment="key of the rule, name of the plugin, id of the decision",
            existing_comment="key of the rule, name of the plugin",
        )
        table.add_column(
            sa.Column(
                "binding",
                sa.Boolean(),
                nullable=False,
                server_default=sa.false(),
                comment="while it is valid, its goal is not waived",
            )
        )
    op.create_table(
        "waived_source",
        sa.Column("id", Id(), nullable=False),
        sa.Column("goal_id", Id(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("source_key", sa.String(100), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("appointment_id", Id(), nullable=True),
        sa.Column("reason", Json, nullable=False),
        sa.Column("due_at", Time(), nullable=True),
        sa.Column("look_back_days", sa.Integer(), nullable=True),
        sa.Column("binding", sa.Boolean(), nullable=False),
        sa.Column("waiver_kind", sa.String(16), nullable=False, comment="who waives it: decision"),
        sa.Column("waiver_key", sa.String(100), nullable=False, comment="id of the decision"),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time(), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_waived_source_appointment_id")
        ),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_waived_source_goal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waived_source")),
        comment="What would ask for a goal if nobody had waived it.",
    )
    op.create_index(op.f("ix_waived_source_goal_id"), "waived_source", ["goal_id"])
