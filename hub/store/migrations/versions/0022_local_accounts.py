"""local accounts"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _local_account()
    _local_password()
    _passkey()
    _passkey_challenge()
    _account_link()
    _recovery_request()
    _registration_page()
    _self_registration()


def _local_account() -> None:
    op.create_table(
        "local_account",
        sa.Column("id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False, comment="by which one signs in; lower case"),
        sa.Column(
            "verified_at",
            Time(),
            nullable=True,
            comment="when a mail to this address was answered last; null if never",
        ),
        sa.Column("created_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_local_account_connection_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_local_account_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_account")),
        sa.UniqueConstraint("email", name=op.f("uq_local_account_email")),
        sa.UniqueConstraint(
            "person_id", "connection_id", name=op.f("uq_local_account_person_id_connection_id")
        ),
        comment="Personal data; erasure deletes the row. Its id is the subject at the partner's local connection.",
    )
    op.create_index("ix_local_account_connection_id", "local_account", ["connection_id"], unique=False)


def _local_password() -> None:
    op.create_table(
        "local_password",
        sa.Column("account_id", Id(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False, comment="argon2id with its parameters and salt"),
        sa.Column("changed_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["local_account.id"], name=op.f("fk_local_password_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_local_password")),
    )


def _passkey() -> None:
    op.create_table(
        "passkey",
        sa.Column("id", Id(), nullable=False),
        sa.Column("account_id", Id(), nullable=False),
        sa.Column("credential_id", sa.String(length=1400), nullable=False, comment="base64url"),
        sa.Column("public_key", sa.Text(), nullable=False, comment="COSE key, base64url"),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", Json, nullable=False, comment="how browsers reach it"),
        sa.Column("name", sa.String(length=60), nullable=False, comment="as its owner calls it"),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("used_at", Time(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["local_account.id"], name=op.f("fk_passkey_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_account_id"), "passkey", ["account_id"], unique=False)


def _passkey_challenge() -> None:
    op.create_table(
        "passkey_challenge",
        sa.Column("challenge_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "browser_hash",
            sa.String(length=64),
            nullable=False,
            comment="of the cookie of the browser it is for",
        ),
        sa.Column(
            "purpose",
            sa.String(length=80),
            nullable=False,
            comment="sign_in, or which account a passkey is for",
        ),
        sa.Column("expires_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("challenge_hash", name=op.f("pk_passkey_challenge")),
        comment="Each works once, in one browser, for one purpose.",
    )
    op.create_index(
        op.f("ix_passkey_challenge_expires_at"), "passkey_challenge", ["expires_at"], unique=False
    )


def _account_link() -> None:
    op.create_table(
        "account_link",
        sa.Column("id", Id(), nullable=False),
        sa.Column("account_id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False, comment="invitation or recovery"),
        sa.Column(
            "code_hash", sa.String(length=64), nullable=True, comment="of what whoever invites hands over"
        ),
        sa.Column(
            "mail_code_hash",
            sa.String(length=64),
            nullable=True,
            comment="of what was mailed, which proves the address",
        ),
        sa.Column("created_by", Id(), nullable=True, comment="null at the command line and for recovery"),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("expires_at", Time(), nullable=False),
        sa.Column("used_at", Time(), nullable=True),
        sa.Column("revoked_at", Time(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["local_account.id"], name=op.f("fk_account_link_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_link")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_account_link_code_hash")),
        sa.UniqueConstraint("mail_code_hash", name=op.f("uq_account_link_mail_code_hash")),
    )
    op.create_index(op.f("ix_account_link_account_id"), "account_link", ["account_id"], unique=False)
    op.create_index("ix_account_link_created_at", "account_link", ["created_at", "id"], unique=False)


def _recovery_request() -> None:
    op.create_table(
        "recovery_request",
        sa.Column("id", Id(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False, comment="as typed, whether anybody has it or not"),
        sa.Column("expires_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_request")),
        comment="Looked at by a worker, so that asking takes the same time for every address.",
    )
    op.create_index(op.f("ix_recovery_request_expires_at"), "recovery_request", ["expires_at"], unique=False)


def _registration_page() -> None:
    op.create_table(
        "registration_page",
        sa.Column("partner_id", Id(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False, comment="names it in its address"),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_registration_page_partner_id")),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_registration_page")),
        sa.UniqueConstraint("slug", name=op.f("uq_registration_page_slug")),
    )


def _self_registration() -> None:
    op.create_table(
        "self_registration",
        sa.Column("id", Id(), nullable=False),
        sa.Column("partner_id", Id(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False, comment="where and as what, in the person's own words"),
        sa.Column("code_hash", sa.String(length=64), nullable=False, comment="mailed to prove the address"),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("confirmed_at", Time(), nullable=True, comment="nobody sees it before"),
        sa.Column("expires_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_self_registration_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_self_registration")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_self_registration_code_hash")),
        comment="Personal data of people who wait; the row goes with the decision.",
    )
    op.create_index(
        op.f("ix_self_registration_expires_at"), "self_registration", ["expires_at"], unique=False
    )
    op.create_index(
        "ix_self_registration_partner_id", "self_registration", ["partner_id", "confirmed_at"], unique=False
    )
