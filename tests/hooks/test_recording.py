"""What is recorded of calls for whoever asks: all of them, in order, in words without secrets."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from hub.hooks import Hooks, Plugin, hookimpl, recording, tracing
from hub.hooks.rendering import mask, render, words_of
from hub.http import OutgoingHttp
from tests.hooks import catalogue

SECRET = "hunter2hunter2"


@dataclass(frozen=True)
class Source:
    address: str
    secret: str
    inner: Any = None


class Settings(BaseModel):
    api_token: str = SECRET
    key: SecretStr = SecretStr(SECRET)
    course: str = "brakes"


class Answers:
    hub_api = "1.1"

    def __init__(self, *answers: object) -> None:
        self.answers = [*answers]

    @hookimpl
    def find_color(self, thing: Any) -> object:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @hookimpl
    def color_found(self, thing: str) -> None:
        self.find_color(thing)

    @hookimpl
    def read_colors(self, source: Any) -> Iterator[str]:
        yield "red"
        yield "blue"


def hooks_of(**plugins: object) -> Hooks:
    return Hooks(catalogue, [Plugin(name, "7", instance) for name, instance in plugins.items()])


def test_calls_are_recorded_in_their_order_with_arguments_answers_and_failures() -> None:
    hooks = hooks_of(a=Answers(None, ValueError("dark")), b=Answers("red"))
    with tracing() as calls:
        hooks.ask_first("find_color", thing="rose", light="day")
        hooks.ask_first("find_color", thing="sky", light="day")
        list(hooks.fetch("read_colors", "b", source="garden"))
    assert [(c.plugin, c.hook, dict(c.arguments), c.answer, c.failed) for c in calls] == [
        ("a", "find_color", {"thing": "'rose'"}, "None", False),
        ("b", "find_color", {"thing": "'rose'"}, "'red'", False),
        ("a", "find_color", {"thing": "'sky'"}, "ValueError: dark", True),
        ("b", "read_colors", {"source": "'garden'"}, "range", False),
    ]
    first = calls[0]
    assert (first.version, first.shape, first.scope, first.on_error) == ("7", "ask", "hub", "stop")
    assert 0 <= first.milliseconds < 1000


def test_nobody_records_outside_the_block_nor_in_another_thread() -> None:
    hooks = hooks_of(a=Answers("red", "blue", "green"))
    with tracing() as calls:
        assert recording.active == 1
        other = Thread(target=hooks.ask_first, args=("find_color",), kwargs={"thing": "x", "light": "y"})
        other.start()
        other.join()
    assert recording.active == 0
    hooks.ask_first("find_color", thing="rose", light="day")
    assert calls == []


def test_no_more_is_recorded_than_can_be_read() -> None:
    hooks = hooks_of(a=Answers(*["red"] * (recording.MOST + 5)))
    with tracing() as calls:
        for _ in range(recording.MOST + 5):
            hooks.ask_first("find_color", thing="rose", light="day")
    assert len(calls) == recording.MOST


@pytest.mark.parametrize(
    "value",
    [
        Source("https://lms.example", SECRET),
        Source("x", "", inner={"password": SECRET}),
        [Source("x", SECRET)],
        Settings(),
        {"Authorization": f"Bearer {SECRET}"},
        f"https://ann:{SECRET}@lms.example/",
        f"Authorization: Bearer {SECRET}",
        f"https://lms.example/?access_token={SECRET}&x=1",
        f'{{"client_secret": "{SECRET}"}}',
        SecretStr(SECRET),
        OutgoingHttp(),
    ],
)
def test_secrets_are_not_shown(value: object) -> None:
    assert SECRET not in render(value)
    assert "requests" not in render(value)
    hooks = hooks_of(a=Answers(value))
    with tracing() as calls:
        hooks.ask_first("find_color", thing=value, light="day")
    assert SECRET not in repr(calls)


def test_values_are_short_and_say_what_they_are() -> None:
    assert render(Source("a", "", inner=(1, 2.5, None, True))) == (
        "Source(address='a', secret='', inner=[1, 2.5, None, … 4 in all])"
    )
    assert render({"on": datetime(2026, 3, 2, tzinfo=UTC)}) == "{'on': 2026-03-02 00:00:00+00:00}"
    assert render("x" * 200) == "'" + "x" * 80 + "'… (200)"
    assert render(b"1234") == "4 bytes"
    assert render(10**5000) == "int"
    assert render(int) == "int"


def test_nothing_of_a_plugins_own_runs_for_showing_it() -> None:
    class Hostile(str):
        def __repr__(self) -> str:
            raise RuntimeError("ran")

        __str__ = __repr__

    class Odd:
        __repr__ = Hostile.__repr__

    endless: list[object] = []
    endless.append(endless)
    for value in (Hostile("x"), Odd(), {Odd(): Odd()}, endless):
        assert len(render(value)) < 200


def test_words_of_an_error_name_no_secret_and_stay_short() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    assert words_of(ValueError(f"cannot reach {SECRET}"), {SECRET}) == "ValueError: cannot reach [masked]"
    assert len(words_of(ValueError("x" * 100_000))) == 500
    assert words_of(Mute()) == "Mute: (it cannot say what went wrong)"
    assert mask("nothing to hide: https://lms.example/a?b=c") == "nothing to hide: https://lms.example/a?b=c"


@dataclass
class WithSettings(Answers):
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        super().__init__(RuntimeError(f"refused {SECRET}"))


def test_what_a_plugin_says_of_its_own_settings_is_masked_in_errors_and_timings() -> None:
    hooks = hooks_of(a=WithSettings())
    failure = hooks.ask_first("find_color", thing="rose", light="day")
    assert failure is not None
    assert SECRET not in repr(failure)
    assert hooks.drain_timings()["a", "find_color"].last_error == "RuntimeError: refused [masked]"


def test_told_plugin_cannot_put_a_secret_into_the_delivery() -> None:
    with pytest.raises(Exception, match=r"RuntimeError: refused \[masked\]") as error:
        hooks_of(a=WithSettings()).tell("color_found", "a", thing="rose")
    assert SECRET not in str(error.value)
