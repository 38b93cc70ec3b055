"""The hub as LTI tool: platforms and their deployments, logins under way, placements, and who came in through them."""

import sqlalchemy as sa

from hub.store.types import Id, Json, Time, id_column, metadata, reference

lti_platform = sa.Table(
    "lti_platform",
    metadata,
    sa.Column("connection_id", Id(), sa.ForeignKey("connection.id"), primary_key=True),
    sa.Column("issuer", sa.String(255), nullable=False),
    sa.Column("client_id", sa.String(255), nullable=False, comment="the hub's, as the platform names it"),
    sa.Column("authorize_url", sa.Text, nullable=False),
    sa.Column("token_url", sa.Text, nullable=False),
    sa.Column("jwks_url", sa.Text, nullable=False),
    sa.Column(
        "token_audience", sa.Text, nullable=False, comment="of assertions; empty where it is the token URL"
    ),
    sa.Column("jwks", Json, comment="as last fetched"),
    sa.Column("jwks_at", Time()),
    sa.Column("jwks_tried_at", Time(), comment="the last attempt to fetch it: all processes share one limit"),
    sa.Column("product", sa.String(100), nullable=False, comment="such as moodle, if it is known"),
    sa.Column("scopes", Json, nullable=False, comment="of services the platform grants to the hub"),
    sa.Column("unknown_people", sa.String(8), nullable=False, comment="link or refuse"),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.UniqueConstraint("issuer", "client_id"),
    comment="Systems that launch the hub. One issuer may have registered it many times, for different partners.",
)

lti_platform_deployment = sa.Table(
    "lti_platform_deployment",
    metadata,
    sa.Column("connection_id", Id(), sa.ForeignKey("lti_platform.connection_id"), nullable=False),
    sa.Column("deployment_id", sa.String(255), nullable=False),
    reference("partner_id", "partner", nullable=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("state", sa.String(8), nullable=False, comment="pending, approved or refused"),
    sa.Column("seen_at", Time(), nullable=False, comment="when it was first launched from, or entered"),
    sa.Column("notices_url", sa.Text, comment="of the platform's notification service, as a launch told it"),
    sa.Column("notice_types", Json, comment="what that service has notices of"),
    sa.PrimaryKeyConstraint("connection_id", "deployment_id"),
)

lti_login = sa.Table(
    "lti_login",
    metadata,
    sa.Column("state_hash", sa.String(64), primary_key=True),
    sa.Column("connection_id", Id(), sa.ForeignKey("lti_platform.connection_id"), nullable=False),
    sa.Column("nonce_hash", sa.String(64), nullable=False),
    sa.Column(
        "browser_hash", sa.String(64), nullable=False, comment="of the cookie that stays in the browser"
    ),
    sa.Column(
        "storage_hash", sa.String(64), comment="of what was put into the platform's storage, if anything"
    ),
    sa.Column("target_link_uri", sa.Text, nullable=False),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    sa.Column("used_at", Time()),
    comment="Logins under way: what must be known again when the id_token arrives.",
)

lti_placement = sa.Table(
    "lti_placement",
    metadata,
    id_column(),
    reference("connection_id", "connection"),
    sa.Column("deployment_id", sa.String(255), nullable=False),
    sa.Column("context_id", sa.Text, nullable=False, comment="the course there; empty where none was told"),
    sa.Column("resource_link_id", sa.String(255), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("target_kind", sa.String(8), nullable=False, comment="home, offering or path"),
    sa.Column("target_id", Id()),
    sa.Column("line_item_url", sa.Text),
    sa.Column("line_items_url", sa.Text),
    sa.Column("members_url", sa.Text),
    sa.Column("groups_url", sa.Text),
    sa.Column("scopes", Json, nullable=False, comment="of AGS, as the launch granted them"),
    sa.Column("line_item_maximum", sa.Float, comment="as last read from the platform"),
    sa.Column("line_item_read_at", Time()),
    sa.Column("seen_at", Time(), nullable=False, comment="when a launch last told something new"),
    sa.UniqueConstraint("connection_id", "deployment_id", "resource_link_id"),
    sa.Index("ix_lti_placement_target", "target_kind", "target_id"),
    comment="Where something of the hub stands in a platform's course, with the addresses of its services.",
)

lti_entry = sa.Table(
    "lti_entry",
    metadata,
    id_column(),
    reference("connection_id", "connection"),
    sa.Column("deployment_id", sa.String(255), nullable=False),
    reference("placement_id", "lti_placement", nullable=True),
    reference("person_id", "person", nullable=True),
    sa.Column("message_type", sa.String(40), nullable=False),
    sa.Column("roles", Json, nullable=False, comment="as received"),
    sa.Column("role", sa.String(16), nullable=False, comment="what they were taken for"),
    sa.Column("target_kind", sa.String(8), nullable=False),
    sa.Column("target_id", Id()),
    sa.Column("in_frame", sa.Boolean, nullable=False),
    sa.Column("code_hash", sa.String(64), unique=True, comment="of the code that opens the hub, usable once"),
    sa.Column(
        "expires_at", Time(), index=True, comment="of the code; null once opened, for then the row stays"
    ),
    sa.Column("opened_at", Time()),
    sa.Column("at", Time(), nullable=False),
    sa.Index("ix_lti_entry_person_id", "person_id", "id"),
    sa.Index("ix_lti_entry_placement_id", "placement_id", "person_id"),
    comment="Accepted launches.",
)
