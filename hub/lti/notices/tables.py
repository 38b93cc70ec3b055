"""Where tools want to be told of what."""

import sqlalchemy as sa

from hub.store.types import Id, metadata

lti_notice_handler = sa.Table(
    "lti_notice_handler",
    metadata,
    sa.Column("connection_id", Id(), sa.ForeignKey("lti_tool.connection_id"), nullable=False),
    sa.Column("deployment_id", sa.String(100), nullable=False),
    sa.Column("notice_type", sa.String(100), nullable=False),
    sa.Column("handler", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("connection_id", "deployment_id", "notice_type"),
    comment="Where tools want to be told of what, for each of their deployments.",
)
