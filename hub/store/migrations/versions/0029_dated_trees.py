"""field nodes, their parents and what stands above them are dated; a location is in one node of a dimension at a time"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Time

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ALWAYS = "1900-01-01T00:00:00.000000+00:00"
"""What was known so far held always: the beginning of all validity, as hub.network.validity.dates has it."""
COMMENTS = {
    "location_node": "PostgreSQL refuses two at once in one dimension (ex_location_node_once); see migration 0029.",
    "node_closure": "Which nodes stand above which, for a time; each node stands above itself at depth 0 while it exists.",
}


def upgrade() -> None:
    is_postgres = op.get_bind().dialect.name == "postgresql"
    _parents()
    _nodes(is_postgres=is_postgres)
    _closure()
    if is_postgres:
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        op.execute(
            "ALTER TABLE location_node ADD CONSTRAINT ex_location_node_once EXCLUDE USING gist"
            " (location_id WITH =, dimension WITH =, tstzrange(valid_from, valid_to) WITH &&)"
        )
        op.execute(
            "ALTER TABLE node_parent ADD CONSTRAINT ex_node_parent_once EXCLUDE USING gist"
            " (node_id WITH =, tstzrange(valid_from, valid_to) WITH &&)"
        )
        for table, comment in COMMENTS.items():
            op.create_table_comment(table, comment)


def _parents() -> None:
    op.create_table(
        "node_parent",
        sa.Column("node_id", Id(), nullable=False),
        sa.Column("parent_id", Id(), nullable=False),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time(), nullable=True),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_node_parent_node_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["node.id"], name=op.f("fk_node_parent_parent_id")),
        sa.PrimaryKeyConstraint("node_id", "valid_from", name=op.f("pk_node_parent")),
        comment="A node without a row at some instant is a root then.",
    )
    op.create_index(op.f("ix_node_parent_parent_id"), "node_parent", ["parent_id"])
    op.execute(
        "INSERT INTO node_parent (node_id, parent_id, valid_from)"  # noqa: S608
        f" SELECT id, parent_id, '{ALWAYS}' FROM node WHERE parent_id IS NOT NULL"
    )


def _nodes(*, is_postgres: bool) -> None:
    op.drop_index(op.f("ix_node_parent_id"), "node")
    if is_postgres:
        op.add_column("node", sa.Column("valid_from", Time(), nullable=False, server_default=ALWAYS))
        op.add_column("node", sa.Column("valid_to", Time(), nullable=True))
        op.alter_column("node", "valid_from", server_default=None)
        op.drop_constraint(op.f("fk_node_parent_id"), "node", type_="foreignkey")
        op.drop_column("node", "parent_id")
        return
    # SQLite makes the table anew. Other tables refer to it, and find the same rows again before the commit: only rows that are
    # inserted into a table of its name count as found, a renamed table would not.
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute("CREATE TABLE node_before AS SELECT id, dimension, name FROM node")
    op.drop_table("node")
    op.create_table(
        "node",
        sa.Column("id", Id(), nullable=False),
        sa.Column("dimension", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time(), nullable=True),
        sa.ForeignKeyConstraint(["dimension"], ["dimension.key"], name=op.f("fk_node_dimension")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node")),
    )
    op.execute(
        "INSERT INTO node (id, dimension, name, valid_from)"  # noqa: S608
        f" SELECT id, dimension, name, '{ALWAYS}' FROM node_before"
    )
    op.drop_table("node_before")


def _closure() -> None:
    with op.batch_alter_table("node_closure") as table:
        table.add_column(sa.Column("valid_from", Time(), nullable=False, server_default=ALWAYS))
        table.add_column(sa.Column("valid_to", Time(), nullable=True))
        table.drop_constraint(op.f("pk_node_closure"), type_="primary")
        table.create_primary_key(op.f("pk_node_closure"), ["ancestor_id", "descendant_id", "valid_from"])
    with op.batch_alter_table("node_closure") as table:
        table.alter_column("valid_from", existing_type=Time(), existing_nullable=False, server_default=None)
