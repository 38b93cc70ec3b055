"""Until when everything that was stored can be read (xAPI 1.0.3 Communication 2.1.3; 2.0, 4.1.6.1)."""

from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from hub.journal import STATEMENTS
from hub.runtime import Hub
from hub.store import UnitOfWork

HEADER = "X-Experience-API-Consistent-Through"

START_TO_APPEND = timedelta(seconds=1)
"""How long a unit of work may be open before it announces that it appends; ``stored`` is when it was opened."""

MAX_AGE = timedelta(milliseconds=250)


def consistent_through(uow: UnitOfWork) -> datetime:
    """The instant up to which every ``stored`` that was or will be given out can be read by units opened after this one.

    A statement's ``stored`` is the instant its unit was opened. Units that have announced their append are seen by
    their locks, with their age; units that are about to are allowed START_TO_APPEND. On SQLite a unit takes its
    instant when it holds the one write lock, and appends are short.
    """
    return uow.now - STATEMENTS.oldest_appender_age(uow) - START_TO_APPEND


def recent_consistent_through(hub: Hub) -> datetime:
    """As ``consistent_through``, asked at most every MAX_AGE in this process; ask before anything else is read.

    What was true of an instant stays true, so an older answer is only more careful.
    """
    known = _known.get(hub.engine)
    if known is not None and timedelta(0) <= hub.clock.now() - known[0] < MAX_AGE:
        return known[1]
    with hub.reading() as uow:
        through = consistent_through(uow)
    _known[hub.engine] = uow.now, through
    return through


_known: WeakKeyDictionary[sa.Engine, tuple[datetime, datetime]] = WeakKeyDictionary()
