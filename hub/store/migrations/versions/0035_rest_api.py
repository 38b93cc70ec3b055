"""rest api"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False, comment="operator, partner or person"),
        sa.Column("partner_id", Id(), nullable=True),
        sa.Column("person_id", Id(), nullable=True),
        sa.Column("token_hash", sa.String(64), nullable=False, comment="SHA-256: the token is random"),
        sa.Column("scopes", Json, nullable=False, comment="network/read, people/read, ..."),
        sa.Column(
            "label", sa.String(100), nullable=False, comment="what it is for, in the words of whoever made it"
        ),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("created_by", Id(), nullable=True, comment="null at the command line"),
        sa.Column("expires_at", Time(), nullable=True, comment="null: until it is revoked"),
        sa.Column("revoked_at", Time(), nullable=True),
        sa.Column("last_used_at", Time(), nullable=True, comment="to about a minute"),
        sa.CheckConstraint(
            "(kind = 'operator' AND partner_id IS NULL AND person_id IS NULL)"
            " OR (kind = 'partner' AND partner_id IS NOT NULL AND person_id IS NULL)"
            " OR (kind = 'person' AND partner_id IS NULL AND person_id IS NOT NULL)",
            name=op.f("ck_api_token_one_owner"),
        ),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_api_token_partner_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_token_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
        comment="Tokens of programs that use the REST interface. Kept when they ended: whoever still sends one is told why.",
    )
    op.create_index(op.f("ix_api_token_partner_id"), "api_token", ["partner_id"])
    op.create_index(op.f("ix_api_token_person_id"), "api_token", ["person_id"])
