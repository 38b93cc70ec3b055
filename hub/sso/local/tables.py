"""Accounts of the hub's own, what opens them, and who asks for one."""

import sqlalchemy as sa

from hub.store.types import Id, Json, Time, id_column, metadata, reference

local_account = sa.Table(
    "local_account",
    metadata,
    id_column(),
    reference("connection_id", "connection"),
    reference("person_id", "person"),
    sa.Column("email", sa.Text, nullable=False, index=True, comment="by which one signs in; lower case"),
    sa.Column("verified_at", Time(), comment="when a mail to this address was answered last; null if never"),
    sa.Column("created_at", Time(), nullable=False),
    sa.UniqueConstraint("person_id", "connection_id"),
    sa.Index("ix_local_account_connection_id", "connection_id"),
    comment="Personal data; erasure deletes the row. Its id is the subject at the partner's local connection.",
)

local_password = sa.Table(
    "local_password",
    metadata,
    sa.Column("account_id", Id(), sa.ForeignKey("local_account.id"), primary_key=True),
    sa.Column("hash", sa.Text, nullable=False, comment="argon2id with its parameters and salt"),
    sa.Column("changed_at", Time(), nullable=False),
)

passkey = sa.Table(
    "passkey",
    metadata,
    id_column(),
    reference("account_id", "local_account", index=True),
    sa.Column("credential_id", sa.String(1400), nullable=False, unique=True, comment="base64url"),
    sa.Column("public_key", sa.Text, nullable=False, comment="COSE key, base64url"),
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("transports", Json, nullable=False, comment="how browsers reach it"),
    sa.Column("name", sa.String(60), nullable=False, comment="as its owner calls it"),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column("used_at", Time()),
)

passkey_challenge = sa.Table(
    "passkey_challenge",
    metadata,
    sa.Column("challenge_hash", sa.String(64), primary_key=True),
    sa.Column(
        "browser_hash", sa.String(64), nullable=False, comment="of the cookie of the browser it is for"
    ),
    sa.Column("purpose", sa.String(80), nullable=False, comment="sign_in, or which account a passkey is for"),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    comment="Each works once, in one browser, for one purpose.",
)

account_link = sa.Table(
    "account_link",
    metadata,
    id_column(),
    reference("account_id", "local_account", index=True),
    sa.Column("kind", sa.String(10), nullable=False, comment="invitation or recovery"),
    sa.Column("code_hash", sa.String(64), unique=True, comment="of what whoever invites hands over"),
    sa.Column(
        "mail_code_hash", sa.String(64), unique=True, comment="of what was mailed, which proves the address"
    ),
    sa.Column("created_by", Id(), comment="null at the command line and for recovery"),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column("expires_at", Time(), nullable=False),
    sa.Column("used_at", Time()),
    sa.Column("revoked_at", Time()),
    sa.Index("ix_account_link_created_at", "created_at", "id"),
)

recovery_request = sa.Table(
    "recovery_request",
    metadata,
    id_column(),
    sa.Column("email", sa.Text, nullable=False, comment="as typed, whether anybody has it or not"),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    comment="Looked at by a worker, so that asking takes the same time for every address.",
)

registration_page = sa.Table(
    "registration_page",
    metadata,
    sa.Column("partner_id", Id(), sa.ForeignKey("partner.id"), primary_key=True),
    sa.Column("slug", sa.String(64), nullable=False, unique=True, comment="names it in its address"),
    sa.Column("is_open", sa.Boolean, nullable=False),
)

self_registration = sa.Table(
    "self_registration",
    metadata,
    id_column(),
    reference("partner_id", "partner"),
    sa.Column("given_name", sa.Text, nullable=False),
    sa.Column("family_name", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False, comment="where and as what, in the person's own words"),
    sa.Column("code_hash", sa.String(64), nullable=False, unique=True, comment="mailed to prove the address"),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column("confirmed_at", Time(), comment="nobody sees it before"),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    sa.Index("ix_self_registration_partner_id", "partner_id", "confirmed_at"),
    comment="Personal data of people who wait; the row goes with the decision.",
)
