"""Finding people by how their names and addresses begin: as quick among a million as among a hundred."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import sqlalchemy as sa

from hub.network import tables
from hub.store import UnitOfWork
from hub.store.folded import begins, folded

MAX_FOUND = 10
MAX_WORDS = 5
LOOKED_AT = (50, 1000)
"""Of those whom one of several words finds, so many are looked at for the others, first few and then more: a common word
finds a hundred thousand."""
_detail, _person, _partner = tables.person_detail, tables.person, tables.partner
_FOUND_BY = (_detail.c.family_name, _detail.c.given_name, _detail.c.email)
_ORDER = {
    "family_name": ("family_name", "given_name"),
    "given_name": ("given_name", "family_name"),
    "email": ("email",),
}


@dataclass(frozen=True)
class FoundPerson:
    """A person as a search shows it, with the employer to tell namesakes apart."""

    id: str
    name: str
    employer: str


def search_people(uow: UnitOfWork, words: str) -> list[FoundPerson]:
    """MAX_FOUND people at most, whose family name, given name or e-mail begins with the words; none for no words.

    Two names may stand in either order, the first of them whole. Several words may also stand in any order, each the
    beginning of one of the three, among the first LOOKED_AT[-1] whom one of the words finds. Family names come first.
    """
    asked = words.split()[:MAX_WORDS]
    found: dict[str, FoundPerson] = {}
    for query in _queries(asked) if asked else ():
        if len(found) >= MAX_FOUND:
            break
        for row in uow.connection.execute(query):
            name = f"{row.given_name} {row.family_name}".strip()
            found.setdefault(row.person_id, FoundPerson(row.person_id, name, row.name))
    return list(found.values())[:MAX_FOUND]


def _queries(asked: list[str]) -> Iterator[sa.Select[Any]]:
    """The ways to read the words: each is bounded, and costs nothing before it is needed."""
    text, family, given = " ".join(asked), _detail.c.family_name, _detail.c.given_name
    for place in _FOUND_BY:
        yield _shown(place, begins(place, text))
    for at in range(1, len(asked)):
        first, second = " ".join(asked[:at]), " ".join(asked[at:])
        for place, other in ((family, given), (given, family)):
            is_whole = folded(place) == folded(sa.literal(first))
            yield _shown(place, sa.and_(is_whole, begins(other, second)))
    if len(asked) > 1:
        longest_first = sorted(dict.fromkeys(asked), key=len, reverse=True)
        for most, word, place in product(LOOKED_AT, longest_first, _FOUND_BY):
            yield _shown(place, begins(place, word), [other for other in asked if other != word], most)


def _shown(
    place: sa.Column[str], where: sa.ColumnElement[bool], others: Sequence[str] = (), most: int = MAX_FOUND
) -> sa.Select[Any]:
    """The first people of an index for whom this holds; of those looked at, the ones whom the other words name too."""
    first = sa.select(_detail).where(where).order_by(*_order(_detail, place)).limit(most).subquery()
    query = sa.select(first).order_by(*_order(first, place)).limit(MAX_FOUND)
    for other in others:
        query = query.where(sa.or_(*(begins(first.c[each.name], other) for each in _FOUND_BY)))
    kept = query.subquery()
    return (
        sa.select(kept.c.person_id, kept.c.given_name, kept.c.family_name, _partner.c.name)
        .join(_person, _person.c.id == kept.c.person_id)
        .join(_partner, _partner.c.id == _person.c.partner_id)
        .order_by(*_order(kept, place))
    )


def _order(people: sa.FromClause, place: sa.Column[str]) -> list[sa.ColumnElement[Any]]:
    """As the index of this column has them."""
    return [*(folded(people.c[name]) for name in _ORDER[place.name]), people.c.person_id]
