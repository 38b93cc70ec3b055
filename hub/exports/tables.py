"""What was handed on to other systems, and who is to be looked at again."""

import sqlalchemy as sa

from hub.store.types import Id, Time, metadata

export_state = sa.Table(
    "export_state",
    metadata,
    sa.Column("plugin", sa.String(64), primary_key=True),
    sa.Column("export", sa.String(64), primary_key=True),
    sa.Column("compared_at", Time(), nullable=False, comment="when everybody was last to be looked at"),
    sa.Column("compare_after", Id(), comment="who comes after this id is yet to be looked at; null: nobody"),
    sa.Column("lease", Id(), comment="who is sending it; null: nobody"),
    sa.Column("leased_until", Time(), nullable=False, comment="then another may send it"),
    sa.Column("failures", sa.Integer, nullable=False, comment="in a row"),
    sa.Column("retry_at", Time(), nullable=False),
    sa.Column("last_error", sa.Text, nullable=False),
    comment="Lists of certified people that plugins keep in other systems.",
)

export_queue = sa.Table(
    "export_queue",
    metadata,
    sa.Column("plugin", sa.String(64), primary_key=True),
    sa.Column("export", sa.String(64), primary_key=True),
    sa.Column("person_id", Id(), primary_key=True),
    sa.Column("since", Time(), nullable=False),
    sa.Index("ix_export_queue_since", "plugin", "export", "since", "person_id"),
    comment="People whose rows in such a list may have changed.",
)

export_row = sa.Table(
    "export_row",
    metadata,
    sa.Column("plugin", sa.String(64), primary_key=True),
    sa.Column("export", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(80), primary_key=True, comment="appointment and target"),
    sa.Column("person_id", Id(), nullable=False),
    sa.Column("content_hash", sa.String(64), nullable=False, comment="empty where it was refused"),
    sa.Column("refused", sa.Text, nullable=False, server_default="", comment="why"),
    sa.Column("sent_at", Time(), nullable=False),
    sa.Index("ix_export_row_person", "plugin", "export", "person_id"),
    comment="Rows that such a list has, as they were last sent.",
)


def of_list(table: sa.Table, plugin: str, export: str) -> sa.ColumnElement[bool]:
    """Whether a row belongs to a list."""
    return sa.and_(table.c.plugin == plugin, table.c.export == export)
