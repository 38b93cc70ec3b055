"""A form as it was sent: its values, so that nothing is typed twice, and what is wrong with each field."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import flask

from hub.errors import BadInput, HubError
from hub.words.phrase import say

MAX_FIELD = 4000


@dataclass(frozen=True)
class Filled:
    """Values and problems by field. A field of several lines is one text."""

    values: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def lines(self, name: str) -> list[str]:
        """The lines of a field that are not empty."""
        return [line.strip() for line in self.values.get(name, "").splitlines() if line.strip()]


def read_form(names: Iterable[str]) -> Filled:
    """These fields of the form that was sent. BadInput ``bad_form`` for one that is longer than MAX_FIELD."""
    form = flask.request.form
    values = {name: form.get(name, "").strip() for name in names}
    if any(len(value) > MAX_FIELD for value in values.values()):
        raise BadInput("bad_form", "A field of the form is too long.", "Shorten it and send it again.")
    return Filled(values)


def old_key(filled: Filled) -> tuple[str, str]:
    """Consumer key and shared secret that a system had under LTI 1.1, as its form names them."""
    return filled.values["consumer_key"], filled.values["consumer_secret"]


def missing(filled: Filled, names: Iterable[str]) -> dict[str, list[str]]:
    """A problem for each of these fields that is empty."""
    return {name: [say("is missing")] for name in names if not filled.values.get(name)}


def refuse_incomplete(empty: Mapping[str, object]) -> None:
    """BadInput ``incomplete`` where a needed field is empty; last in a unit, so that services have said their part too."""
    if empty:
        raise BadInput("incomplete", "Something is missing.")


def refused(
    filled: Filled, error: HubError, fields: Mapping[str, str], empty: Mapping[str, Sequence[str]]
) -> Filled:
    """The form with what a service refused of it. ``fields`` names the field of each code that has no places of its own.

    What is ``empty`` is only called missing. Raises the error again when it is about no field.
    """
    problems: dict[str, list[str]] = {}
    for problem in error.problems:
        problems.setdefault(problem.place, []).append(problem.message)
    if not problems and error.code in fields:
        problems[fields[error.code]] = [error.message.rstrip(".")]
    if not problems and not empty:
        raise error
    return Filled(filled.values, {**problems, **empty})
