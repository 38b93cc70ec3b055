"""lti deployments"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _deployments()
    _tools()
    _launches()
    _line_items()


def _deployments() -> None:
    op.create_table(
        "lti_deployment",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("deployment_id", sa.String(length=100), nullable=False),
        sa.Column("partner_id", Id(), nullable=True, comment="whose people are launched in it"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["lti_tool.connection_id"], name=op.f("fk_lti_deployment_connection_id")
        ),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_lti_deployment_partner_id")),
        sa.PrimaryKeyConstraint("connection_id", "deployment_id", name=op.f("pk_lti_deployment")),
        comment="Every tool has the one of lti_tool.deployment_id, for whom no other is meant.",
    )
    op.execute(
        "INSERT INTO lti_deployment (connection_id, deployment_id, name, disabled)"
        " SELECT connection_id, deployment_id, '', false FROM lti_tool"
    )


def _tools() -> None:
    for column in (
        sa.Column(
            "state",
            sa.String(length=8),
            nullable=False,
            server_default="active",
            comment="active, pending or refused; only active tools are served",
        ),
        sa.Column(
            "deep_linking_url", sa.Text(), nullable=True, comment="where content is chosen; null: not offered"
        ),
        sa.Column(
            "public_jwks", Json, nullable=True, comment="keys handed over instead of the address of a JWKS"
        ),
        sa.Column(
            "custom",
            Json,
            nullable=False,
            server_default="{}",
            comment="launch parameters of all its courses",
        ),
        sa.Column(
            "domain",
            sa.Text(),
            nullable=False,
            server_default="",
            comment="where its content lies, if it says so",
        ),
        sa.Column("asked", Json, nullable=True, comment="what the tool asked for when it registered itself"),
    ):
        op.add_column("lti_tool", column)


def _launches() -> None:
    # SQLite cannot change a column in place; nothing refers to this table.
    with op.batch_alter_table("lti_launch") as table:
        for column in _launch_columns():
            table.add_column(column)
    link = (
        "SELECT {} FROM lti_resource_link JOIN lti_tool ON lti_tool.connection_id = lti_resource_link.connection_id"
        " WHERE lti_resource_link.id = lti_launch.resource_link_id"
    )
    connection, deployment = link.format("lti_tool.connection_id"), link.format("lti_tool.deployment_id")
    op.execute(f"UPDATE lti_launch SET connection_id = ({connection}), deployment_id = ({deployment})")  # noqa: S608
    with op.batch_alter_table("lti_launch") as table:
        table.alter_column("connection_id", existing_type=Id(), nullable=False)
        table.alter_column(
            "deployment_id",
            existing_type=sa.String(length=100),
            nullable=False,
            existing_comment="the one it was begun in",
        )
        table.alter_column("resource_link_id", existing_type=Id(), nullable=True)
        table.create_foreign_key(op.f("fk_lti_launch_for_person_id"), "person", ["for_person_id"], ["id"])
        table.create_foreign_key(op.f("fk_lti_launch_connection_id"), "connection", ["connection_id"], ["id"])


def _launch_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("connection_id", Id(), nullable=True),
        sa.Column("deployment_id", sa.String(length=100), nullable=True, comment="the one it was begun in"),
        sa.Column(
            "message_type",
            sa.String(length=40),
            nullable=False,
            server_default="LtiResourceLinkRequest",
        ),
        sa.Column(
            "role",
            sa.String(length=16),
            nullable=False,
            server_default="Learner",
            comment="the context role, by its short name",
        ),
        sa.Column("for_person_id", Id(), nullable=True, comment="whose work is to be reviewed"),
        sa.Column(
            "content_id",
            Id(),
            nullable=True,
            comment="the request for content, or the line item under review",
        ),
    ]


def _line_items() -> None:
    for column in (
        sa.Column(
            "submission_review", Json, nullable=True, comment="how the tool shows what a learner handed in"
        ),
        sa.Column("starts_at", Time(), nullable=True),
        sa.Column("ends_at", Time(), nullable=True),
    ):
        op.add_column("lti_line_item", column)
