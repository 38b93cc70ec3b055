"""Template filters: dates, durations and counts as people say them, in the reader's language. Days are UTC days."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from hub.flask_hub import current_hub
from hub.web.language import _, current_language
from hub.words import numbers
from hub.words.catalogues import translations
from hub.words.numbers import counted

SOON_DAYS = 7
FAR_DAYS = 60


def day(at: datetime) -> str:
    """``27 November``, with the year when it is another one than now."""
    return numbers.day_of_year(at, current_language()) if at.year == _now().year else full_day(at)


def full_day(at: datetime) -> str:
    """``27 November 2026``."""
    return numbers.full_day(at, current_language())


def moment(at: datetime) -> str:
    """``22 Nov 2026, 13:46:05 UTC``."""
    return numbers.moment(at, current_language())


def due(at: datetime) -> str:
    """``Due in 5 days · 27 November``, ``Due tomorrow · …``, ``Overdue by 3 days · …``; when far off ``Due 27 November``."""
    return due_briefly(at) if _is_far(at) else f"{due_briefly(at)} · {day(at)}"


def due_briefly(at: datetime) -> str:
    """As ``due``, without the date where the days say it."""
    if _is_far(at):
        return _("Due %(day)s", day=day(at))
    now = _now()
    days = (at.date() - now.date()).days
    if at < now:
        if days == 0:
            return _("Was due today")
        return _("Was due yesterday") if days == -1 else _("Overdue by %(days)s days", days=-days)
    if days == 0:
        return _("Due today")
    return _("Due tomorrow") if days == 1 else _("Due in %(days)s days", days=days)


def due_tone(at: datetime) -> str:
    """``bad`` when overdue, ``warn`` within SOON_DAYS, else ``quiet``."""
    now = _now()
    if at < now:
        return "bad"
    return "warn" if at - now <= timedelta(days=SOON_DAYS) else "quiet"


def ago(at: datetime) -> str:
    """``just now``, ``4 minutes ago``, ``yesterday``, or the day."""
    now = _now()
    seconds = (now - at).total_seconds()
    if seconds < 60:
        return _("just now")
    if seconds < 3600:
        return ngettext("%(num)s minute ago", "%(num)s minutes ago", int(seconds // 60))
    if now.date() == at.date():
        return ngettext("%(num)s hour ago", "%(num)s hours ago", int(seconds // 3600))
    if (now.date() - at.date()).days == 1:
        return _("yesterday")
    return day(at)


def minutes(number: int) -> str:
    """``25 min``, ``1 h``, ``1 h 30 min``."""
    hours, left = divmod(number, 60)
    return " ".join(
        part for part in (f"{hours} h" if hours else "", f"{left} min" if left or not hours else "") if part
    )


def span(length: timedelta) -> str:
    """``3 s``, ``4 min``, ``2 h``, ``5 days``: how long, roughly."""
    seconds = int(length.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 172800 else count(seconds // 86400, "day")


def milliseconds(seconds: float) -> str:
    """``80 µs``, ``0.4 ms``, ``12 ms``, ``1.8 s``."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    if seconds < 0.0001:
        return f"{seconds * 1_000_000:.0f} µs"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"


def count(number: int, one: str, many: str = "") -> str:
    """``1 course``, ``1,204 courses``."""
    return ngettext(*counted(one, many), number)


def numeral(number: float) -> str:
    """``1,204``."""
    return numbers.numeral(number, current_language())


def listing(words: Sequence[str]) -> str:
    """``Sales``, ``Sales and Service``, ``Parts, Sales and Service``."""
    if len(words) < 2:
        return "".join(words)
    return _("%(words)s and %(last)s", words=", ".join(words[:-1]), last=words[-1])


def either(words: Sequence[str]) -> str:
    """``Sales``, ``Sales or Service``, ``Parts, Sales or Service``."""
    if len(words) < 2:
        return "".join(words)
    return _("%(words)s or %(last)s", words=", ".join(words[:-1]), last=words[-1])


def last_part(iri: str) -> str:
    """``completed`` of ``http://adlnet.gov/expapi/verbs/completed``."""
    return iri.rstrip("/#").replace("#", "/").rpartition("/")[2]


def first_up(words: str) -> str:
    """``Use https: plain http …`` of ``use https: plain http …``; the rest stays as it is."""
    return words[:1].upper() + words[1:]


def _is_far(at: datetime) -> bool:
    return at - _now() > timedelta(days=FAR_DAYS)


def ngettext(one: str, many: str, number: int) -> str:
    """``one`` or ``many``, or what the language says for so many, with the number as ``%(num)s``."""
    said = translations(current_language()).ngettext(one, many, number)
    return said % {"num": numbers.numeral(number, current_language())}


def _now() -> datetime:
    return current_hub().clock.now()


FILTERS: Mapping[str, Callable[..., Any]] = {
    "ago": ago,
    "count_of": count,
    "day": day,
    "due": due,
    "due_briefly": due_briefly,
    "due_tone": due_tone,
    "either": either,
    "first_up": first_up,
    "full_day": full_day,
    "last_part": last_part,
    "listing": listing,
    "milliseconds": milliseconds,
    "minutes": minutes,
    "moment": moment,
    "numeral": numeral,
    "span": span,
}
