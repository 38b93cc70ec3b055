"""Column types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


class Id(sa.types.TypeDecorator[str]):
    """A UUID as its 36 characters in Python and on SQLite, as ``uuid`` on PostgreSQL."""

    impl = sa.String(36)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """``uuid`` where the database has it."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID(as_uuid=False))
        return dialect.type_descriptor(sa.String(36))


class Time(sa.types.TypeDecorator[datetime]):
    """An aware UTC instant. SQLite keeps ISO text of fixed width, so that text order is time order."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """``timestamptz`` on PostgreSQL, text on SQLite."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.DateTime(timezone=True))
        return dialect.type_descriptor(sa.String(32))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        """Refuse naive instants, which would mean something else on every machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """An aware UTC instant."""
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        instant: datetime = value if value.tzinfo is UTC else value.astimezone(UTC)
        return instant


def id_column(name: str = "id") -> sa.Column[str]:
    """The primary key of a table."""
    return sa.Column(name, Id(), primary_key=True)


def reference(name: str, target: str, *, nullable: bool = False, index: bool = False) -> sa.Column[str]:
    """A foreign key to the id of ``target``."""
    return sa.Column(name, Id(), sa.ForeignKey(f"{target}.id"), nullable=nullable, index=index)


def validity() -> tuple[sa.Column[datetime], sa.Column[datetime]]:
    """``[valid_from, valid_to)``: when something is true in the world; open ends are null ``valid_to``."""
    return (sa.Column("valid_from", Time(), nullable=False), sa.Column("valid_to", Time()))


def valid_at(table: sa.FromClause, at: datetime) -> sa.ColumnElement[bool]:
    """Whether the rows of a table with validity are true at an instant."""
    return sa.and_(table.c.valid_from <= at, sa.or_(table.c.valid_to.is_(None), table.c.valid_to > at))
