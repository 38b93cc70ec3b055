"""managers by name and by position"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Time

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "position_superior",
        sa.Column("position_id", Id(), nullable=False),
        sa.Column("superior_id", Id(), nullable=False),
        sa.Column("dimension", sa.String(40), nullable=False),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time(), nullable=True),
        sa.ForeignKeyConstraint(
            ["position_id"], ["position.id"], name=op.f("fk_position_superior_position_id")
        ),
        sa.ForeignKeyConstraint(
            ["superior_id"], ["position.id"], name=op.f("fk_position_superior_superior_id")
        ),
        sa.ForeignKeyConstraint(
            ["dimension"], ["dimension.key"], name=op.f("fk_position_superior_dimension")
        ),
        sa.PrimaryKeyConstraint(
            "position_id", "superior_id", "dimension", "valid_from", name=op.f("pk_position_superior")
        ),
        comment="Who holds the one manages those in the other at the same location, in one dimension.",
    )
    op.create_index(op.f("ix_position_superior_superior_id"), "position_superior", ["superior_id"])
    op.create_table(
        "manager_relation",
        sa.Column("id", Id(), nullable=False),
        sa.Column("manager_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=True),
        sa.Column("appointment_id", Id(), nullable=True),
        sa.Column("dimension", sa.String(40), nullable=False),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time(), nullable=True),
        sa.CheckConstraint(
            "(person_id IS NULL) <> (appointment_id IS NULL)", name=op.f("ck_manager_relation_one_subject")
        ),
        sa.ForeignKeyConstraint(["manager_id"], ["person.id"], name=op.f("fk_manager_relation_manager_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_manager_relation_person_id")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_manager_relation_appointment_id")
        ),
        sa.ForeignKeyConstraint(["dimension"], ["dimension.key"], name=op.f("fk_manager_relation_dimension")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manager_relation")),
        comment="Managers by name, of a person or of one appointment.",
    )
    for column in ("manager_id", "person_id", "appointment_id"):
        op.create_index(op.f(f"ix_manager_relation_{column}"), "manager_relation", [column])
