"""With whose eyes and as of which day a page of the network is asked for, and addresses that keep both."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import flask

from hub.access.eyes import HUB, Eyes, choose_eyes, eyes_of, instant_of
from hub.access.reach import Sight, sight_of
from hub.errors import BadInput, NotAllowed
from hub.flask_hub import current_hub
from hub.network.validity.dates import is_in_reach
from hub.web.viewer import current_viewer


@dataclass(frozen=True)
class Looking:
    """How somebody looks: ``eyes`` among ``all`` they have, by key; ``day`` is None for now."""

    eyes: Eyes
    all: dict[str, Eyes]
    day: date | None
    now: datetime

    @property
    def at(self) -> datetime:
        """The instant of which pages tell."""
        return self.now if self.day is None else instant_of(self.day)

    @property
    def arguments(self) -> dict[str, str]:
        """What an address needs so that the next page is seen with the same eyes as of the same day."""
        kept = {"as": self.eyes.key} if self.eyes.key != next(iter(self.all)) else {}
        return kept if self.day is None else {**kept, "on": self.day.isoformat()}


def looking(uow: Any) -> Looking:
    """From the query or the form: ``as``, a key of eyes; ``on``, a day. BadInput ``bad_day``; NotAllowed ``no_network``, which is audited."""
    hub, viewer, arguments = current_hub(), current_viewer(), flask.request.values
    eyes = eyes_of(uow, viewer.person)
    try:
        chosen = choose_eyes(eyes, arguments.get("as", ""))
    except NotAllowed as error:
        hub.audit_refusal("network", error.code, actor_id=viewer.person.id)
        raise
    found = Looking(chosen, eyes, read_day(arguments.get("on", "")), uow.now)
    flask.g.looking = found
    return found


def sight(uow: Any, found: Looking) -> Sight:
    """What these eyes see now."""
    return sight_of(uow, found.eyes.reach)


def read_day(text: str) -> date | None:
    """A day such as 2026-05-01; None for nothing. BadInput ``bad_day``."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not is_in_reach(day):
        raise BadInput("bad_day", "This is not a day.", "Write one such as 2026-05-01.")
    return day


def go(endpoint: str, **values: Any) -> str:
    """The address of a page of the network, seen as this one is; values that are None or empty are left out."""
    found: Looking | None = flask.g.get("looking")
    kept = found.arguments if found else {}
    given = {name: value for name, value in values.items() if value not in (None, "")}
    return flask.url_for(endpoint, **{**kept, **given})


def context() -> dict[str, object]:
    """For the templates of these pages."""
    return {"looking": flask.g.get("looking"), "go": go, "HUB": HUB}
