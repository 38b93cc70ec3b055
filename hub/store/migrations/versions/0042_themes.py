"""themes by location, audience, brand and partner; locations are found in the order of their names"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "theme_image",
        sa.Column("hash", sa.String(64), nullable=False, comment="SHA-256 of the content"),
        sa.Column("media_type", sa.String(32), nullable=False, comment="image/png, image/jpeg or image/webp"),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_theme_image")),
        comment="Logos: few and small, so they lie in the database.",
    )
    op.create_table(
        "theme",
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False, comment="stands in the header beside the logo"),
        sa.Column("accent", sa.String(7), nullable=False, comment="such as #3452c7"),
        sa.Column("logo", sa.String(64), nullable=True),
        sa.Column("certificate_logo", sa.String(64), nullable=True),
        sa.Column(
            "sender", sa.Text(), nullable=False, comment="the name that mails come from; empty for the hub's"
        ),
        sa.Column(
            "reply_to", sa.Text(), nullable=False, comment="where answers to mails go; empty for nowhere"
        ),
        sa.ForeignKeyConstraint(["logo"], ["theme_image.hash"], name=op.f("fk_theme_logo")),
        sa.ForeignKeyConstraint(
            ["certificate_logo"], ["theme_image.hash"], name=op.f("fk_theme_certificate_logo")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_theme")),
    )
    op.create_table(
        "theme_use",
        sa.Column(
            "scope", sa.String(16), nullable=False, comment="hub, brand, audience, partner or location"
        ),
        sa.Column("subject", sa.String(100), nullable=False, comment="id or key; empty for the hub"),
        sa.Column("theme", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(["theme"], ["theme.key"], name=op.f("fk_theme_use_theme")),
        sa.PrimaryKeyConstraint("scope", "subject", name=op.f("pk_theme_use")),
        comment="For whom a theme is: each has one at most.",
    )
    op.create_index(op.f("ix_theme_use_theme"), "theme_use", ["theme"])
    order = ' COLLATE "C"' if op.get_bind().dialect.name == "postgresql" else ""
    op.execute(f"CREATE INDEX ix_location_name ON location (lower(name){order}, id)")
    op.execute(f"CREATE INDEX ix_location_partner_id_name ON location (partner_id, lower(name){order}, id)")
