"""Identity providers, sign-ins under way, and web sessions."""

import sqlalchemy as sa

from hub.sso.local import tables as local_tables  # noqa: F401
from hub.sso.onboarding import tables as onboarding_tables  # noqa: F401
from hub.sso.provider import tables as provider_tables  # noqa: F401
from hub.sso.saml import tables as saml_tables  # noqa: F401
from hub.sso.scim import tables as scim_tables  # noqa: F401
from hub.store.types import Id, Json, Time, metadata, reference

oidc_provider = sa.Table(
    "oidc_provider",
    metadata,
    sa.Column("connection_id", Id(), sa.ForeignKey("connection.id"), primary_key=True),
    sa.Column("issuer", sa.Text, nullable=False),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("client_secret", sa.Text, nullable=False, comment="sealed"),
    sa.Column("metadata", Json, comment="the provider's discovery document as last fetched"),
    sa.Column("metadata_at", Time()),
    sa.Column("jwks", Json, comment="the provider's keys as last fetched; served stale when it is down"),
    sa.Column("jwks_at", Time()),
    sa.Column(
        "scopes", sa.Text, nullable=False, server_default="openid", comment="asked for at every sign-in"
    ),
    sa.Column(
        "required_acr",
        sa.Text,
        nullable=False,
        server_default="",
        comment="how people must be authenticated, parted by spaces; empty for any way",
    ),
    sa.Column("secret_expires_at", Time(), comment="as its administrator told it"),
    sa.Column(
        "signs_out",
        sa.Boolean,
        nullable=False,
        server_default=sa.true(),
        comment="whether signing out of the hub signs out there too",
    ),
    sa.Column(
        "timeouts", sa.Integer, nullable=False, server_default="0", comment="in a row, when it was last asked"
    ),
    sa.Column("rests_until", Time(), comment="sign-ins are refused without asking it until then"),
)

sign_in_flow = sa.Table(
    "sign_in_flow",
    metadata,
    sa.Column("state_hash", sa.String(64), primary_key=True),
    sa.Column(
        "browser_hash", sa.String(64), nullable=False, comment="of the cookie of the browser that began it"
    ),
    reference("connection_id", "connection"),
    sa.Column(
        "purpose", sa.String(16), nullable=False, comment="sign_in, again, link, step_up, try or sign_out"
    ),
    reference("person_id", "person", nullable=True),
    sa.Column(
        "nonce", sa.String(64), nullable=False, comment="of OpenID Connect, or the id of a SAML request"
    ),
    sa.Column(
        "code_verifier",
        sa.Text,
        nullable=False,
        comment="sealed; of a sign_out, the address that the browser goes to",
    ),
    sa.Column("return_to", sa.Text, nullable=False),
    sa.Column("expires_at", Time(), nullable=False, index=True),
)

web_session = sa.Table(
    "web_session",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("id", Id(), nullable=False, unique=True, comment="by which it is named in pages and audit"),
    reference("person_id", "person", index=True),
    reference("connection_id", "connection"),
    sa.Column("form", sa.String(16), nullable=False, comment="of the subject, as in identity_link"),
    sa.Column("subject", sa.Text, nullable=False, comment="who signed in, as the connection says it"),
    sa.Column(
        "provider_session", sa.Text, nullable=False, comment="sid or SessionIndex; empty where none was told"
    ),
    sa.Column("acr", sa.Text, nullable=False, comment="how the person was authenticated; empty for unknown"),
    sa.Column("authenticated_at", Time(), nullable=False, comment="when, as the connection says it"),
    sa.Column(
        "time_is_told",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="whether the connection said when; else it is when the hub believed it",
    ),
    sa.Column(
        "id_token", sa.Text, nullable=False, comment="sealed: the hint for ending the provider's session"
    ),
    reference("looks_as_id", "person", nullable=True),
    sa.Column("device", sa.String(100), nullable=False, comment="browser and system in words"),
    sa.Column("started_at", Time(), nullable=False),
    sa.Column("seen_at", Time(), nullable=False, comment="within a minute"),
    sa.Column("expires_at", Time(), nullable=False, index=True, comment="however busy it is"),
    sa.Index("ix_web_session_subject", "connection_id", "form", "subject"),
    sa.Index("ix_web_session_provider_session", "connection_id", "provider_session"),
    comment="Bound to the sign-in that made it, so that the other side can end it.",
)

sign_in_policy = sa.Table(
    "sign_in_policy",
    metadata,
    sa.Column("connection_id", Id(), sa.ForeignKey("connection.id"), primary_key=True),
    sa.Column(
        "attributes", Json, nullable=False, comment="claim names by what they stand for; see sso.policy"
    ),
    sa.Column("creates_people", sa.Boolean, nullable=False),
    sa.Column("refreshes_details", sa.Boolean, nullable=False),
    reference("default_location_id", "location", nullable=True),
    reference("default_position_id", "position", nullable=True),
    sa.Column(
        "partner_claim",
        sa.Text,
        nullable=False,
        comment="names the employer; empty where one partner owns it",
    ),
    sa.Column("partners", Json, nullable=False, comment="partner ids by the values of that claim"),
    comment="What a connection's claims mean, and whether it brings people who are not in the hub yet.",
)

policy_partner = sa.Table(
    "policy_partner",
    metadata,
    reference("partner_id", "partner"),
    reference("connection_id", "connection", index=True),
    sa.PrimaryKeyConstraint("partner_id", "connection_id"),
    comment="Which partners a shared connection's claims can name: the values of sign_in_policy.partners, to be found by.",
)

sign_in_door = sa.Table(
    "sign_in_door",
    metadata,
    sa.Column("slug", sa.String(64), primary_key=True),
    reference("partner_id", "partner", index=True),
    reference("location_id", "location", nullable=True),
    comment="Names in an address under which the people of a partner or of a location find their ways in.",
)

used_message = sa.Table(
    "used_message",
    metadata,
    reference("connection_id", "connection"),
    sa.Column("message_id", sa.String(64), nullable=False, comment="hash of a jti or of an assertion's ID"),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    sa.PrimaryKeyConstraint("connection_id", "message_id"),
    comment="What other systems signed and what was used once, while it would still be valid.",
)

sign_in_trial = sa.Table(
    "sign_in_trial",
    metadata,
    reference("connection_id", "connection"),
    sa.Column("browser_hash", sa.String(64), nullable=False, comment="of the cookie of whoever tried"),
    sa.Column("body", sa.Text, nullable=False, comment="sealed: what came back, with personal data"),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    sa.PrimaryKeyConstraint("connection_id", "browser_hash"),
    comment="What came back when a connection was tried, for the browser that tried it and for nobody else.",
)
