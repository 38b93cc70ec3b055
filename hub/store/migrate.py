"""Bringing a database to the newest schema, with Alembic run from the hub itself."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
_POSTGRES_LOCK = 7_170_001


def migrate(engine: sa.Engine) -> None:
    """Apply every migration that is missing. Safe to call from several processes at once."""
    with engine.connect() as connection, connection.begin():
        one_at_a_time(connection)
        command.upgrade(alembic_config(connection), "head")


def one_at_a_time(connection: sa.Connection) -> None:
    """Wait until no other process migrates; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_POSTGRES_LOCK)))


def alembic_config(connection: sa.Connection) -> Config:
    """Alembic's configuration for an open connection; there is no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
