"""Digests: one mail for each person and day that says what is new, due, overdue and credited.

Who may have something to be told stands in ``notice_look`` with the instant of the next look, so nobody's goals are polled: a rule
that gives ten thousand people a goal makes ten thousand looks, taken some hundred at a time, and a digest each. What a digest
says is looked at once more right before it is sent.
"""

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from hub.logging import get_logger
from hub.network import tables as network
from hub.network.people.mail_address import is_address
from hub.network.people.preferences import Preferences, preferences_of
from hub.notify import news as rules
from hub.notify.digest_letter import DIGEST, Line, digest_values
from hub.notify.follow import NEWS_FOR, look_at
from hub.notify.news import Told
from hub.notify.send_mail import send_mail
from hub.notify.tables import mail, notice, notice_look, notice_news
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training.goals.open_goals import GoalState, read_goal_states, zones_of_people
from hub.words.languages import DEFAULT, language_of

logger = get_logger(__name__)
CHUNK = 200
EVERY_SECONDS = 30.0


@dataclass(frozen=True)
class Digests:
    """An errand of the worker; any number of workers may have it, each takes other people. Nothing goes without a mail server."""

    hub: Hub

    def turn(self) -> bool:
        """Look at some people whose time has come; whether there were any."""
        if not self.hub.settings.digests or not self.hub.settings.smtp_url.get_secret_value():
            return False
        with self.hub.unit_of_work() as uow:
            return write_digests(uow) > 0

    def run(self, stop: threading.Event) -> None:
        """Look until ``stop`` is set; what fails is logged and tried again."""
        while not stop.is_set():
            worked = False
            try:
                worked = self.turn()
            except Exception:
                logger.exception("digests_failed")
            if not worked:
                stop.wait(EVERY_SECONDS)


@dataclass(frozen=True)
class _People:
    """What is known of the people of one chunk, by person."""

    known: Mapping[str, Any]
    """Rows with id, locale, disabled and email."""
    zones: Mapping[str, str]
    preferences: Mapping[str, Preferences]
    goals: Mapping[str, Sequence[GoalState]]
    announced: Mapping[str, Mapping[tuple[str, str], datetime]]
    told: Mapping[str, set[Told]]
    written: Collection[str]
    """Keys of digests that exist."""


def write_digests(uow: UnitOfWork, limit: int = CHUNK) -> int:
    """Look at the next people and write to those who are to be told something; how many were looked at."""
    due = (
        sa.select(notice_look.c.person_id)
        .where(notice_look.c.look_at <= uow.now)
        .order_by(notice_look.c.look_at, notice_look.c.person_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    person_ids = list(uow.connection.scalars(due))
    if not person_ids:
        return 0
    people = _read(uow, person_ids)
    uow.connection.execute(sa.delete(notice_look).where(uow.among(notice_look.c.person_id, person_ids)))
    looks = {person_id: _look(uow, person_id, people) for person_id in person_ids}
    _note_told(uow, {look.key: (person_id, look.told) for person_id, look in looks.items() if look.told})
    _forget(uow, {person_id: look.keep for person_id, look in looks.items() if look.keep is not None})
    look_at(uow, {person_id: look.again for person_id, look in looks.items() if look.again is not None})
    return len(person_ids)


def key_of(person_id: str, now: datetime, zone: str) -> str:
    """The mail's key: one for each person and day, where they work."""
    return f"{DIGEST}:{person_id}:{now.astimezone(ZoneInfo(zone)):%Y%m%d}"


@dataclass(frozen=True)
class _Look:
    """What came of looking at somebody: when to look again, what was told by the mail of ``key``, and of which goals what was
    announced is kept (None: of all)."""

    again: datetime | None
    keep: frozenset[str] | None = frozenset()
    key: str = ""
    told: frozenset[Told] = frozenset()


def _look(uow: UnitOfWork, person_id: str, people: _People) -> _Look:
    """Write to one person if there is something to tell."""
    person, wish = people.known.get(person_id), people.preferences.get(person_id, Preferences())
    if person is None or not wish.digests:
        return _Look(None)  # choosing digests again is a look
    if person.disabled or not is_address(person.email or ""):
        return _later(people, person_id, uow.now)
    zone = people.zones.get(person_id, "UTC")
    if rules.is_quiet(uow.now, zone, wish):
        return _Look(rules.end_of_quiet(uow.now, zone, wish), keep=None)
    goals = people.goals.get(person_id, ())
    announced = people.announced.get(person_id, {})
    found = rules.news_of(goals, announced, people.told.get(person_id, set()), wish, uow.now)
    key = key_of(person_id, uow.now, zone)
    if found and key in people.written:
        return _Look(rules.tomorrow(uow.now, zone, wish), keep=None)
    told: set[Told] = set()
    if found:
        language = wish.language or language_of(person.locale) or DEFAULT
        lines = [Line(one.kind, one.goal.title, one.goal.due_at) for one in found]
        if send_mail(uow, person.id, DIGEST, digest_values(uow, person.id, lines, zone, language), key=key):
            told = {each for one in found for each in one.told}
    keep = frozenset(goal.goal_id for goal in goals if goal.begins_at is not None and not goal.is_asked)
    return _Look(rules.next_look(goals, uow.now), keep, key, frozenset(told))


def _later(people: _People, person_id: str, now: datetime) -> _Look:
    """Whoever cannot be written to is looked at again the next day, while there is anything to tell them."""
    announced = {
        about: since for about, since in people.announced.get(person_id, {}).items() if since > now - NEWS_FOR
    }
    again = rules.may_come(people.goals.get(person_id, ()), announced, now)
    return _Look(now + timedelta(days=1) if again else None, frozenset(goal_id for goal_id, _ in announced))


def _note_told(uow: UnitOfWork, by_key: Mapping[str, tuple[str, Collection[Told]]]) -> None:
    """Remember what was told by the mails of these keys."""
    query = sa.select(mail.c.key, mail.c.id).where(uow.among(mail.c.key, by_key))
    ids = {row.key: row.id for row in uow.connection.execute(query)}
    uow.insert_new(
        notice,
        [
            {**each._asdict(), "person_id": person_id, "mail_id": ids[key], "told_at": uow.now}
            for key, (person_id, told) in by_key.items()
            for each in sorted(told)
        ],
    )


def _forget(uow: UnitOfWork, keep: Mapping[str, Collection[str]]) -> None:
    """Take away what was announced to people; that of goals which begin later stays."""
    mine = uow.among(notice_news.c.person_id, keep)
    kept = [goal_id for ids in keep.values() for goal_id in ids]
    uow.connection.execute(sa.delete(notice_news).where(mine, ~uow.among(notice_news.c.goal_id, kept)))


def _read(uow: UnitOfWork, person_ids: Sequence[str]) -> _People:
    announced: dict[str, dict[tuple[str, str], datetime]] = {}
    news = sa.select(notice_news).where(uow.among(notice_news.c.person_id, person_ids))
    for row in uow.connection.execute(news):
        announced.setdefault(row.person_id, {})[row.goal_id, row.kind] = row.since
    told: dict[str, set[Told]] = {}
    for row in uow.connection.execute(sa.select(notice).where(uow.among(notice.c.person_id, person_ids))):
        told.setdefault(row.person_id, set()).add(Told(row.goal_id, row.kind, row.about))
    zones = zones_of_people(uow, person_ids)
    keys = [key_of(person_id, uow.now, zones.get(person_id, "UTC")) for person_id in person_ids]
    credited = {goal_id for each in announced.values() for goal_id, kind in each if kind == "credited"}
    return _People(
        _known(uow, person_ids),
        zones,
        preferences_of(uow, person_ids),
        read_goal_states(uow, person_ids, credited),
        announced,
        told,
        set(uow.connection.scalars(sa.select(mail.c.key).where(uow.among(mail.c.key, keys)))),
    )


def _known(uow: UnitOfWork, person_ids: Sequence[str]) -> dict[str, Any]:
    person, detail = network.person, network.person_detail
    rows = uow.connection.execute(
        sa.select(person.c.id, person.c.locale, person.c.disabled, detail.c.email)
        .outerjoin(detail, detail.c.person_id == person.c.id)
        .where(uow.among(person.c.id, person_ids))
    )
    return {row.id: row for row in rows}
