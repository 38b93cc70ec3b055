"""Which column of a gradebook a score goes to: the launch's own, or one that the hub finds or makes there."""

import threading
from weakref import WeakValueDictionary

import sqlalchemy as sa

from hub.lti.bridge import tables
from hub.lti.bridge.ags_client import LINE_ITEM_MAXIMUM, AgsClient
from hub.lti.bridge.outcome import ServiceFailed
from hub.lti.tool.placements import Placement
from hub.lti.tool.tables import lti_placement
from hub.lti.vocabulary import LINE_ITEM_READ_SCOPE, LINE_ITEM_SCOPE
from hub.runtime import Hub
from hub.store.insert import insert_once

_making: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
"""By placement; a lock is here only as long as somebody holds it or waits for it."""
_making_lock = threading.Lock()


def find_column(hub: Hub, client: AgsClient, placement: Placement) -> tuple[str, float | None]:
    """Address and maximum of the column of a placement, outside any unit; the maximum None where it cannot be known."""
    if not placement.line_item_url:
        made = _made(hub, placement)
        if made is None:
            with _lock_of(placement):
                made = _made(hub, placement) or _find_or_make(hub, client, placement)
        return made
    maximum = placement.line_item_maximum
    if maximum is None and {LINE_ITEM_SCOPE, LINE_ITEM_READ_SCOPE} & set(placement.scopes):
        maximum = _read_maximum(hub, client, placement, placement.line_item_url)
    return placement.line_item_url, maximum


def forget_column(hub: Hub, placement: Placement, url: str) -> None:
    """The column that the hub made at this address is gone: the next score gets another one, which may be there by now."""
    table = tables.lti_made_line_item
    with hub.unit_of_work() as uow:
        uow.connection.execute(
            sa.delete(table).where(table.c.placement_id == placement.id, table.c.url == url)
        )


def _made(hub: Hub, placement: Placement) -> tuple[str, float] | None:
    table = tables.lti_made_line_item
    with hub.reading() as uow:
        row = uow.connection.execute(
            sa.select(table).where(table.c.placement_id == placement.id)
        ).one_or_none()
    return (row.url, row.maximum) if row else None


def _lock_of(placement: Placement) -> threading.Lock:
    with _making_lock:
        return _making.setdefault(placement.id, threading.Lock())


def _find_or_make(hub: Hub, client: AgsClient, placement: Placement) -> tuple[str, float]:
    """The column that is stored in the end: where another process was faster, its own and not this one's."""
    item = client.find_or_create(
        placement.line_items_url or "", placement.id, placement.resource_link_id, placement.title
    )
    maximum = item.maximum or LINE_ITEM_MAXIMUM
    made = None
    while made is None:  # again only where it was forgotten in between
        with hub.unit_of_work() as uow:
            insert_once(
                uow, tables.lti_made_line_item, placement_id=placement.id, url=item.url, maximum=maximum
            )
        made = _made(hub, placement)
    return made


def _read_maximum(hub: Hub, client: AgsClient, placement: Placement, url: str) -> float | None:
    """The column's maximum, kept for the next score; None where the gradebook does not say: it scales by itself then."""
    try:
        maximum = client.read_line_item(url, placement.scopes).maximum
    except ServiceFailed as error:
        if error.retryable:
            raise
        return None
    with hub.unit_of_work() as uow:
        uow.connection.execute(
            sa.update(lti_placement)
            .where(lti_placement.c.id == placement.id, lti_placement.c.line_item_url == url)
            .values(line_item_maximum=maximum, line_item_read_at=uow.now)
        )
    return maximum
