"""The database: engine, column types, units of work, migrations."""

from hub.store.engine import open_engine
from hub.store.migrate import migrate
from hub.store.types import Id, Json, Time, id_column, metadata, reference, valid_at, validity
from hub.store.unit_of_work import UnitOfWork, at_once, glance, unit_of_work

__all__ = [
    "Id",
    "Json",
    "Time",
    "UnitOfWork",
    "at_once",
    "glance",
    "id_column",
    "metadata",
    "migrate",
    "open_engine",
    "reference",
    "unit_of_work",
    "valid_at",
    "validity",
]
