"""The hub as LTI platform: tools, keys, resource links, line items, launches and replay guards."""

import sqlalchemy as sa

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
)

platform_key = sa.Table(
    "platform_key",
    metadata,
    sa.Column("kid", sa.String(64), primary_key=True),
    sa.Column("private_key", sa.Text, nullable=False, comment="PEM, sealed; empty once it signs no more"),
    sa.Column("public_jwk", Json, nullable=False),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column(
        "retired_at", Time(), comment="when it leaves the published keys; it signs nothing once this is set"
    ),
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
)

lti_launch = sa.Table(
    "lti_launch",
    metadata,
    id_column(),
    sa.Column(
        "hint_hash", sa.String(64), nullable=False, unique=True, comment="of the login_hint, usable once"
    ),
    reference("person_id", "person"),
    reference("resource_link_id", "lti_resource_link"),
    sa.Column("session_hash", sa.String(64), nullable=False, comment="of the web session that asked for it"),
    sa.Column("registration", Id(), nullable=False, comment="handed to the tool for its statements"),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column(
        "expires_at", Time(), index=True, comment="of the hint; null once launched, for then the row stays"
    ),
    sa.Column("launched_at", Time(), comment="when the id_token was issued"),
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
