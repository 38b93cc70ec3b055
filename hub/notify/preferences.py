"""What people choose about messages and language."""

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, Problem
from hub.journal import audit
from hub.network import tables as network
from hub.network.people.person import read_person
from hub.network.people.preferences import KINDS, Preferences, read_preferences
from hub.network.tables import message_preference
from hub.notify.follow import look_at
from hub.store import UnitOfWork
from hub.store.insert import insert_once
from hub.words.languages import DEFAULT, LANGUAGES, language_of


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
