"""Telling a plugin: once, again, in another order, and while the system outside does not do its part."""

import json
import re
import typing
from collections.abc import Iterator
from dataclasses import is_dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hub.ids import derived_id
from hub.testing.plugin_check.hooks import catalogue
from hub.testing.plugin_check.receiver import Request
from hub.testing.plugin_check.samples import make_any
from hub.testing.plugin_check.trial import NO_ANSWER, Trial, outcome

BAD = {
    "500": "answered 500",
    "429": "answered 429",
    "404": "answered 404",
    "closed": "closed the connection",
    "slow": "did not answer in time",
}
VOLATILE = re.compile(
    r"signature|date|time|sent_at|authorization|traceparent|user-agent|^content-length$|^host$"
)
"""Parts of a request that may differ without it being another one."""
SECOND_TIME = "a second time"
ANN = derived_id("check", "person", "ann")
NO_KEY = re.compile(r"^accept|^connection$|^content-type$|^user-agent$|^host$")


def check_telling(trial: Trial) -> None:
    """Every hook that is told something."""
    for hook in trial.hooks("tell"):
        place = trial.place(hook)
        sent = _told(trial, hook, 1) if _is_told_at_all(trial, hook) else []
        if sent is None:
            continue
        if not sent:
            trial.findings.add(
                "no-sample",
                "It was told, and sent nothing, so its way of sending could not be tried.",
                'Write check.toml beside pyproject.toml: in [settings], "{outside}" stands for a system to send to.',
                place,
            )
            continue
        _check_repeat(trial, hook, sent)
        if any(request.method != "MAIL" for request in sent):
            _check_failures(trial, hook, sent)


def _is_told_at_all(trial: Trial, hook: str) -> bool:
    """Who keeps lists elsewhere is told of those it registered."""
    if "export" not in typing.get_type_hints(catalogue()[hook]):
        return True
    register = getattr(trial.fresh(), "register_exports", None)
    return bool(register and register())


def _arguments(trial: Trial, hook: str, number: int) -> dict[str, Any]:
    """Another number is another event about the same person."""
    hints = typing.get_type_hints(catalogue()[hook])
    made = {
        name: trial.http if name == "http" else make_any(hint, number, name)
        for name, hint in hints.items()
        if name != "return"
    }
    if "export" in made:
        made["export"] = next(iter(trial.fresh().register_exports()))
    event = made.get("event")
    for told in news if isinstance(news := made.get("news"), list) else ():
        object.__setattr__(told, "person_id", ANN)
    if is_dataclass(event) and not isinstance(event, type) and hasattr(event, "person_id"):
        made["event"] = replace(event, person_id=ANN)
    return made


def _told(trial: Trial, hook: str, *numbers: int, made: Any = None) -> list[Request] | None:
    """What reaches the outside when it is told of these, requests and mails; None where it raised."""
    made = made or trial.fresh()
    sent: list[Request] = []
    for number in numbers:
        arguments = _arguments(trial, hook, number)
        trial.outside.begin()
        with trial.watch.sending(hook, trial.findings):
            if trial.attempt(made, hook, arguments, "to be told") is NO_ANSWER:
                return None
        wanted = getattr(arguments.get("mails"), "wanted", ())
        sent += trial.outside.requests
        sent += [
            Request("MAIL", each.to, {"subject": each.subject}, "\n".join(each.lines).encode())
            for each in wanted
        ]
    return sent


def _check_repeat(trial: Trial, hook: str, first: list[Request]) -> None:
    made = trial.fresh()
    once = _told(trial, hook, 1, made=made) or []
    again = _told(trial, hook, 1, made=made) or []
    late = _told(trial, hook, 2, 1, made=trial.fresh()) or []
    other = _told(trial, hook, 2) or []
    wanted = [_parts(request) for request in first]
    place = trial.place(hook)
    for words, requests in (
        ("by another instance", once),
        (SECOND_TIME, again),
        ("late, after another event", late[len(other) :]),
    ):
        said = [_parts(request) for request in requests]
        left_out = words == SECOND_TIME and all(each in wanted for each in said)  # what it knows arrived
        if said != wanted and not left_out:
            trial.findings.add(
                "not-idempotent",
                f"Told the same {words}, it sent something else{_difference(wanted, said)}.",
                "Send what is in the event, each time the same: the hub tells a thing again when it cannot know that it arrived.",
                place,
            )
            return
    if [_key(request) for request in other] == [_key(request) for request in first]:
        trial.findings.add(
            "no-repeat-key",
            "Told of two things, it sent the same twice: the other side cannot tell a repeat from something new.",
            "Send a key that stands for the event, such as its goal_id and statement_id joined by a colon.",
            place,
        )


def _check_failures(trial: Trial, hook: str, sent: list[Request]) -> None:
    for mode, words in BAD.items():
        trial.outside.begin(mode)
        if isinstance(
            outcome(lambda: trial.call(trial.fresh(), hook, _arguments(trial, hook, 1))), Exception
        ):
            continue  # whichever it is, the hub tries again
        trial.findings.add(
            "swallows-failure",
            f"The other system {words}, and it did not raise: the hub takes it for delivered.",
            "Look at answer.status, and raise OutsideFailed for anything but 2xx; let what http raises go through.",
            trial.place(hook),
        )
        return
    _check_after_a_failure(trial, hook, sent)


def _check_after_a_failure(trial: Trial, hook: str, sent: list[Request]) -> None:
    """Told again by the very instance that failed, it must send what it had not sent."""
    made = trial.fresh()
    trial.outside.begin("500")
    outcome(lambda: trial.call(made, hook, _arguments(trial, hook, 1)))
    trial.outside.begin()
    outcome(lambda: trial.call(made, hook, _arguments(trial, hook, 1)))
    missing = sum(request.method != "MAIL" for request in sent) - len(trial.outside.requests)
    if missing > 0:
        trial.findings.add(
            "lost-or-doubled",
            f"Told again after the other system had failed, it left out {missing} of its requests.",
            "Note that something was sent when it has arrived, not before.",
            trial.place(hook),
        )


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _flat(inner, f"{name}.{place}")
    else:
        yield name, str(value)


def _pairs(request: Request) -> list[tuple[str, str]]:
    pairs = [(name, value) for name, value in request.headers.items()]
    pairs += [("path", urlsplit(request.path).path), *parse_qsl(urlsplit(request.path).query)]
    try:
        pairs += _flat(json.loads(request.body))
    except ValueError:
        form = parse_qsl(request.body.decode(errors="replace"))
        pairs += form or [("body", request.body.decode(errors="replace"))]
    return pairs


def _parts(request: Request) -> list[tuple[str, str]]:
    """Everything but signatures and the time at which it was sent."""
    return [(name, value) for name, value in _pairs(request) if not _is_volatile(name, value)]


def _key(request: Request) -> list[tuple[str, str]]:
    return [(n, v) for n, v in _parts(request) if not NO_KEY.search(n)]


def _is_volatile(name: str, value: str) -> bool:
    if not VOLATILE.search(name.lower()):
        return False
    return not _is_of_the_event(value)


def _is_of_the_event(value: str) -> bool:
    """A time long ago is not that of the sending."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return False
    return at.tzinfo is not None and abs((datetime.now(at.tzinfo) - at).total_seconds()) > 3600


def _difference(wanted: list[list[tuple[str, str]]], said: list[list[tuple[str, str]]]) -> str:
    if len(wanted) != len(said):
        return f" ({len(said)} requests instead of {len(wanted)})"
    for one, other in zip(wanted, said, strict=True):
        names = sorted({name for name, _ in set(one) ^ set(other)})
        if names:
            return f" ({', '.join(names[:3])})"
    return ""
