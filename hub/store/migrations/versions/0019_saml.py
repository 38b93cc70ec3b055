"""SAML providers, the hub's keys towards them, and answers on their way"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saml_provider",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("metadata_url", sa.Text(), nullable=False, comment="empty where a file was uploaded"),
        sa.Column(
            "signer",
            sa.Text(),
            nullable=False,
            comment="certificate that signs the metadata; empty for any",
        ),
        sa.Column("metadata", Json, nullable=False, comment="what the hub uses of it, as last read"),
        sa.Column("metadata_at", Time(), nullable=False),
        sa.Column(
            "signed_part",
            sa.String(length=16),
            nullable=False,
            comment="assertion, or response where that is enough",
        ),
        sa.Column(
            "idp_initiated",
            sa.Boolean(),
            nullable=False,
            comment="whether people may come without being sent",
        ),
        sa.Column(
            "signs_requests",
            sa.Boolean(),
            nullable=False,
            comment="also where the metadata does not ask for it",
        ),
        sa.Column("name_id_format", sa.Text(), nullable=False),
        sa.Column(
            "subject_attribute", sa.Text(), nullable=False, comment="who somebody is; empty for the NameID"
        ),
        sa.Column("required_acr", sa.Text(), nullable=False, comment="parted by spaces; empty for any"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_saml_provider_connection_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_saml_provider")),
    )
    op.create_table(
        "saml_key",
        sa.Column("id", Id(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False, comment="bare base64"),
        sa.Column("private_key", sa.Text(), nullable=False, comment="sealed"),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("signs_from", Time(), nullable=True, comment="empty while it is only published"),
        sa.Column(
            "retired_at",
            Time(),
            nullable=True,
            comment="until when it is published and opens what was encrypted for it",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saml_key")),
        comment="The hub's keys towards SAML providers: one signs, one may wait, earlier ones still open.",
    )
    op.create_table(
        "saml_answer",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="sealed: what was proved, with personal data"),
        sa.Column("expires_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_saml_answer_connection_id")
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_saml_answer")),
        comment="Verified answers between the provider's form post, which carries no cookie, and the hub's own page.",
    )
    op.create_index("ix_saml_answer_expires_at", "saml_answer", ["expires_at"])
