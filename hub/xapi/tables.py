"""The record store's own tables: credentials and their access tokens, attachments, definitions of activities."""

import sqlalchemy as sa

from hub.store.types import Id, Json, Time, id_column, metadata, reference

xapi_credential = sa.Table(
    "xapi_credential",
    metadata,
    id_column(),
    reference("connection_id", "connection"),
    sa.Column(
        "kind",
        sa.String(16),
        nullable=False,
        server_default="system",
        comment="system, or session: made for one launch, in no list",
    ),
    sa.Column("key", sa.String(64), nullable=False, unique=True, comment="the Basic user name"),
    sa.Column("secret_hash", sa.String(64), nullable=False, comment="SHA-256: the secret is random and long"),
    sa.Column("scopes", Json, nullable=False, comment="statements/write, statements/read/mine, ..."),
    sa.Column(
        "label",
        sa.String(100),
        nullable=False,
        server_default="",
        comment="what it is for, in an operator's words",
    ),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column("expires_at", Time(), comment="null: until it is revoked"),
    sa.Column("revoked_at", Time()),
    sa.Column("last_used_at", Time(), comment="to about a minute"),
    sa.Index("ix_xapi_credential_connection_id_kind", "connection_id", "kind"),
)

xapi_token = sa.Table(
    "xapi_token",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True, comment="SHA-256 of an OAuth access token"),
    sa.Column(
        "credential_id",
        Id(),
        sa.ForeignKey("xapi_credential.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("scopes", Json, nullable=False, comment="those of the credential, or fewer"),
    sa.Column("expires_at", Time(), nullable=False, index=True),
)

statement_attachment = sa.Table(
    "statement_attachment",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False, comment="of the statement"),
    sa.Column("sha2", sa.String(128), primary_key=True, comment="as the statement says, in lower case"),
    sa.Column(
        "connection_id", Id(), nullable=False, comment="whose statement it is; names the blob with sha2"
    ),
    sa.Index("ix_statement_attachment_connection_id_sha2", "connection_id", "sha2"),
    comment="Which statements came with the bytes of which attachments.",
)

activity_definition = sa.Table(
    "activity_definition",
    metadata,
    sa.Column("connection_id", Id(), primary_key=True, comment="each system describes activities for itself"),
    sa.Column("activity_id", sa.Text, primary_key=True),
    sa.Column("definition", sa.LargeBinary, nullable=False, comment="JSON, merged from its statements"),
    comment="What is known of activities; derived from statements.",
)

from hub.xapi.cmi5 import tables as _cmi5  # noqa: E402, F401  (so that all tables are known)
from hub.xapi.documents import tables as _documents  # noqa: E402, F401
from hub.xapi.forward import tables as _forward  # noqa: E402, F401
