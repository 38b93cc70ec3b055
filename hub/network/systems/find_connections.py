"""Finding connections by how what they are called begins: as quick among thousands as among fifty."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import sqlalchemy as sa

from hub.network import tables
from hub.store import UnitOfWork
from hub.store.folded import begins, folded

CONNECTIONS = 50
MAX_WORDS = 5
_connection, _partner, _domain = tables.connection, tables.partner, tables.email_domain
_OWN = (_connection.c.slug, _connection.c.name)
_PLACES = (*_OWN, _partner.c.name, _domain.c.domain)
_Way = tuple[sa.Column[str], str, Sequence[str]]
"""Where a text begins with the first word, and the words that may begin any of them."""


@dataclass(frozen=True)
class ConnectionLine:
    """A connection with its owner's name, empty where partners share it, and the e-mail domains it signs in."""

    id: str
    slug: str
    name: str
    kind: str
    partner: str
    domains: tuple[str, ...]
    disabled: bool


def search_connections(
    uow: UnitOfWork, words: str = "", after: str = "", kind: str = ""
) -> tuple[list[ConnectionLine], str]:
    """CONNECTIONS connections at most; and where to go on, given as ``after``, if there are more.

    The words begin the slug, the name, the owner's name or an e-mail domain, and come in this order. Several words that
    begin nothing so may stand in any order, each the beginning of one of the four. Without words all come by slug; with a ``kind``
    only those of that kind.
    """
    asked = words.split()[:MAX_WORDS]
    rows = _by_words(uow, asked, after, kind) if asked else _by_slug(uow, after, kind)
    lines = [
        ConnectionLine(
            r.id,
            r.slug,
            r.name,
            r.kind,
            r.partner or "",
            tuple(sorted((r.domains or "").split())),
            r.disabled,
        )
        for r in rows[:CONNECTIONS]
    ]
    return lines, lines[-1].slug if len(rows) > CONNECTIONS else ""


def _by_slug(uow: UnitOfWork, after: str, kind: str) -> Sequence[sa.Row[Any]]:
    slug = _connection.c.slug
    query = sa.select(*_columns()).where(slug > after, *_of_kind(kind)).order_by(slug).limit(CONNECTIONS + 1)
    return uow.connection.execute(query).all()


def _columns() -> list[sa.ColumnElement[Any]]:
    """What a line shows. Owner and domains are looked up for each, so that no table is read as a whole."""
    owner, mail = _partner.alias(), _domain.alias()
    name = sa.select(owner.c.name).where(owner.c.id == _connection.c.partner_id)
    domains = sa.select(sa.func.aggregate_strings(mail.c.domain, " ")).where(
        mail.c.connection_id == _connection.c.id
    )
    looked_up = {"partner": name, "domains": domains}
    return [
        *_connection.c,
        *(query.correlate(_connection).scalar_subquery().label(key) for key, query in looked_up.items()),
    ]


def _of_kind(kind: str) -> list[sa.ColumnElement[bool]]:
    return [_connection.c.kind == kind] if kind else []


def _by_words(uow: UnitOfWork, words: list[str], after: str, kind: str) -> list[sa.Row[Any]]:
    """Each way of reading the words gives those that no way before it gave.

    What is left out again is no more than was shown before, so that the first pages cost the same among any number.
    """
    ways = list(_ways(words))
    begin, place = _reached(uow, ways, after)
    found: list[sa.Row[Any]] = []
    for number in range(begin, len(ways)):
        if number >= len(_PLACES) and (found or (after and begin < len(_PLACES))):
            break  # the words begin something as they stand
        query = _query(ways[number], CONNECTIONS + 1 - len(found)).where(*_of_kind(kind))
        for earlier in ways[:number]:
            query = query.where(~_holds(earlier))
        if number == begin and place is not None:
            text = folded(ways[number][0])
            query = query.where(
                sa.tuple_(text, _connection.c.slug) > sa.tuple_(folded(place), sa.literal(after))
            )
        found += uow.connection.execute(query)
        if len(found) > CONNECTIONS:
            break
    return found


def _ways(words: list[str]) -> Iterator[_Way]:
    longest = max(words, key=len)
    readings: list[tuple[str, Sequence[str]]] = [(" ".join(words), ())]
    if len(words) > 1:
        readings.append((longest, [word for word in words if word != longest]))
    for (first, others), place in product(readings, _PLACES):
        yield place, first, others


def _reached(uow: UnitOfWork, ways: list[_Way], after: str) -> tuple[int, sa.ColumnElement[str] | None]:
    """The first way that gives the connection with this slug, and the text it is found by; the beginning without one."""
    for number, way in enumerate(ways if after else ()):
        found = _query(way, 1).with_only_columns(way[0]).where(_connection.c.slug == after)
        text = uow.connection.scalar(found)
        if text is not None:
            return number, sa.literal(text)
    return 0, None


def _query(way: _Way, limit: int) -> sa.Select[Any]:
    """Connections in the order of an index, each once."""
    place, first, others = way
    query = sa.select(*_columns()).where(begins(place, first))
    if place.table is _partner:
        query = query.join(_partner, _partner.c.id == _connection.c.partner_id)
    elif place.table is _domain:
        query = query.join(_domain, _domain.c.connection_id == _connection.c.id).where(
            ~_has_earlier_domain(first)
        )
    for other in others:
        query = query.where(sa.or_(*(_begins_one(each, other) for each in _PLACES)))
    return query.order_by(folded(place), _connection.c.slug).limit(limit)


def _has_earlier_domain(word: str) -> sa.ColumnElement[bool]:
    other = _domain.alias()
    earlier = sa.select(other.c.domain).where(
        other.c.connection_id == _connection.c.id,
        begins(other.c.domain, word),
        folded(other.c.domain) < folded(_domain.c.domain),
    )
    return sa.exists(earlier.correlate(_connection, _domain))


def _holds(way: _Way) -> sa.ColumnElement[bool]:
    place, first, others = way
    rest = [sa.or_(*(_begins_one(each, other) for each in _PLACES)) for other in others]
    return sa.and_(_begins_one(place, first), *rest)


def _begins_one(place: sa.Column[str], word: str) -> sa.ColumnElement[bool]:
    """Whether a text of the connection at hand begins with the word; the owner's and the domains are looked up."""
    if place.table is _connection:
        return begins(place, word)
    other = place.table.alias()
    key = (
        _connection.c.partner_id == other.c.id
        if place.table is _partner
        else _connection.c.id == other.c.connection_id
    )
    return sa.exists(
        sa.select(sa.literal(1)).where(key, begins(other.c[place.name], word)).correlate(_connection)
    )
