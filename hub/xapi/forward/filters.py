"""Which statements go to a receiving store: what an operator asks for, and reading it from a form or a command."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.audiences.tables import audience
from hub.errors import Missing, Problem
from hub.network.importing.roster_keys import find_id
from hub.network.tables import partner, roster_key
from hub.store import UnitOfWork
from hub.xapi.statements.explain import explain
from hub.xapi.statements.types import Iri

PREFIX_MARK = "*"
MAX_ENTRIES = 200
"""Of one kind: each becomes part of a query."""


@dataclass(frozen=True)
class StatementFilter:
    """Every field that is not empty must fit; one of its entries is enough.

    ``verbs`` and ``activities`` are IRIs, an activity that ends in ``*`` stands for all that begin so. ``audiences`` are keys:
    the actor belonged to one of them when it happened. ``partners`` are ids: the statement's system is the partner's, or
    partners share the system and the actor is employed there.
    """

    verbs: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether any statement is left out."""
        return bool(self.verbs or self.activities or self.audiences or self.partners)

    def to_json(self) -> dict[str, list[str]]:
        """As stored: only what asks something."""
        return {name: list(entries) for name, entries in vars(self).items() if entries}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "StatementFilter":
        """From ``to_json``."""
        return cls(**{name: tuple(entries) for name, entries in stored.items()})


def read_filter(
    uow: UnitOfWork, given: Mapping[str, Iterable[str]], problems: list[Problem]
) -> StatementFilter:
    """The filter from words: ``partners`` by the name of the network files or in full, the others as they are stored.

    What is wrong is added to ``problems``, with the field's name as its place.
    """
    checks: dict[str, Callable[[str], str]] = {
        "verbs": _iri,
        "activities": _activity,
        "audiences": lambda text: _audience(uow, text),
        "partners": lambda text: find_partner(uow, text),
    }
    found = {
        name: tuple(_entries(name, given.get(name, ()), check, problems)) for name, check in checks.items()
    }
    return StatementFilter(**found)


def find_partner(uow: UnitOfWork, text: str) -> str:
    """The id of a partner by its name in the network files, or by its name for people if only one has it; ValueError."""
    try:
        return find_id(uow, "partner", text)
    except Missing:
        ids = list(uow.connection.scalars(sa.select(partner.c.id).where(partner.c.name == text).limit(2)))
    if len(ids) == 1:
        return str(ids[0])
    raise ValueError("several partners have this name" if ids else "is no partner")


def partner_words(uow: UnitOfWork, ids: Iterable[str]) -> dict[str, str]:
    """How ``find_partner`` knows partners, by id: as the network files call them, or else by name."""
    wanted = list(ids)
    names = uow.connection.execute(sa.select(partner.c.id, partner.c.name).where(partner.c.id.in_(wanted)))
    keys = uow.connection.execute(
        sa.select(roster_key.c.id, roster_key.c.external_id).where(
            roster_key.c.kind == "partner", roster_key.c.id.in_(wanted)
        )
    )
    return {row.id: row.name for row in names} | {row.id: row.external_id for row in keys}


def _entries(
    name: str, given: Iterable[str], check: Callable[[str], str], problems: list[Problem]
) -> Iterator[str]:
    entries = list(dict.fromkeys(text.strip() for text in given if text.strip()))
    if len(entries) > MAX_ENTRIES:
        problems.append(Problem(f"must not have more than {MAX_ENTRIES} entries", name))
        return
    for text in entries:
        try:
            yield check(text)
        except ValueError as error:
            problems.append(Problem(f"“{text[:100]}” {error}", name))


def _iri(text: str) -> str:
    for problem in explain(Iri, text, ""):
        raise ValueError(problem.message)
    return text


def _activity(text: str) -> str:
    _iri(text.removesuffix(PREFIX_MARK))
    return text


def _audience(uow: UnitOfWork, text: str) -> str:
    if uow.connection.scalar(sa.select(audience.c.key).where(audience.c.key == text)) is None:
        raise ValueError("is no audience")
    return text
