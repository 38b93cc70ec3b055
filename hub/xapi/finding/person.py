"""What the store knows of somebody whom an Agent names (xAPI 1.0.3 Communication 2.4; 2.0, 4.1.6.3)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from hub.xapi.statements.actors import Actor

FORMS = ("mbox", "mbox_sha1sum", "openid", "account")


def build_person(
    agent: Actor, payloads: Iterable[bytes], subjects: Iterable[tuple[str, str]]
) -> dict[str, object]:
    """A Person Object: the Agent that was asked for, every name it has in some statements, and other identifiers."""
    identifier = agent.identifier
    assert identifier is not None  # noqa: S101  (an Agent has one)
    names = [agent.name] if agent.name is not msgspec.UNSET else []
    for payload in payloads:
        names += _names(msgspec.json.decode(payload), identifier)
    identifiers = dict.fromkeys([identifier, *subjects])
    person: dict[str, object] = {"objectType": "Person"}
    if names:
        person["name"] = list(dict.fromkeys(names))
    for form in FORMS:
        known = [_shown(form, subject) for each, subject in identifiers if each == form]
        if known:
            person[form] = known
    return person


def _shown(form: str, subject: str) -> object:
    if form != "account":
        return subject
    home_page, _, name = subject.partition("|")
    return {"homePage": home_page, "name": name}


def _names(statement: Mapping[str, Any], identifier: tuple[str, str]) -> Iterator[str]:
    """How a statement calls an agent that is its actor or object, or one of their members."""
    form, subject = identifier
    wanted = _shown(form, subject)
    for actor in _actors((statement["actor"], statement["object"])):
        told = actor.get(form)
        # Hashes are compared without case, as they are when statements are looked up.
        same = told.lower() == subject if form == "mbox_sha1sum" and told else told == wanted
        if same and "name" in actor:
            yield actor["name"]


def _actors(things: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for thing in things:
        yield thing
        yield from thing.get("member", ())
