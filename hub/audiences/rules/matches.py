"""Where conditions hold, asked of PostgreSQL in one query: what ``conditions.match`` says, for everybody at once.

A test holds the two together. SQLite has no sets of time ranges; there people are looked at one by one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from hub.audiences.rules.conditions import AttributeTest, Conditions
from hub.network import tables as network
from hub.network.attribute_values import AttributeKind
from hub.network.validity.intervals import Interval
from hub.store.types import Id, Time

_a, _l = network.appointment, network.location
Times = sa.ColumnElement[Any]
"""A set of times: a multirange."""
FOREVER = sa.literal_column("'infinity'::timestamptz", Time())
SAMPLES = 20
MEMORY = "SET LOCAL work_mem = '192MB'"
"""For whoever groups what is found by people: with less they go to disk."""
_SUBJECTS = {
    "person": _a.c.person_id,
    "appointment": _a.c.id,
    "location": _l.c.id,
    "partner": _l.c.partner_id,
}


def matches(
    conditions: Conditions,
    during: Interval | None,
    kinds: Mapping[str, AttributeKind],
    since: datetime,
    *only: sa.ColumnElement[bool],
) -> sa.Select[Any]:
    """Rows (person_id, appointment_id, began, zone, outside, starts, ends): when the conditions hold on an appointment.

    ``outside`` is whether the appointment is external, ``began`` when it began, ``zone`` its location's time zone; ``ends`` is
    infinity where it has no end. Times end later than ``since``, and lie in ``during``; each has its whole beginning, also when that is past.
    ``only`` narrows the table ``appointment``.
    """
    starts, ends = _bounds(conditions, during)
    who = (
        _a.c.person_id,
        _a.c.id.label("appointment_id"),
        _a.c.valid_from.label("began"),
        _l.c.time_zone.label("zone"),
        (_a.c.audience_class == "external").label("outside"),
    )
    tables, asked, sets = _tables(conditions, kinds, since)
    query = sa.select(*who).select_from(tables).where(*asked, *only, starts < ends, ends > since)
    if not sets:
        return query.add_columns(starts.label("starts"), ends.label("ends"))
    times = as_set(starts, ends)
    if len(conditions.brands) != 1 and (conditions.brands or conditions.activity):
        # Several brands of one appointment: held while any of them is carried.
        query = query.group_by(_a.c.id, _l.c.id, *(each for each in sets[:-1]))
        sets[-1] = sa.func.range_agg(sets[-1], type_=pg.TSTZMULTIRANGE())
    for each in sets:
        times = times.op("*", return_type=pg.TSTZMULTIRANGE())(each)
    pieces = query.add_columns(sa.func.unnest(times).label("piece")).subquery()
    piece_starts = sa.func.lower(pieces.c.piece, type_=Time())
    piece_ends = sa.func.coalesce(sa.func.upper(pieces.c.piece, type_=Time()), FOREVER)
    columns = [pieces.c[column.name] for column in who]
    return sa.select(*columns, piece_starts.label("starts"), piece_ends.label("ends")).where(
        piece_ends > since
    )


def first_people(people: sa.CTE, *asked: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    """Ids of a few, the first in their order, as one value."""
    ids = sa.select(people.c.person_id).where(*asked).order_by(people.c.person_id).limit(SAMPLES)
    return sa.func.array(ids.scalar_subquery(), type_=pg.ARRAY(Id()))


def _bounds(
    conditions: Conditions, during: Interval | None
) -> tuple[sa.ColumnElement[datetime], sa.ColumnElement[datetime]]:
    """The times of the appointment, its open location, its tenure and of whoever asks."""
    first, starts = _a.c.valid_from, sa.func.greatest(_a.c.valid_from, _l.c.valid_from)
    ends = sa.func.least(sa.func.coalesce(_a.c.valid_to, FOREVER), sa.func.coalesce(_l.c.valid_to, FOREVER))
    if conditions.tenure_at_least is not None or conditions.tenure_at_most is not None:
        starts = sa.func.greatest(starts, _days_after(first, conditions.tenure_at_least or 0))
    if conditions.tenure_at_most is not None:
        ends = sa.func.least(ends, _days_after(first, conditions.tenure_at_most + 1))
    if during is not None:
        starts = sa.func.greatest(starts, sa.literal(during[0], Time()))
        ends = sa.func.least(ends, sa.literal(during[1], Time())) if during[1] is not None else ends
    return starts, ends


def _tables(
    conditions: Conditions, kinds: Mapping[str, AttributeKind], since: datetime
) -> tuple[sa.FromClause, list[sa.ColumnElement[bool]], list[Times]]:
    """What is joined, what is asked of it, and what holds at times of its own; brands come last."""
    tables: sa.FromClause = _a.join(_l, _l.c.id == _a.c.location_id)
    asked = [*map(_not_over, (_a, _l), (since, since)), *_plain(conditions)]
    sets: list[Times] = []
    if conditions.nodes:
        places = places_under(conditions.nodes)
        tables = tables.join(places, places.c.location_id == _a.c.location_id)
        sets.append(places.c.times)
    for number, test in enumerate(conditions.attributes):
        values, kind = values_passing(test, number), kinds.get(test.key)
        subject = _SUBJECTS[kind.subject if kind else "person"]
        tables = tables.join(values, values.c.subject_id == subject)
        sets.append(values.c.times)
    if conditions.brands or conditions.activity:
        held, carried = network.appointment_brand, carried_at(conditions)
        tables = tables.join(held, held.c.appointment_id == _a.c.id).join(
            carried,
            sa.and_(carried.c.location_id == _a.c.location_id, carried.c.brand_id == held.c.brand_id),
        )
        if conditions.brands:
            asked.append(held.c.brand_id.in_(conditions.brands))
        sets.append(carried.c.times)
    return tables, asked, sets


def _not_over(table: sa.Table, since: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(table.c.valid_to.is_(None), table.c.valid_to > since)


def _plain(conditions: Conditions) -> list[sa.ColumnElement[bool]]:
    """What an appointment and its location say themselves."""
    asked: list[sa.ColumnElement[bool]] = []
    if conditions.positions:
        asked.append(_a.c.position_id.in_(conditions.positions))
    if conditions.audience_class:
        asked.append(_a.c.audience_class == conditions.audience_class)
    if conditions.partners:
        asked.append(_l.c.partner_id.in_(conditions.partners))
    return asked


def places_under(node_ids: tuple[str, ...]) -> sa.Subquery:
    """When locations are below any of these nodes: location_id and times."""
    ln, closure = network.location_node, network.node_closure
    starts = sa.func.greatest(ln.c.valid_from, closure.c.valid_from)
    ends = sa.func.least(
        sa.func.coalesce(ln.c.valid_to, FOREVER), sa.func.coalesce(closure.c.valid_to, FOREVER)
    )
    query = sa.select(ln.c.location_id, _together(starts, ends).label("times"))
    below = query.join(closure, closure.c.descendant_id == ln.c.node_id)
    return below.where(closure.c.ancestor_id.in_(node_ids)).group_by(ln.c.location_id).subquery("places")


def carried_at(conditions: Conditions) -> sa.Subquery:
    """When locations carry brands; locations are few."""
    lb = network.location_brand
    times = _together(lb.c.valid_from, sa.func.coalesce(lb.c.valid_to, FOREVER)).label("times")
    query = sa.select(lb.c.location_id, lb.c.brand_id, times).group_by(lb.c.location_id, lb.c.brand_id)
    if conditions.brands:
        query = query.where(lb.c.brand_id.in_(conditions.brands))
    if conditions.activity:
        query = query.where(lb.c.activity == conditions.activity)
    return query.subquery("carried")


def values_passing(test: AttributeTest, number: int) -> sa.Subquery:
    """When attributes of subjects pass a test: subject_id and times."""
    value = network.attribute
    times = _together(value.c.valid_from, sa.func.coalesce(value.c.valid_to, FOREVER)).label("times")
    query = sa.select(value.c.subject_id, times).where(value.c.key == test.key, _holds(test, value.c.value))
    return query.group_by(value.c.subject_id).subquery(f"attribute_{number}")


def _holds(test: AttributeTest, value: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Values of one type are compared alone: in JSON true is not 1."""
    stored = sa.type_coerce(value, pg.JSONB)
    if test.op == "exists":
        return sa.true()
    given = [sa.cast(sa.literal(each, pg.JSONB), pg.JSONB) for each in test.values]
    if test.op in ("equals", "one_of"):
        return sa.or_(sa.false(), *(stored == each for each in given))
    alike = sa.func.jsonb_typeof(stored) == sa.func.jsonb_typeof(given[0])
    return sa.and_(alike, stored >= given[0] if test.op == "at_least" else stored <= given[0])


def _days_after(start: sa.ColumnElement[datetime], days: int) -> sa.ColumnElement[datetime]:
    """So many times 24 hours later, whatever the session's time zone."""
    return sa.type_coerce(start + sa.literal_column(f"interval '{24 * days} hours'"), Time())


def _range(starts: sa.ColumnElement[datetime], ends: sa.ColumnElement[datetime]) -> sa.ColumnElement[Any]:
    open_end = sa.func.nullif(ends, FOREVER)
    return sa.case(
        (starts < ends, sa.func.tstzrange(starts, open_end)), else_=sa.literal_column("'empty'::tstzrange")
    )


def as_set(starts: sa.ColumnElement[datetime], ends: sa.ColumnElement[datetime]) -> Times:
    """One time as a set."""
    return sa.func.tstzmultirange(_range(starts, ends), type_=pg.TSTZMULTIRANGE())


def _together(starts: sa.ColumnElement[datetime], ends: sa.ColumnElement[datetime]) -> Times:
    return sa.func.range_agg(_range(starts, ends), type_=pg.TSTZMULTIRANGE())
