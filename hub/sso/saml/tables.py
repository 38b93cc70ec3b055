"""SAML identity providers, the hub's keys towards them, and answers on their way from one request to the next."""

import sqlalchemy as sa

from hub.store.types import Id, Json, Time, metadata, reference

saml_provider = sa.Table(
    "saml_provider",
    metadata,
    sa.Column("connection_id", Id(), sa.ForeignKey("connection.id"), primary_key=True),
    sa.Column("entity_id", sa.Text, nullable=False),
    sa.Column("metadata_url", sa.Text, nullable=False, comment="empty where a file was uploaded"),
    sa.Column(
        "signer", sa.Text, nullable=False, comment="certificate that signs the metadata; empty for any"
    ),
    sa.Column("metadata", Json, nullable=False, comment="what the hub uses of it, as last read"),
    sa.Column("metadata_at", Time(), nullable=False),
    sa.Column(
        "signed_part", sa.String(16), nullable=False, comment="assertion, or response where that is enough"
    ),
    sa.Column(
        "idp_initiated", sa.Boolean, nullable=False, comment="whether people may come without being sent"
    ),
    sa.Column(
        "signs_requests", sa.Boolean, nullable=False, comment="also where the metadata does not ask for it"
    ),
    sa.Column("name_id_format", sa.Text, nullable=False),
    sa.Column("subject_attribute", sa.Text, nullable=False, comment="who somebody is; empty for the NameID"),
    sa.Column("required_acr", sa.Text, nullable=False, comment="parted by spaces; empty for any"),
)

saml_key = sa.Table(
    "saml_key",
    metadata,
    sa.Column("id", Id(), primary_key=True),
    sa.Column("role", sa.String(3), nullable=False, comment="sp or idp: never mixed"),
    sa.Column("certificate", sa.Text, nullable=False, comment="bare base64"),
    sa.Column("private_key", sa.Text, nullable=False, comment="sealed"),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column("signs_from", Time(), comment="empty while it is only published"),
    sa.Column("retired_at", Time(), comment="until when it is published and opens what was encrypted for it"),
    comment="The hub's keys for SAML: in each role one signs, one may wait, earlier ones still open.",
)

saml_answer = sa.Table(
    "saml_answer",
    metadata,
    sa.Column("code_hash", sa.String(64), primary_key=True),
    reference("connection_id", "connection"),
    sa.Column("body", sa.Text, nullable=False, comment="sealed: what was proved, with personal data"),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    comment="Verified answers between the provider's form post, which carries no cookie, and the hub's own page.",
)
