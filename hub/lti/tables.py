"""The hub as LTI platform: tools, keys, resource links, line items, launches and replay guards."""

import sqlalchemy as sa

from hub.lti.bridge import tables as bridge
from hub.lti.content import tables as content
from hub.lti.legacy import tables as legacy
from hub.lti.notices import tables as notices
from hub.lti.registration import tables as registration
from hub.lti.roster import tables as roster
from hub.lti.tool import tables as tool
from hub.store.types import Id, Json, Time, id_column, metadata, reference

lti_tool = sa.Table(
    "lti_tool",
    metadata,
    sa.Column("connection_id", Id(), sa.ForeignKey("connection.id"), primary_key=True),
    sa.Column("client_id", sa.String(100), nullable=False, unique=True),
    sa.Column("deployment_id", sa.String(100), nullable=False),
    sa.Column("login_url", sa.Text, nullable=False),
    sa.Column(
        "launch_url", sa.Text, nullable=False, comment="target_link_uri unless the offering has its own"
    ),
    sa.Column("redirect_uris", Json, nullable=False),
    sa.Column("jwks_url", sa.Text, nullable=False),
    sa.Column("jwks", Json, comment="as last fetched"),
    sa.Column("jwks_at", Time()),
    sa.Column("jwks_tried_at", Time(), comment="the last attempt to fetch it: all processes share one limit"),
    sa.Column("scopes", Json, nullable=False, comment="the AGS scopes this tool is granted"),
    sa.Column(
        "shares_personal_data", sa.Boolean, nullable=False, comment="whether launches tell name and e-mail"
    ),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column(
        "state",
        sa.String(8),
        nullable=False,
        server_default="active",
        comment="active, pending or refused; only active tools are served",
    ),
    sa.Column("deep_linking_url", sa.Text, comment="where content is chosen; null: not offered"),
    sa.Column("public_jwks", Json, comment="keys handed over instead of the address of a JWKS"),
    sa.Column(
        "custom", Json, nullable=False, server_default="{}", comment="launch parameters of all its courses"
    ),
    sa.Column(
        "domain",
        sa.Text,
        nullable=False,
        server_default="",
        comment="where its content lies, if it says so",
    ),
    sa.Column("asked", Json, comment="what the tool asked for when it registered itself"),
)

lti_deployment = sa.Table(
    "lti_deployment",
    metadata,
    sa.Column("connection_id", Id(), sa.ForeignKey("lti_tool.connection_id"), nullable=False),
    sa.Column("deployment_id", sa.String(100), nullable=False),
    sa.Column("partner_id", Id(), sa.ForeignKey("partner.id"), comment="whose people are launched in it"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.PrimaryKeyConstraint("connection_id", "deployment_id"),
    comment="Every tool has the one of lti_tool.deployment_id, for whom no other is meant.",
)

lti_resource_link = sa.Table(
    "lti_resource_link",
    metadata,
    id_column(),
    sa.Column("offering_id", Id(), sa.ForeignKey("offering.id"), nullable=False, unique=True),
    sa.Column("connection_id", Id(), sa.ForeignKey("lti_tool.connection_id"), nullable=False),
    sa.Column("target_link_uri", sa.Text, comment="null: the tool's launch URL"),
    sa.Column("custom", Json, nullable=False, comment="launch parameters beyond those of the offering"),
    comment="Where an offering is launched. Its id is the LTI resource link id and names the AGS context.",
)

lti_line_item = sa.Table(
    "lti_line_item",
    metadata,
    id_column(),
    reference("resource_link_id", "lti_resource_link", index=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("score_maximum", sa.Float, nullable=False),
    sa.Column("tag", sa.Text, nullable=False),
    sa.Column("resource_id", sa.Text, nullable=False),
    sa.Column(
        "is_default", sa.Boolean, nullable=False, comment="made by the hub; the one whose score is credited"
    ),
    sa.Column("submission_review", Json, comment="how the tool shows what a learner handed in"),
    sa.Column("starts_at", Time()),
    sa.Column("ends_at", Time()),
)

lti_launch = sa.Table(
    "lti_launch",
    metadata,
    id_column(),
    sa.Column(
        "hint_hash", sa.String(64), nullable=False, unique=True, comment="of the login_hint, usable once"
    ),
    reference("person_id", "person"),
    reference("connection_id", "connection"),
    sa.Column("deployment_id", sa.String(100), nullable=False, comment="the one it was begun in"),
    reference("resource_link_id", "lti_resource_link", nullable=True, index=True),
    sa.Column("session_hash", sa.String(64), nullable=False, comment="of the web session that asked for it"),
    sa.Column("registration", Id(), nullable=False, comment="handed to the tool for its statements"),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column(
        "expires_at", Time(), index=True, comment="of the hint; null once launched, for then the row stays"
    ),
    sa.Column("launched_at", Time(), comment="when the id_token was issued"),
    sa.Column("message_type", sa.String(40), nullable=False, server_default="LtiResourceLinkRequest"),
    sa.Column(
        "role",
        sa.String(16),
        nullable=False,
        server_default="Learner",
        comment="the context role, by its short name",
    ),
    sa.Column("for_person_id", Id(), sa.ForeignKey("person.id"), comment="whose work is to be reviewed"),
    sa.Column("content_id", Id(), comment="the request for content, or the line item under review"),
    sa.Index("ix_lti_launch_person_id", "person_id", "resource_link_id"),
)

lti_result = sa.Table(
    "lti_result",
    metadata,
    reference("line_item_id", "lti_line_item"),
    reference("person_id", "person"),
    sa.Column("timestamp", Time(), nullable=False, comment="of the newest score, by the sender's clock"),
    sa.Column("statement_id", Id(), nullable=False, comment="the statement of that score"),
    sa.Column("score", Json, nullable=False, comment="that score as sent"),
    sa.PrimaryKeyConstraint("line_item_id", "person_id"),
)

lti_seen_jti = sa.Table(
    "lti_seen_jti",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True, comment="hash of client id and jti of an assertion"),
    sa.Column("expires_at", Time(), nullable=False, index=True),
)

lti_token = sa.Table(
    "lti_token",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    reference("connection_id", "connection"),
    sa.Column("scopes", Json, nullable=False),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    sa.Column("revoked", sa.Boolean, nullable=False),
)

PARTS = (bridge, content, legacy, notices, registration, roster, tool)
"""Tables of the parts of this room, which are known when these are."""
