"""What the lists of these pages can be asked: a person, and the place to go on from."""

from dataclasses import dataclass

import flask

from hub.errors import BadInput
from hub.flask_hub import current_hub
from hub.ids import is_id
from hub.network.people.find_people import FoundPerson, search_people
from hub.network.views import names_of_people
from hub.web.language import _

MAX_WORDS = 100


@dataclass(frozen=True)
class PersonFilter:
    """Whose rows are shown. ``words`` were searched for; ``found`` are the people to choose from when they fit several."""

    id: str | None = None
    name: str = ""
    words: str = ""
    found: tuple[FoundPerson, ...] = ()


def read_person_filter() -> PersonFilter:
    """From ``person``, an id, or ``who``, words of a name. BadInput for an id that is none."""
    person_id, words = flask.request.args.get("person"), flask.request.args.get("who", "").strip()[:MAX_WORDS]
    with current_hub().reading() as uow:
        if person_id:
            _check_id(person_id)
            name = names_of_people(uow, [person_id]).get(person_id) or _("an unknown person")
            return PersonFilter(person_id, name)
        found = search_people(uow, words)
    if len(found) == 1:
        return PersonFilter(found[0].id, found[0].name)
    return PersonFilter(words=words, found=tuple(found))


def read_position() -> int | None:
    """``before`` as the position in a log. BadInput when it is no number."""
    before = flask.request.args.get("before")
    if before is None:
        return None
    if not before.isdecimal() or len(before) > 18:
        raise _bad_page()
    return int(before)


def read_before_id() -> str | None:
    """``before`` as an id. BadInput when it is none."""
    before = flask.request.args.get("before")
    if before is not None:
        _check_id(before)
    return before


def read_choice(name: str, choices: tuple[str, ...]) -> str:
    """One of the choices, or nothing; anything else counts as nothing."""
    value = flask.request.args.get(name, "")
    return value if value in choices else ""


def _check_id(text: str) -> None:
    if not is_id(text):
        raise _bad_page()


def _bad_page() -> BadInput:
    return BadInput(
        "bad_page", "This part of the list does not exist.", "Start again from the top of the list."
    )
