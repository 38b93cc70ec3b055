"""Triggers that make the database itself refuse to change or delete rows of a journal or ledger.

Some journals have a door: retention and erasure must take payloads and personal data out of them. Where ``protect`` has
put a door, rows can be changed and deleted by the unit that has opened it, for as long as it keeps it open, and by no other.
``statement_id``, the audit trail and the ledgers have none.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

_SETTING = "hub.open_doors"
_FUNCTION = """
CREATE OR REPLACE FUNCTION hub_append_only_with_door() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' OR NOT COALESCE(
    TG_TABLE_NAME = ANY (string_to_array(current_setting('hub.open_doors', true), ',')), false
  ) THEN
    RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$
"""


def protect(connection: sa.Connection, table: str) -> None:
    """Let ``table`` only grow from now on."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION hub_append_only() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME; END $$"
        )
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION hub_append_only()"
        )
        return
    for action in ("UPDATE", "DELETE"):
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def put_door(connection: sa.Connection, table: str) -> None:
    """Protect ``table``, which may be protected already, so that it refuses all but who has opened its door.

    On SQLite the doors that are open stand in the table ``open_door``, which must be there.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_FUNCTION)
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}")
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION hub_append_only_with_door()"
        )
        return
    for action in ("UPDATE", "DELETE"):
        name = f"{table}_no_{action.lower()}"
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        is_open = f"EXISTS (SELECT 1 FROM open_door WHERE name = '{table}')"  # noqa: S608  (a name of ours)
        connection.exec_driver_sql(
            f"CREATE TRIGGER {name} BEFORE {action} ON {table} WHEN NOT {is_open}"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


@contextmanager
def open_door(connection: sa.Connection, table: str) -> Iterator[None]:
    """Let this transaction alone change and delete rows of a table with a door until the block ends.

    Only ``hub.lifecycle`` opens doors, with an audit row for what it did. No other transaction ever sees one open: on
    PostgreSQL it is a setting of the transaction, on SQLite a row that is gone before anybody else can read it.
    """
    _set_door(connection, table, is_open=True)
    yield
    _set_door(
        connection, table, is_open=False
    )  # after an error the transaction rolls back, and the door with it


def unprotected(connection: sa.Connection, tables: Iterable[str]) -> list[str]:
    """Which of these tables lack a trigger that ``protect`` makes, or have one that is switched off."""
    if connection.dialect.name == "postgresql":
        query = (
            "SELECT c.relname || '_append_only' FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname = c.relname || '_append_only' AND t.tgenabled IN ('O', 'A')"
        )
        suffixes = ["append_only"]
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        suffixes = ["no_update", "no_delete"]
    present = set(connection.exec_driver_sql(query).scalars())
    return [table for table in tables if not {f"{table}_{suffix}" for suffix in suffixes} <= present]


def _set_door(connection: sa.Connection, table: str, *, is_open: bool) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.set_config(_SETTING, table if is_open else "", True)))
    elif is_open:
        connection.exec_driver_sql("INSERT INTO open_door (name) VALUES (?)", (table,))
    else:
        connection.exec_driver_sql("DELETE FROM open_door WHERE name = ?", (table,))
