"""Searching resources: filters, sorting and pages in SQL (RFC 7644, 3.4.2; RFC 9865)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from scim2_models import InvalidCursorException, ResourceType, SearchRequest
from scim2_server.storage import SearchPage

from hub.sso.scim.filter_sql import filter_condition, order_value
from hub.sso.scim.provider import Model
from hub.sso.scim.rows import COLUMNS, MODELS, read
from hub.sso.scim.tables import scim_resource
from hub.store import UnitOfWork
from hub.store.types import Id, Time

Condition = sa.ColumnElement[bool]
MAX_INDEX = 2**31 - 1
"""Nobody has so many; databases know no greater numbers."""
_ID = scim_resource.c.id


def search(
    uow: UnitOfWork,
    connection_id: str,
    resource_types: Sequence[ResourceType],
    request: SearchRequest[Any],
    position: Any,
) -> SearchPage:
    """One page of a client's own resources. InvalidFilterException, InvalidCursorException."""
    models = {kind: MODELS[kind] for kind in (str(each.name) for each in resource_types)}
    mine = sa.and_(scim_resource.c.connection_id == connection_id, _matching(uow, models, request))
    if request.cursor is None:
        total = uow.connection.scalar(sa.select(sa.func.count()).select_from(scim_resource).where(mine)) or 0
        return SearchPage(total, _page_by_index(uow, models, request, mine))
    if request.count == 0:
        return SearchPage(None, [])
    return _page_by_cursor(uow, models, request, mine, position)


def _matching(uow: UnitOfWork, models: dict[str, Model], request: SearchRequest[Any]) -> Condition:
    """The kinds that are asked for, each with the filter as it means it."""
    kind = scim_resource.c.kind
    if request.filter is None:
        return kind.in_(models)
    text = str(request.filter)
    each = [
        sa.and_(kind == name, filter_condition(model, text, is_sqlite=uow.is_sqlite))
        for name, model in models.items()
    ]
    return sa.or_(*each)


def _order(
    uow: UnitOfWork, models: dict[str, Model], request: SearchRequest[Any]
) -> sa.ColumnElement[Any] | None:
    """What the resources are sorted by before their id: by when they were made, unless the client wants something else.

    So an index has them in their order for each client. By ids alone the database would rather go through everybody's.
    None where nothing that is asked for has such a value.
    """
    if request.sort_by is None:
        return scim_resource.c.created_at
    kind = scim_resource.c.kind
    bindings = {name: request.sort_binding(model) for name, model in models.items()}
    values = {
        name: order_value(binding, is_sqlite=uow.is_sqlite)
        for name, binding in bindings.items()
        if binding is not None
    }
    if len(models) == 1:
        return next(iter(values.values()), None)
    return sa.case(*((kind == name, value) for name, value in values.items())) if values else None


def _in_index(uow: UnitOfWork, request: SearchRequest[Any]) -> bool:
    """SQLite does not know how many rows match a filter, and takes the order for the better guide."""
    return request.filter is None or not uow.is_sqlite


def _is_descending(request: SearchRequest[Any]) -> bool:
    return request.sort_by is not None and request.sort_order == SearchRequest.SortOrder.descending


def _sorted(
    query: sa.Select[Any], order: sa.ColumnElement[Any] | None, *, descending: bool, in_index: bool
) -> sa.Select[Any]:
    """Resources without a value come last, or first when descending; those with equal values by their ids.

    Without ``in_index`` the database is kept from walking the index in this order rather than finding the few that match.
    """
    columns: list[sa.ColumnElement[Any]]
    if order is None:
        columns = [_ID]
    elif order is scim_resource.c.created_at:
        columns = [order if in_index else sa.func.coalesce(order, ""), _ID]
    else:
        columns = [order.is_(None), order, _ID]
    return query.order_by(*(column.desc() if descending else column.asc() for column in columns))


def _page_by_index(
    uow: UnitOfWork, models: dict[str, Model], request: SearchRequest[Any], mine: Condition
) -> list[Any]:
    if request.count == 0:
        return []
    order = _order(uow, models, request)
    in_index = _in_index(uow, request)
    query = sa.select(*COLUMNS).where(mine)
    query = _sorted(query, order, descending=_is_descending(request), in_index=in_index)
    first = min(request.start_index_0 or 0, MAX_INDEX)
    rows = uow.connection.execute(query.offset(first).limit(request.count)).all()
    return read(uow, rows, request)


def _page_by_cursor(
    uow: UnitOfWork, models: dict[str, Model], request: SearchRequest[Any], mine: Condition, position: Any
) -> SearchPage:
    """A page that begins after a resource, or ends before one: by its sort value and id, wherever it stands now."""
    order, descending = _order(uow, models, request), _is_descending(request)
    backwards, value, id = _read_position(position)
    key = sa.null() if order is None else order
    query: sa.Select[Any] = sa.select(*COLUMNS, key.label("sort_value")).where(mine)
    if position is not None:
        query = query.where(_beyond(order, value, id, upwards=descending == backwards))
    query = _sorted(query, order, descending=descending != backwards, in_index=_in_index(uow, request))
    count = request.count
    rows: list[sa.Row[Any]] = list(uow.connection.execute(query.limit(count + 1 if count else None)).all())
    is_more = count is not None and len(rows) > count
    rows = rows[:count]
    if backwards:
        rows.reverse()
    page = SearchPage(None, read(uow, rows, request))
    if rows and (is_more or backwards):
        page.next = _position("next", rows[-1])
    if rows and (is_more if backwards else position is not None):
        page.previous = _position("previous", rows[0])
    return page


def _beyond(order: sa.ColumnElement[Any] | None, value: Any, id: str, *, upwards: bool) -> Condition:
    """Whether a resource sorts after (or before) the one with this sort value and id."""
    after_id = id < _ID if upwards else id > _ID
    if order is None:
        return after_id
    if value is None:
        same = sa.and_(order.is_(None), after_id)
        return same if upwards else sa.or_(same, order.is_not(None))
    if order is scim_resource.c.created_at:
        here, there = sa.tuple_(order, _ID), sa.tuple_(sa.literal(value, Time()), sa.literal(id, Id()))
        return here > there if upwards else here < there
    further = order > value if upwards else order < value
    same = sa.or_(further, sa.and_(order == value, after_id))
    return sa.or_(same, order.is_(None)) if upwards else sa.and_(order.is_not(None), same)


def _position(direction: str, row: sa.Row[Any]) -> dict[str, Any]:
    value = row.sort_value
    told = {"at": value.isoformat()} if isinstance(value, datetime) else value
    return {"d": direction, "v": told, "i": row.id}


def _read_position(position: Any) -> tuple[bool, Any, str]:
    """Whether the page ends before it, its sort value and its id. Positions come from this module, sealed."""
    if position is None:
        return False, None, ""
    try:
        value = position["v"]
        if isinstance(value, dict):
            value = datetime.fromisoformat(value["at"])
        return position["d"] == "previous", value, str(position["i"])
    except (KeyError, TypeError, ValueError):
        raise InvalidCursorException from None
