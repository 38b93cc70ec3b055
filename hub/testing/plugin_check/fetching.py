"""Fetching from a system that answers well, twice; that refuses; and that breaks off half-way."""

import inspect
import io
import json
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hub.api import CatalogueSource
from hub.testing.plugin_check.answers import MEND_VALUE
from hub.testing.plugin_check.hooks import catalogue
from hub.testing.plugin_check.trial import Trial, outcome

REFUSING = {
    "500": "answers 500",
    "401": "answers 401",
    "429": "answers 429",
    "html": "answers 200 with a page to sign in",
    "empty": "answers 200 with nothing in it",
    "closed": "closes the connection",
    "slow": "does not answer in time",
}
_ROWS: dict[str, list[dict[str, str]]] = {
    "read_catalogue": [
        {
            "external_id": str(number),
            "key": f"course-{number}",
            "title": f"Course {number}",
            "activity_id": f"https://check.example/courses/{number}",
        }
        for number in range(1, 5)
    ],
    "read_roster": [{"person_id": f"P{number}", "subject": f"s{number}"} for number in range(1, 5)],
}
_USUAL_NAMES: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "read_catalogue": lambda row: {"id": row["external_id"], "name": row["title"], "slug": row["key"]},
    "read_roster": lambda row: {"id": row["subject"], "employee": row["person_id"]},
}
"""What other systems call the same."""
SLUG = "check"


def check_fetching(trial: Trial) -> None:
    """Every hook that fetches."""
    for hook in trial.hooks("fetch"):
        if "source" not in inspect.signature(catalogue()[hook]).parameters:
            continue
        rows = _find_sample(trial, hook)
        if rows is not None:
            _check_rows(trial, hook, rows)
            _check_half_way(trial, hook, len(trial.outside.requests))
        _check_refusals(trial, hook)


def _fetch(trial: Trial, hook: str) -> list[Any]:
    """All rows; whatever it raises."""
    source = CatalogueSource(
        SLUG, trial.outside.address, str(trial.subject.given.get("secret", "for-the-check"))
    )
    with trial.watch.sending(hook, trial.findings):
        answer = trial.call(trial.fresh(), hook, {"source": source, "http": trial.http})
    return list(answer)


def _samples(trial: Trial, hook: str) -> Iterator[list[Mapping[str, Any]]]:
    """Answers of the system outside: those its author gave, else usual forms of a list."""
    given = [a for a in trial.subject.given.get("answer", ()) if a.get("hook", hook) == hook]
    if given:
        yield given
        return
    rows = _ROWS.get(hook, [])
    if rows:
        text = io.StringIO()
        text.write(",".join(rows[0]) + "\n")
        text.writelines(",".join(row.values()) + "\n" for row in rows)
        yield [{"type": "text/csv", "body": text.getvalue()}]
        named = [{**row, **_USUAL_NAMES[hook](row)} for row in rows]
        yield [{"body": json.dumps(named)}]
        for name in ("courses", "people", "items", "results"):
            yield [{"body": json.dumps({name: named})}]


def _find_sample(trial: Trial, hook: str) -> list[Any] | None:
    """Rows that the plugin reads from answers it understands."""
    said = ""
    for answers in _samples(trial, hook):
        trial.outside.answers = answers
        trial.outside.begin()
        rows = outcome(lambda: _fetch(trial, hook))
        if isinstance(rows, Exception):
            said = f" It says: {rows}"[:200]
        elif rows:
            return rows
    trial.findings.add(
        "no-sample",
        f"It read nothing from any answer that was tried.{said}",
        "Write check.toml beside pyproject.toml, with an [[answer]] for each request it makes: path, form and body.",
        trial.place(hook),
    )
    return None


def _check_rows(trial: Trial, hook: str, rows: list[Any]) -> None:
    (wanted,) = typing.get_args(typing.get_type_hints(catalogue()[hook])["return"])
    place = trial.place(hook)
    if not all(isinstance(row, wanted) for row in rows):
        trial.findings.add(
            "wrong-answer", f"It yields something that is no {wanted.__name__}.", MEND_VALUE, place
        )
        return
    for row in rows:
        if not all(
            getattr(row, n)
            for n in ("external_id", "key", "title", "activity_id", "subject")
            if hasattr(row, n)
        ):
            trial.findings.add(
                "wrong-answer", f"It yields a row with an empty field: {row!r:.120}", MEND_VALUE, place
            )
            break
    trial.outside.begin()
    again = outcome(lambda: _fetch(trial, hook))
    if isinstance(again, Exception) or [repr(row) for row in again] != [repr(row) for row in rows]:
        trial.findings.add(
            "not-repeatable",
            "The other system said the same twice, and it yielded other rows.",
            "Yield what is there, in the order in which it is there, and keep nothing between runs.",
            place,
        )


def _check_half_way(trial: Trial, hook: str, requests: int) -> None:
    """The last part missing, and each later request refused: ending early would retire every course that is missing."""
    tries = [("garbled", since, "broke off within a row") for since in range(requests - 1, -1, -1)]
    tries += [("500", since, f"answered 500 to request {since + 1}") for since in range(1, requests)]
    for mode, since, words in tries[:8]:
        trial.outside.begin(mode, since)
        rows = outcome(lambda: _fetch(trial, hook))
        if isinstance(rows, Exception):
            continue  # as it should
        trial.findings.add(
            "half-yielded",
            f"The other system {words}, and it ended after {len(rows)} rows as if that were all.",
            "Raise OutsideFailed: the hub then changes nothing. What is missing from a whole list is retired.",
            trial.place(hook),
        )
        return


def _check_refusals(trial: Trial, hook: str) -> None:
    for mode, words in REFUSING.items():
        trial.outside.begin(mode)
        rows = outcome(lambda: _fetch(trial, hook))
        if isinstance(rows, Exception):
            continue  # as it should
        trial.findings.add(
            "swallows-failure",
            f"The other system {words}, and it yielded {len(rows)} rows and did not raise.",
            "Raise OutsideFailed for anything that is not the list: an empty one would retire everything.",
            trial.place(hook),
        )
        return
