"""Deep linking, both ways"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lti_content_request",
        sa.Column("id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column(
            "session_hash",
            sa.String(length=64),
            nullable=False,
            comment="of the web session that asked for it",
        ),
        sa.Column(
            "data_hash",
            sa.String(length=64),
            nullable=True,
            comment="of the data the tool gives back; null until it is told",
        ),
        sa.Column("deployment_id", sa.String(length=100), nullable=False),
        sa.Column("accept_multiple", sa.Boolean(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("expires_at", Time(), nullable=False),
        sa.Column("answered_at", Time(), nullable=True),
        sa.Column("items", Json, nullable=True, comment="what the tool offers; see content.check_items.Item"),
        sa.Column(
            "problems", Json, nullable=True, comment="what is wrong with the answer as a whole, in words"
        ),
        sa.Column("imported_at", Time(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_lti_content_request_connection_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_lti_content_request_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_content_request")),
        sa.UniqueConstraint("data_hash", name=op.f("uq_lti_content_request_data_hash")),
        comment="A deep linking request to a tool, by an operator in one web session.",
    )
    op.create_index(op.f("ix_lti_content_request_expires_at"), "lti_content_request", ["expires_at"])
    op.create_index(op.f("ix_lti_content_request_person_id"), "lti_content_request", ["person_id"])
    op.create_table(
        "lti_pick",
        sa.Column("id", Id(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False, comment="of the picker's address"),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("deployment_id", sa.String(length=255), nullable=False),
        sa.Column("person_id", Id(), nullable=True, comment="null: nobody the hub knows"),
        sa.Column("return_url", sa.Text(), nullable=False),
        sa.Column("accept_multiple", sa.Boolean(), nullable=False),
        sa.Column("accept_line_item", sa.Boolean(), nullable=True, comment="null: the platform does not say"),
        sa.Column("targets", Json, nullable=False, comment="how the platform can present what is picked"),
        sa.Column("sealed_data", sa.Text(), nullable=True, comment="data of the platform, to be given back"),
        sa.Column("expires_at", Time(), nullable=False),
        sa.Column("used_at", Time(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_lti_pick_connection_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_lti_pick_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_pick")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_lti_pick_token_hash")),
        comment="A deep linking request of another platform, while somebody picks.",
    )
    op.create_index(op.f("ix_lti_pick_expires_at"), "lti_pick", ["expires_at"])
    op.create_index(op.f("ix_lti_pick_person_id"), "lti_pick", ["person_id"])


def downgrade() -> None:
    op.drop_table("lti_pick")
    op.drop_table("lti_content_request")
