"""statement terms"""

import sqlalchemy as sa
from alembic import op

from hub.journal.find_keys import read_keys
from hub.journal.references import inherit_terms, note_references, referred_id
from hub.journal.terms import hash_terms
from hub.store import Id, Time
from hub.store.append_only import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BATCH = 1000
position_type = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "statement_term",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", position_type, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("term", "position", name=op.f("pk_statement_term")),
        comment="What a statement, or one that it refers to, can be found by; see hub.journal.terms.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "statement_reference",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("target_id", Id(), nullable=False, comment="a statement, which may not be here yet"),
        sa.Column(
            "position", position_type, autoincrement=False, nullable=False, comment="of what refers to it"
        ),
        sa.PrimaryKeyConstraint(
            "connection_id", "target_id", "position", name=op.f("pk_statement_reference")
        ),
        comment="Statements whose object is another statement.",
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "sqlite":
        _count_positions_for_good()
    else:
        for columns in ("connection_id_object_id", "id", "registration"):
            op.drop_index(f"ix_statement_{columns}", "statement")
        # Half-full pages: the tree has as many levels at ten million statements as at a hundred thousand, so that
        # a page of a list reads as much.
        op.execute("ALTER INDEX pk_statement SET (fillfactor = 50)")
        op.execute("REINDEX INDEX pk_statement")
    op.create_index(
        "ix_statement_connection_id_position", "statement", ["connection_id", "position"], unique=False
    )
    op.create_index("ix_statement_stored", "statement", ["stored"], unique=False)
    _index_statements(op.get_bind())


def _count_positions_for_good() -> None:
    """Make the table anew with AUTOINCREMENT, so that the position of a deleted statement is not given out again."""
    op.execute("ALTER TABLE statement RENAME TO statement_of_0001")
    op.create_table(
        "statement",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("stored", Time(), nullable=False),
        sa.Column("timestamp", Time(), nullable=False),
        sa.Column("actor_form", sa.String(length=16), nullable=False),
        sa.Column("actor_subject", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("registration", Id(), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_statement")),
        sqlite_autoincrement=True,
    )
    op.execute("INSERT INTO statement SELECT * FROM statement_of_0001 ORDER BY position")
    op.execute("DROP TABLE statement_of_0001")
    protect(op.get_bind(), "statement")


def _index_statements(connection: sa.Connection) -> None:
    """Write the terms of what is stored, and then those of the statements that others refer to."""
    statement = sa.table(
        "statement",
        sa.column("position", position_type),
        sa.column("connection_id", Id()),
        sa.column("object_id", sa.Text()),
        sa.column("payload", sa.LargeBinary()),
    )
    term = sa.table(
        "statement_term", sa.column("term", sa.BigInteger()), sa.column("position", position_type)
    )
    references: dict[str, dict[int, str]] = {}
    last = -1
    while True:
        rows = connection.execute(
            sa.select(statement)
            .where(statement.c.position > last)
            .order_by(statement.c.position)
            .limit(BATCH)
        ).all()
        if not rows:
            break
        last = rows[-1].position
        terms = []
        for row in rows:
            keys = read_keys(row.payload)
            terms += [{"term": t, "position": row.position} for t in hash_terms(row.connection_id, keys)]
            target = referred_id(row.object_id)
            if target is not None:
                references.setdefault(row.connection_id, {})[row.position] = target
        connection.execute(sa.insert(term), terms)
    for connection_id, targets in references.items():
        note_references(connection, connection_id, targets)
        inherit_terms(connection, connection_id, targets, ())
