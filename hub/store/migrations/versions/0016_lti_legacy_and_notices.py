"""consumer keys of LTI 1.1, notice handlers"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lti_consumer_key",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column(
            "role",
            sa.String(length=8),
            nullable=False,
            comment="what the system is to the hub: tool or platform",
        ),
        sa.Column("consumer_key", sa.String(length=255), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_lti_consumer_key_connection_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", "role", name=op.f("pk_lti_consumer_key")),
        comment="Of LTI 1.1: they sign the migration claim, and nothing else.",
    )
    op.create_table(
        "lti_notice_handler",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("deployment_id", sa.String(length=100), nullable=False),
        sa.Column("notice_type", sa.String(length=100), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["lti_tool.connection_id"], name=op.f("fk_lti_notice_handler_connection_id")
        ),
        sa.PrimaryKeyConstraint(
            "connection_id", "deployment_id", "notice_type", name=op.f("pk_lti_notice_handler")
        ),
        comment="Where tools want to be told of what, for each of their deployments.",
    )
    _notices_of_platforms()


def _notices_of_platforms() -> None:
    table = "lti_platform_deployment"
    op.add_column(
        table,
        sa.Column(
            "notices_url",
            sa.Text(),
            nullable=True,
            comment="of the platform's notification service, as a launch told it",
        ),
    )
    op.add_column(
        table, sa.Column("notice_types", Json, nullable=True, comment="what that service has notices of")
    )
