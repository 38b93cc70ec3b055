"""Whoever changes rules, audiences and profiles takes turns: what a profile means hangs on all three."""

import sqlalchemy as sa

from hub.store import UnitOfWork

_POSTGRES_LOCK = 7_170_048


def lock_configuration(uow: UnitOfWork) -> None:
    """Let only this unit change what is configured until it ends; before anything is read that the change is worked out of.

    On SQLite writers take turns in any case.
    """
    if not uow.is_sqlite:
        uow.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_POSTGRES_LOCK)))
