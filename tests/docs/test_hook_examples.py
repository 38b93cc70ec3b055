"""The examples of docs/hooks.md, each in a file of its own: started, called with what the hub would hand over, and held to the signature."""

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Any

import pytest
from pydantic import BaseModel

from docs.hooks_page import CONTRACTS, EXAMPLES
from hub import hookspecs
from hub.api import Completion, OutgoingHttp
from hub.hooks import Answer, Hooks, Plugin
from hub.testing.recording_http import RecordingHttp

NOW = datetime(2026, 5, 4, tzinfo=UTC)
LISTS = {
    "courses": [{"id": "7", "slug": "brakes", "name": "Brakes"}],
    "people": [{"employee": "ann", "id": "11"}],
}
SPECIAL = {
    "verb": "http://adlnet.gov/expapi/verbs/attended",
    "completion_policy": "attended",
    "kind": "credit_granted",
}
"""Values of fields that examples look at."""


def example(name: str) -> Any:
    """An instance of the plugin in the example's file."""
    found: dict[str, Any] = {"__file__": str(EXAMPLES / f"{name}.py"), "__name__": "example"}
    exec(compile((EXAMPLES / f"{name}.py").read_text(encoding="utf-8"), f"{name}.py", "exec"), found)
    return found["Plugin"]()


def sample(hint: Any, field: str = "") -> Any:
    """A value of a type, as the hub might hand it over."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (UnionType, typing.Union):
        return sample(next(part for part in parts if part is not NoneType), field)
    if origin is typing.Literal:
        return SPECIAL.get(field, parts[0])
    if origin is tuple:
        return (sample(parts[0], field),)
    if origin is not None and issubclass(origin, Mapping):
        return {}
    if origin is not None and issubclass(origin, Sequence):
        return [sample(parts[0], field)]
    if hint is OutgoingHttp:
        http = RecordingHttp(answers_all=True)
        http.answer("https://lms.example", json=LISTS)
        return http
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return hint(**{f.name: sample(hints[f.name], f.name) for f in dataclasses.fields(hint) if f.init})
    if hint is str and field == "address":
        return "https://lms.example"
    return {str: SPECIAL.get(field, "ann"), datetime: NOW, int: 1, float: 0.5, bool: True}[hint]


def is_of(value: object, hint: Any) -> bool:
    """Whether a value is of the type that a signature names."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is UnionType:
        return any(is_of(value, part) for part in parts)
    if origin is type:
        return isinstance(value, type) and issubclass(value, BaseModel)
    if origin is not None and issubclass(origin, Mapping):
        return isinstance(value, Mapping)
    if origin is not None:  # many of something
        return isinstance(value, Sequence) and bool(value) and all(is_of(each, parts[0]) for each in value)
    return isinstance(value, hint)


@pytest.mark.parametrize("name", CONTRACTS)
def test_example_answers_what_the_signature_says(name: str) -> None:
    hints = typing.get_type_hints(getattr(hookspecs, name))
    answers = hints.pop("return")
    hooks = Hooks(hookspecs, [Plugin("example", "1", example(name))])
    assert hooks.implementers(name) == ["example"]
    arguments = {argument: sample(hint, argument) for argument, hint in hints.items()}
    if CONTRACTS[name].shape == "fetch":
        rows = list(hooks.fetch(name, "example", **arguments))
        assert is_of(rows, answers)
        return
    answer = hooks.ask_plugin(name, "example", **arguments)
    assert isinstance(answer, Answer)
    assert is_of(answer.value, answers)
    assert answer.value is not None or CONTRACTS[name].shape == "tell"
    if name == "recognize_completion":
        assert isinstance(answer.value, Completion)
    if CONTRACTS[name].shape == "tell" and "http" in hints and "http.post" in _text(name):
        assert [request.method for request in arguments["http"].requests] == ["POST"]


def _text(name: str) -> str:
    return (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")


def test_every_example_is_of_a_hook() -> None:
    assert {path.stem for path in Path(EXAMPLES).glob("*.py")} == set(CONTRACTS)
