"""How old metadata and keys of other systems may become: they are fetched rarely, and served stale when a system is down."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar
from zlib import crc32

from hub.errors import OutsideFailed
from hub.limits import Limit
from hub.logging import get_logger
from hub.runtime import Hub
from hub.sso.limits import take_turn

logger = get_logger(__name__)

FRESH = timedelta(hours=1)
STALE = timedelta(days=7)
"""How old they may become while their system cannot be asked."""
JITTER_SECONDS = 600

T = TypeVar("T")


def kept_or_fetched(
    hub: Hub,
    who: str,
    kept: T | None,
    kept_at: datetime | None,
    limit: Limit,
    fetch: Callable[[], T],
    *,
    connection: str,
) -> T:
    """What is kept while it is fresh, else what is fetched, else what is kept while it is not too old.

    ``who`` is the id of what it belongs to, ``connection`` names that in the log. Raises OutsideFailed when there is nothing
    that may still be served.
    """
    age = hub.clock.now() - kept_at if kept_at else STALE
    may_serve = kept is not None and age < STALE
    # Connections made in one import would otherwise all be refreshed in the same minute.
    jitter = timedelta(seconds=crc32(who.encode()) % JITTER_SECONDS)
    if kept is not None and age < FRESH - jitter:
        return kept
    if kept is not None and may_serve and not take_turn(hub, limit, who):
        return kept  # somebody has just tried: a system that is down delays one sign-in a minute, not all
    try:
        return fetch()
    except OutsideFailed as error:
        if kept is None or not may_serve:
            raise
        logger.warning("served_stale", what=limit.name, connection=connection, reason=error.code)
        return kept
