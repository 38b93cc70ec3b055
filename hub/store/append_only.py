"""Triggers that make the database itself refuse to change or delete rows of a journal or ledger."""

from collections.abc import Iterable

import sqlalchemy as sa


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
