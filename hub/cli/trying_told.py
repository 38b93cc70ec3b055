"""Telling plugins as ``hub try`` does: of the last thing that happened, over a way out that leads nowhere."""

import typing
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec
import sqlalchemy as sa

from hub import hookspecs
from hub.audiences.mails import Mails
from hub.audiences.news import goals_added, is_news, read_news
from hub.cli.trying import Asked, Tried, who
from hub.errors import Missing
from hub.exports.certified import CertifiedChange, Export, Refusals, exports_of
from hub.exports.read_certified import read_all, read_certified
from hub.hooks import tracing
from hub.journal.tables import event as event_table
from hub.network.people.find_somebody import find_somebody
from hub.store import UnitOfWork
from hub.testing.recording_http import RecordingHttp

PLANS = "plan_changed"
LATELY = 500
"""Events that are looked through for the last one that is meant."""
ROWS = 5
"""Rows of a list that are handed on where nobody is named."""


def try_telling(uow: UnitOfWork, hook: str, person: str) -> Tried:
    """What each plugin would send of the last such event (about a person), as the hub tells it; nothing is sent."""
    person_id = find_somebody(uow, person) if person else ""
    if hook == "certified_changed":
        return _try_lists(uow, hook, person_id)
    if hook == "news_gathered":
        return _try_news(uow, hook, person_id)
    if hook == "goal_added":
        found = list(goals_added(uow, _lately(uow, person_id, PLANS)))
        if not found:
            raise _nothing(hook, person_id)
        row, event = found[-1]
    else:
        rows = _lately(uow, person_id, hook, 1)
        if not rows:
            raise _nothing(hook, person_id)
        row = rows[0]
        event_type = typing.get_type_hints(getattr(hookspecs, hook))["event"]
        event = msgspec.convert({"person_id": row.person_id, **row.body}, event_type)
    asked = [_told(uow, hook, plugin, {"event": event}) for plugin in uow.hooks.implementers(hook)]
    return Tried(hook, f"{hook} of {row.at:%Y-%m-%d %H:%M} about {who(uow, row.person_id)}", asked)


def _try_news(uow: UnitOfWork, hook: str, person_id: str) -> Tried:
    rows = [row for row in _lately(uow, person_id) if is_news(row)]
    if not rows:
        raise _nothing(hook, person_id)
    asked = []
    for plugin in uow.hooks.implementers(hook):
        news, mails = read_news(uow, rows, plugin), Mails()
        if news:
            one = _told(uow, hook, plugin, {"news": news, "batch": "tried", "mails": mails})
            said = [f"mail to {mail.to}: {mail.subject}" for mail in mails.wanted]
            value = {"news": msgspec.to_builtins(news), "sent": one.value, "mails": said}
            kept = [line for line in one.said if line != NOTHING] if said else one.said
            asked.append(
                Asked(plugin, one.version, one.note, (*kept, *said), value, one.error, one.milliseconds)
            )
        else:
            version = uow.hooks.version_of(plugin) or ""
            asked.append(Asked(plugin, version, "nothing of it holds any more: not told"))
    return Tried(hook, f"the last {len(rows)} things that happened" + _to(uow, person_id), asked)


def _try_lists(uow: UnitOfWork, hook: str, person_id: str) -> Tried:
    asked = []
    for (plugin, key), export in exports_of(uow.hooks).items():
        changes = _rows(uow, export, person_id)
        if plugin in uow.hooks.implementers(hook) and changes:
            refusals = Refusals()
            arguments = {"export": export, "changes": changes, "refusals": refusals}
            note = f"the list {key}, {len(changes)} rows as if it had none"
            asked.append(_told(uow, hook, plugin, arguments, note))
        else:
            asked.append(
                Asked(
                    plugin, uow.hooks.version_of(plugin) or "", f"the list {key}: nobody is certified there"
                )
            )
    return Tried(hook, "people who are certified now" + _to(uow, person_id), asked)


def _rows(uow: UnitOfWork, export: Export, person_id: str) -> list[CertifiedChange]:
    rows = read_certified(uow, export, [person_id]) if person_id else islice(read_all(uow, export), ROWS)
    return [CertifiedChange(row.id, row) for row in rows]


NOTHING = "sends nothing"


def _told(uow: UnitOfWork, hook: str, plugin: str, arguments: Mapping[str, Any], note: str = "") -> Asked:
    http = RecordingHttp(answers_all=True)
    error = ""
    with tracing() as calls:
        try:
            uow.hooks.tell(hook, plugin, **arguments, http=http)
        except Exception as failed:  # noqa: BLE001  (a plugin may fail with anything)
            error = str(failed)
    said = sent_lines(http)
    spent = sum(call.milliseconds for call in calls)
    version = uow.hooks.version_of(plugin) or ""
    return Asked(plugin, version, note, said or (NOTHING,), sent_as_json(http), error, spent)


def _lately(uow: UnitOfWork, person_id: str, kind: str = "", limit: int = LATELY) -> Sequence[sa.Row[Any]]:
    """The last events, of one kind if it is named, in their order."""
    e = event_table
    query = sa.select(e).order_by(e.c.position.desc()).limit(limit)
    if kind:
        query = query.where(e.c.kind == kind)
    if person_id:
        query = query.where(e.c.person_id == person_id)
    return uow.connection.execute(query).all()[::-1]


def _nothing(hook: str, person_id: str) -> Missing:
    return Missing("no_event", f"No {hook} has happened yet{' to this person' if person_id else ''}.")


def _to(uow: UnitOfWork, person_id: str) -> str:
    return f": {who(uow, person_id)}" if person_id else ""


def sent_lines(http: RecordingHttp) -> tuple[str, ...]:
    """What would have been sent, a line for each request."""
    return tuple(
        f"{r.method} {r.url} {dict(r.form) or r.body.decode(errors='replace')}" for r in http.requests
    )


def sent_as_json(http: RecordingHttp) -> list[dict[str, Any]]:
    """The same as it stands in JSON."""
    return [
        {"method": r.method, "url": r.url, "form": dict(r.form), "body": r.body.decode(errors="replace")}
        for r in http.requests
    ]
