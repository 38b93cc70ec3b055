"""Systems that sign people in with the hub by SAML, and what is under way with them."""

import sqlalchemy as sa

from hub.store.types import Id, Json, Time, metadata, reference

saml_client = sa.Table(
    "saml_client",
    metadata,
    sa.Column("client_id", Id(), primary_key=True),
    reference("connection_id", "connection", index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("entity_id", sa.Text, nullable=False, unique=True, index=True),
    sa.Column("metadata_url", sa.Text, nullable=False, comment="empty where it was pasted"),
    sa.Column("metadata", Json, nullable=False, comment="what the hub uses of it, as last read"),
    sa.Column("metadata_at", Time(), nullable=False),
    sa.Column("attribute_names", Json, nullable=False, comment="what it is told, by claim"),
    sa.Column("subject_type", sa.String(8), nullable=False, comment="pairwise or public"),
    sa.Column("encrypts", sa.Boolean, nullable=False, comment="whether assertions are encrypted"),
    sa.Column(
        "hub_initiated", sa.Boolean, nullable=False, index=True, comment="whether it is opened from the hub"
    ),
    sa.Column("partner_ids", Json, nullable=False, comment="whose people may sign in; empty for everybody's"),
    sa.Column("audiences", Json, nullable=False, comment="keys of audiences it is for; empty for all"),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("created_at", Time(), nullable=False),
    comment="Systems that sign people in with the hub by SAML.",
)

saml_request = sa.Table(
    "saml_request",
    metadata,
    sa.Column("code_hash", sa.String(64), primary_key=True),
    sa.Column("body", Json, nullable=False, comment="what was asked, verified"),
    sa.Column("session_id", Id(), comment="the web session there was, which will not do"),
    sa.Column("made_at", Time(), nullable=False),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    comment="Requests whose people sign in first, or whose browser has yet to bring its cookies.",
)

saml_sign_in = sa.Table(
    "saml_sign_in",
    metadata,
    sa.Column("client_id", Id(), sa.ForeignKey("saml_client.client_id"), primary_key=True),
    sa.Column("session_index", sa.String(64), primary_key=True, comment="how this client knows the session"),
    reference("person_id", "person", index=True),
    sa.Column("session_id", Id(), nullable=False, index=True, comment="web_session.id, which may have ended"),
    sa.Column("started_at", Time(), nullable=False),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    comment="Which systems a web session signed in at by SAML.",
)

saml_sign_out = sa.Table(
    "saml_sign_out",
    metadata,
    sa.Column("state_hash", sa.String(64), primary_key=True),
    sa.Column("browser_hash", sa.String(64), comment="whose flow cookie goes on; empty until it first does"),
    sa.Column("body", sa.Text, nullable=False, comment="sealed: which systems are still to be told"),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    comment="Browsers on their way through the systems that their session signed in at.",
)
