"""The audit trail, to be searched: who did what to whom, where and when."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import flask

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.ids import is_id
from hub.journal.seal import Head, read_head
from hub.journal.search_audit import AuditSearch, search_audit
from hub.network.systems.connections import find_connection
from hub.network.validity.dates import is_in_reach
from hub.network.views import find_partner, list_partner_names
from hub.training.courses.offerings import find_offering
from hub.web.admin.blueprint import blueprint
from hub.web.admin.form import Filled
from hub.web.admin.history import DONE_WORDS, OUTCOMES, REFUSED_WORDS, happenings
from hub.web.admin.query import MAX_WORDS, PersonFilter, read_choice, read_person_filter, read_position
from hub.words.phrase import say

LABELS = {
    "who": "Person",
    "partner": "Partner",
    "connection": "Connection",
    "course": "Course",
    "since": "Since (UTC)",
    "until": "Until (UTC)",
}
ACTIONS = dict(sorted({**REFUSED_WORDS, **DONE_WORDS}.items(), key=lambda pair: pair[1].lower()))
"""Words for what can be looked for, in order."""


@dataclass
class _Asked:
    """What the address asks for, read field by field."""

    who: PersonFilter
    values: dict[str, str]
    problems: dict[str, list[str]] = field(default_factory=dict)

    def find(self, name: str, read: Callable[[str], str]) -> str:
        """The id that a field has, or of what it names; empty where it is empty or names nothing."""
        words = self.values[name]
        if is_id(words):
            return words.lower()
        try:
            return read(words) if words else ""
        except HubError as error:
            self.problems[name] = [error.message.rstrip(".")]
            return ""

    def instant(self, name: str, *, end: bool = False) -> datetime | None:
        """A day or an instant; of a day that ends something, the end."""
        text = self.values[name]
        try:
            at = datetime.fromisoformat(text) if text else None
        except ValueError:
            self.problems[name] = [say("is no day or instant, such as 2026-05-04 or 2026-05-04T09:30")]
            return None
        if at is None:
            return None
        if not is_in_reach(at):
            self.problems[name] = ["is too far off: choose one of the years 1900 to 2199"]
            return None
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        is_day = len(text) == len("2026-05-04")
        return at + timedelta(days=1) if end and is_day else at


@blueprint.get("/audit")
def audit() -> str:
    """Query: a person; ``partner``, ``connection`` (its slug), ``course`` (its key), ``action``, ``outcome``, ``since``, ``until``."""
    arguments = flask.request.args
    asked = _Asked(read_person_filter(), {n: arguments.get(n, "").strip()[:MAX_WORDS] for n in LABELS})
    action = read_choice("action", tuple(ACTIONS))
    outcome = read_choice("outcome", OUTCOMES)
    with current_hub().reading() as uow:
        search = AuditSearch(
            person_id=asked.who.id or "",
            subject_id=asked.find("course", lambda key: find_offering(uow, key).id),
            partner_id=asked.find("partner", lambda words: find_partner(uow, words)),
            connection_id=asked.find("connection", lambda slug: find_connection(uow, slug).id),
            action=action,
            outcome=outcome,
            since=asked.instant("since"),
            until=asked.instant("until", end=True),
        )
        _refuse_backwards(search, asked)
        usable = not asked.problems and not asked.who.words
        listed = search_audit(uow, search, read_position()) if usable else None
        head, partners = read_head(uow), list_partner_names(uow)
    return flask.render_template(
        "admin/audit.html",
        who=asked.who,
        filled=Filled(asked.values, asked.problems),
        labels=LABELS,
        actions=ACTIONS,
        action=action,
        outcome=outcome,
        narrows=search.narrows,
        happenings=happenings(listed.rows) if listed else [],
        older=listed.older if listed else None,
        usable=usable,
        partners=partners,
        head=_told(head),
    )


def _refuse_backwards(search: AuditSearch, asked: _Asked) -> None:
    if search.since and search.until and search.since >= search.until:
        asked.problems["until"] = [say("must be later than since")]


def _told(head: Head) -> Mapping[str, str] | None:
    return {"number": f"{head.number:,}", "noted": f"{head.number}:{head.hash}"} if head.number else None
