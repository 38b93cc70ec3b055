"""What people chose about messages and language; where they chose nothing, the hub's defaults."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Literal

import sqlalchemy as sa

from hub.errors import BadInput, Problem
from hub.journal import audit
from hub.network import tables as network
from hub.network.people.person import read_person
from hub.notify.follow import look_at
from hub.notify.tables import message_preference
from hub.store import UnitOfWork
from hub.store.insert import insert_once
from hub.words.languages import DEFAULT, LANGUAGES, language_of

NewsKind = Literal["new", "soon", "overdue", "credited"]
KINDS: tuple[NewsKind, ...] = ("new", "soon", "overdue", "credited")
"""What a digest tells: newly asked for, due within days, overdue, credited."""
QUIET_FROM, QUIET_TO = 20, 7
"""Hours of the day, where somebody works, between which they get no digest."""


@dataclass(frozen=True)
class Preferences:
    """``language`` is empty where the person chose none. Quiet hours go over midnight; equal ones mean never."""

    language: str = ""
    digests: bool = True
    unwanted: frozenset[str] = frozenset()
    quiet_from: int = QUIET_FROM
    quiet_to: int = QUIET_TO


def read_preferences(uow: UnitOfWork, person_id: str) -> Preferences:
    """What the person chose."""
    return _preferences(uow.find(message_preference, person_id=person_id))


def preferences_of(uow: UnitOfWork, person_ids: Collection[str]) -> dict[str, Preferences]:
    """Those of many people at once; whoever is missing has the defaults."""
    table = message_preference
    rows = uow.connection.execute(sa.select(table).where(uow.among(table.c.person_id, person_ids)))
    return {row.person_id: _preferences(row) for row in rows}


def language_for(uow: UnitOfWork, person_id: str) -> str:
    """In which language somebody is written to: their own choice, else what their employer says of them."""
    chosen = read_preferences(uow, person_id).language
    return chosen or language_of(read_person(uow, person_id).locale) or DEFAULT


def choose_language(uow: UnitOfWork, person_id: str, language: str) -> None:
    """Keep a person's choice. BadInput for a language that the hub does not speak."""
    if language not in LANGUAGES:
        raise BadInput("bad_language", "The hub does not speak this language.")
    _keep(uow, person_id, replace(read_preferences(uow, person_id), language=language))


def choose_messages(uow: UnitOfWork, person_id: str, chosen: Preferences) -> None:
    """Keep what a person wants to be told, and when not; the language stays. BadInput with each problem's field."""
    problems = [
        Problem("must be an hour from 0 to 23", name)
        for name in ("quiet_from", "quiet_to")
        if not 0 <= getattr(chosen, name) <= 23
    ]
    problems += [Problem("is no kind of news", "unwanted") for each in chosen.unwanted if each not in KINDS]
    if problems:
        raise BadInput("bad_preferences", "This cannot be kept.", "", problems)
    before = read_preferences(uow, person_id)
    if replace(chosen, language=before.language) != before:
        _keep(uow, person_id, replace(chosen, language=before.language))
        look_at(uow, {person_id: uow.now})  # there may be dates that they were not told of


def unsubscribe(uow: UnitOfWork, person_id: str) -> bool:
    """Send no more digests; whether that is new. Of somebody who was erased nothing is kept."""
    before = read_preferences(uow, person_id)
    if not before.digests or uow.find(network.person_detail, person_id=person_id) is None:
        return False
    _keep(uow, person_id, replace(before, digests=False))
    audit(uow, "digests_stopped", person_id, actor_id=person_id, detail={})
    return True


def _keep(uow: UnitOfWork, person_id: str, chosen: Preferences) -> None:
    values: dict[str, Any] = {
        "language": chosen.language or None,
        "digests": chosen.digests,
        "unwanted": sorted(chosen.unwanted),
        "quiet_from": chosen.quiet_from,
        "quiet_to": chosen.quiet_to,
    }
    if not insert_once(uow, message_preference, person_id=person_id, **values):
        mine = message_preference.c.person_id == person_id
        uow.connection.execute(sa.update(message_preference).where(mine).values(**values))


def _preferences(row: Any) -> Preferences:
    if row is None:
        return Preferences()
    return Preferences(row.language or "", row.digests, frozenset(row.unwanted), row.quiet_from, row.quiet_to)
