"""What stands in a digest, in the language of whoever gets it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from hub.network.people.person import read_person
from hub.network.people.preferences import KINDS, read_preferences
from hub.notify.letter import Letter, Value, write_letter
from hub.notify.news import still_holds
from hub.notify.preferences import language_for
from hub.notify.tables import notice
from hub.notify.unsubscribe import unsubscribe_address
from hub.store import UnitOfWork
from hub.training.goals.due import zone_of_person
from hub.training.goals.open_goals import read_goal_states
from hub.words.numbers import full_day
from hub.words.phrase import in_language, say

DIGEST = "digest"
SHOWN = 20
"""So many goals of a kind are named; of more, how many."""


@dataclass(frozen=True)
class Line:
    """One goal in a digest; ``kind`` is one of KINDS."""

    kind: str
    title: str
    due_at: datetime | None


def digest_values(
    uow: UnitOfWork, person_id: str, lines: Sequence[Line], zone: str, language: str
) -> Mapping[str, Value]:
    """The values of ``letters/digest.txt``. Days are those of the place where somebody works."""
    values: dict[str, Value] = {}
    for kind in KINDS:
        mine = [line for line in lines if line.kind == kind]
        values[kind] = [_words(line, zone, language) for line in mine[:SHOWN]]
        values[f"more_{kind}"] = max(0, len(mine) - SHOWN)
    return {**values, "unsubscribe": unsubscribe_address(uow, person_id)}


def write_again(uow: UnitOfWork, mail_id: str) -> Letter | None:
    """A digest as it is right now: without what was done, withdrawn or moved meanwhile. None when nothing is left to say."""
    rows = uow.connection.execute(sa.select(notice).where(notice.c.mail_id == mail_id)).all()
    if not rows or not read_preferences(uow, rows[0].person_id).digests:
        return None
    person = read_person(uow, rows[0].person_id)
    goals = {
        g.goal_id: g for g in read_goal_states(uow, [person.id], [r.goal_id for r in rows]).get(person.id, ())
    }
    # A new goal may stand there for its reminder as well; it is named once.
    kinds = {
        row.goal_id: row.kind for row in sorted(rows, key=lambda row: KINDS.index(row.kind), reverse=True)
    }
    about = {(row.goal_id, row.kind): row.about for row in rows}
    lines = [
        Line(kind, goals[id].title, goals[id].due_at)
        for id, kind in kinds.items()
        if still_holds(kind, about[id, kind], goals.get(id))
    ]
    if not lines:
        return None
    lines.sort(key=lambda line: (line.due_at or uow.now.max.replace(tzinfo=uow.now.tzinfo), line.title))
    language, zone = language_for(uow, person.id), zone_of_person(uow, person.id)
    values = {"name": person.given_name, "hub": uow.settings.public_url}
    return write_letter(DIGEST, {**values, **digest_values(uow, person.id, lines, zone, language)}, language)


def _words(line: Line, zone: str, language: str) -> str:
    if line.due_at is None or line.kind == "credited":
        return line.title
    # A date is the instant at which its day is over.
    last = (line.due_at - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
    return in_language(
        say("%(title)s, due %(day)s", title=line.title, day=full_day(last, language)), language
    )
