"""Themes, for whom each is, and their images."""

import sqlalchemy as sa

from hub.store.types import metadata

theme_image = sa.Table(
    "theme_image",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True, comment="SHA-256 of the content"),
    sa.Column("media_type", sa.String(32), nullable=False, comment="image/png, image/jpeg or image/webp"),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    comment="Logos: few and small, so they lie in the database.",
)

theme = sa.Table(
    "theme",
    metadata,
    sa.Column("key", sa.String(40), primary_key=True),
    sa.Column("title", sa.Text, nullable=False, comment="stands in the header beside the logo"),
    sa.Column("accent", sa.String(7), nullable=False, comment="such as #3452c7"),
    sa.Column("logo", sa.String(64), sa.ForeignKey("theme_image.hash")),
    sa.Column("certificate_logo", sa.String(64), sa.ForeignKey("theme_image.hash")),
    sa.Column(
        "sender", sa.Text, nullable=False, comment="the name that mails come from; empty for the hub's"
    ),
    sa.Column("reply_to", sa.Text, nullable=False, comment="where answers to mails go; empty for nowhere"),
)

theme_use = sa.Table(
    "theme_use",
    metadata,
    sa.Column("scope", sa.String(16), nullable=False, comment="hub, brand, audience, partner or location"),
    sa.Column("subject", sa.String(100), nullable=False, comment="id or key; empty for the hub"),
    sa.Column("theme", sa.String(40), sa.ForeignKey("theme.key"), nullable=False, index=True),
    sa.PrimaryKeyConstraint("scope", "subject"),
    comment="For whom a theme is: each has one at most.",
)
