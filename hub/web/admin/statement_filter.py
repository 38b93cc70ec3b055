"""The filters of the statement browser: read from the address, and written back into links and fields."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from shlex import quote

import flask

from hub.errors import BadInput, Problem
from hub.ids import is_id
from hub.network.views import SystemName
from hub.web.admin.query import MAX_WORDS, PersonFilter, read_person_filter
from hub.xapi.finding.browse import Filter, Name

MAX_IRI = 1000
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
FIELDS = (
    *("who", "person", "actor", "verb", "activity", "connection", "registration", "since", "until"),
    *("id", "show"),
)
SHOWS = {"": "All", "waiting": "Of unknown people", "voided": "Voided"}
EXPORTED = {
    "verb": "--verb",
    "activity": "--activity",
    "connection": "--connection",
    "since": "--since",
    "until": "--until",
}
"""Filters that ``hub export`` knows too, with its options."""
ADL_VERBS = "http://adlnet.gov/expapi/verbs/"


@dataclass(frozen=True)
class Asked:
    """What the address asks for. ``fields`` are its parameters as they were typed, ``who`` the person filter's part."""

    filter: Filter
    who: PersonFilter
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def export_command(self) -> str:
        """The command that writes all that is found into files; empty where a filter is asked that it does not know."""
        if not self.fields or not self.fields.keys() <= EXPORTED.keys() or self.filter.actor:
            return ""
        given = {**self.fields, "verb": self.filter.verb}
        options = [f"{EXPORTED[name]} {quote(given[name])}" for name in self.fields]
        return " ".join(["hub export FOLDER", *options])


def read_filter(systems: list[SystemName]) -> Asked:
    """The filter. BadInput ``bad_filter`` with every parameter that cannot be used."""
    arguments = flask.request.args
    given = {name: arguments.get(name, "").strip()[:MAX_IRI] for name in FIELDS}
    given = {name: value for name, value in given.items() if value}
    problems = [
        Problem("is no id, which looks like 6f1c37a4-5d0c-5a58-9d0e-6d2d1f4c1b11", name)
        for name in ("id", "registration")
        if name in given and not is_id(given[name])
    ]
    by_slug = {system.slug: system.id for system in systems}
    slug = given.get("connection", "")
    if slug and slug not in by_slug:
        problems.append(Problem("is no system that sends statements", "connection"))
    since, until = (_instant(given.get(name, ""), name, problems) for name in ("since", "until"))
    if problems:
        raise BadInput("bad_filter", "The filters cannot be used as they are.", problems=problems)
    who, actor = _who(given)
    show = given.get("show", "")
    wanted = Filter(
        id=given.get("id", "").lower(),
        connection_id=by_slug.get(slug, ""),
        person_id=who.id or "",
        actor=actor,
        verb=_verb(given.get("verb", "")),
        activity=given.get("activity", ""),
        registration=given.get("registration", "").lower(),
        since=since,
        until=until,
        waiting=show == "waiting",
        voided=show == "voided",
    )
    if who.id:
        given.pop("who", None)
        given["person"] = who.id
    return Asked(wanted, who, given)


def read_actor(text: str) -> Name | None:
    """An identifier of xAPI as people type it: an address, ``HOME_PAGE|NAME``, a SHA-1 or an OpenID; None for other words."""
    if "|" in text:
        return "account", text
    if _SHA1.fullmatch(text):
        return "mbox_sha1sum", text.lower()
    if text.startswith("mailto:") or ("@" in text and "/" not in text and " " not in text):
        return "mbox", "mailto:" + text.removeprefix("mailto:")
    return ("openid", text) if "://" in text else None


def _who(given: dict[str, str]) -> tuple[PersonFilter, Name | None]:
    """A person of the hub, or an actor by an identifier that is nobody's."""
    if "actor" in given:
        actor = read_actor(given["actor"])
        return PersonFilter(words="" if actor else given["actor"][:MAX_WORDS]), actor
    who = read_person_filter()
    actor = read_actor(given.get("who", "")) if not who.id and not who.found else None
    return (PersonFilter() if actor else who), actor


def _verb(text: str) -> str:
    """An IRI; a single word is taken for one of ADL's verbs."""
    return ADL_VERBS + text if text and ":" not in text else text


def _instant(text: str, name: str, problems: list[Problem]) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        problems.append(Problem("is no day or instant, such as 2026-05-04 or 2026-05-04T09:30", name))
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
