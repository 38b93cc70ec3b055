"""Finding people by how their names and addresses begin: as quick among a million as among a hundred."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import sqlalchemy as sa

from hub.network import tables
from hub.store import UnitOfWork
from hub.store.folded import begins, folded

MAX_FOUND = 10
MAX_WORDS = 5
_detail, _person, _partner = tables.person_detail, tables.person, tables.partner
_FOUND_BY = (_detail.c.family_name, _detail.c.given_name, _detail.c.email)


@dataclass(frozen=True)
class FoundPerson:
    """A person as a search shows it, with the employer to tell namesakes apart."""

    id: str
    name: str
    employer: str


def search_people(uow: UnitOfWork, words: str) -> list[FoundPerson]:
    """MAX_FOUND people at most, whose family name, given name or e-mail begins with the words; none for no words.

    Several words may also stand in any order, each the beginning of one of the three. Family names come first.
    """
    asked = words.split()[:MAX_WORDS]
    if not asked:
        return []
    longest = max(asked, key=len)
    ways: list[tuple[str, Sequence[str]]] = [(" ".join(asked), ())]
    if len(asked) > 1:
        ways.append((longest, [word for word in asked if word != longest]))
    found: dict[str, FoundPerson] = {}
    for (first, others), place in product(ways, _FOUND_BY):
        if len(found) < MAX_FOUND:
            for row in uow.connection.execute(_query(place, first, others)):
                name = f"{row.given_name} {row.family_name}".strip()
                found.setdefault(row.person_id, FoundPerson(row.person_id, name, row.name))
    return list(found.values())[:MAX_FOUND]


def _query(place: sa.Column[str], word: str, others: Sequence[str]) -> sa.Select[Any]:
    """People for whom the word begins one text, read from its index until there are enough."""
    query = (
        sa.select(_detail.c.person_id, _detail.c.given_name, _detail.c.family_name, _partner.c.name)
        .join(_person, _person.c.id == _detail.c.person_id)
        .join(_partner, _partner.c.id == _person.c.partner_id)
        .where(begins(place, word))
        .order_by(folded(place), _detail.c.person_id)
        .limit(MAX_FOUND)
    )
    for other in others:
        query = query.where(sa.or_(*(begins(each, other) for each in _FOUND_BY)))
    return query
