"""What plugins note about appointments, which of them erase people, and what they still have to erase."""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0056"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plugin_note",
        sa.Column("plugin", sa.String(64), nullable=False),
        sa.Column("appointment_id", Id(), nullable=False),
        sa.Column("value", Json, nullable=False, comment="what the plugin decides by; it names nobody"),
        sa.Column("noted_at", Time(), nullable=False),
        sa.Column("noted_by", Id(), comment="whose act it was; null for the plugin's own"),
        sa.PrimaryKeyConstraint("plugin", "appointment_id", name=op.f("pk_plugin_note")),
        comment="What plugins keep in mind about appointments and are told again when they are asked.",
    )
    op.create_index(op.f("ix_plugin_note_appointment_id"), "plugin_note", ["appointment_id"])
    op.create_table(
        "plugin_erasure",
        sa.Column("erasure_id", Id(), nullable=False),
        sa.Column("plugin", sa.String(64), nullable=False),
        sa.Column("people", Json, nullable=False, comment="ids of the person, and of who became part of it"),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", Time(), nullable=False),
        sa.Column("last_error", sa.Text, comment="why the last attempt failed"),
        sa.Column(
            "done_at", Time(), comment="null while the plugin may still hold something: the erasure is open"
        ),
        sa.PrimaryKeyConstraint("erasure_id", "plugin", name=op.f("pk_plugin_erasure")),
        sa.ForeignKeyConstraint(["erasure_id"], ["erasure.id"], name=op.f("fk_plugin_erasure_erasure_id")),
        comment="What plugins have to erase themselves, each tried again until it is done.",
    )
    op.create_table(
        "plugin_eraser",
        sa.Column("plugin", sa.String(64), nullable=False),
        sa.Column("since", Time(), nullable=False),
        sa.PrimaryKeyConstraint("plugin", name=op.f("pk_plugin_eraser")),
        comment="Plugins that were on and erase people themselves, until their data is removed.",
    )
