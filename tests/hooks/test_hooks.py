"""How hooks are called: in the order of the settings, fenced from each other, and timed."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from hub.errors import OutsideFailed
from hub.hooks import Answer, Failure, Hooks, Plugin, hookimpl
from hub.hooks.implementation import PluginFailed
from tests.hooks import catalogue


class Says:
    """Answers every ask with one word, or with nothing, or raises."""

    hub_api = "1.1"

    def __init__(self, word: str | Exception | None) -> None:
        self.word = word
        self.asked: list[str] = []

    def answer(self, thing: str) -> str | None:
        self.asked.append(thing)
        if isinstance(self.word, Exception):
            raise self.word
        return self.word

    @hookimpl
    def find_color(self, thing: str) -> str | None:
        return self.answer(thing)

    @hookimpl
    def guess_color(self, thing: str) -> str | None:
        return self.answer(thing)

    @hookimpl
    def color_found(self, thing: str) -> None:
        self.answer(thing)

    @hookimpl
    def color_panels(self, thing: str) -> Sequence[str]:
        return [self.answer(thing) or ""]

    @hookimpl
    def read_colors(self, source: str) -> Iterator[str]:
        yield "first"
        yield self.answer(source) or ""


class Silent:
    """Implements nothing."""

    hub_api = "1.1"


BROKEN = ValueError("no light")


def hooks_of(**plugins: object) -> Hooks:
    """Hooks of these plugins, in this order, each of version 1."""
    return Hooks(catalogue, [Plugin(name, "1", instance) for name, instance in plugins.items()])


def test_order_is_that_of_the_settings() -> None:
    a, b = Says("red"), Says("blue")
    assert hooks_of(a=a, silent=Silent(), b=b).implementers("find_color") == ["a", "b"]
    assert hooks_of(b=b, a=a).implementers("find_color") == ["b", "a"]


def test_first_answer_that_is_not_none_counts_and_later_plugins_are_not_asked() -> None:
    later = Says("blue")
    hooks = hooks_of(nothing=Says(None), first=Says("red"), later=later)
    assert hooks.ask_first("find_color", thing="rose", light="day") == Answer("first", "1", "red")
    assert later.asked == []


def test_answers_like_false_and_zero_are_answers() -> None:
    assert hooks_of(a=Says(""), b=Says("red")).ask_first("find_color", thing="rose", light="day") == Answer(
        "a", "1", ""
    )


def test_nobody_answers_nothing() -> None:
    assert hooks_of(a=Says(None)).ask_first("find_color", thing="rose", light="day") is None
    assert hooks_of().ask_first("find_color", thing="rose", light="day") is None


def test_exception_ends_the_search_where_the_hook_says_stop() -> None:
    later = Says("blue")
    answer = hooks_of(broken=Says(BROKEN), later=later).ask_first("find_color", thing="rose", light="day")
    assert answer == Failure("broken", "1", "ValueError: no light")
    assert later.asked == []


def test_exception_is_passed_over_where_the_hook_says_skip() -> None:
    hooks = hooks_of(broken=Says(BROKEN), later=Says("blue"))
    assert hooks.ask_first("guess_color", thing="rose") == Answer("later", "1", "blue")


def test_one_plugin_can_be_asked_alone() -> None:
    other = Says("blue")
    hooks = hooks_of(broken=Says(BROKEN), other=other, silent=Silent())
    assert hooks.ask_plugin("find_color", "broken", thing="rose", light="day") == Failure(
        "broken", "1", "ValueError: no light"
    )
    assert hooks.ask_plugin("find_color", "silent", thing="rose", light="day") is None
    assert other.asked == []


def test_generator_runs_to_its_end_inside_the_fence() -> None:
    class Lazy:
        hub_api = "1.1"

        @hookimpl
        def color_panels(self, thing: str) -> Iterator[str]:
            yield thing
            raise BROKEN

    (answer,) = hooks_of(lazy=Lazy()).show("color_panels", ["lazy"], thing="rose")
    assert isinstance(answer, Failure)


def test_panel_that_raises_leaves_the_others_in_their_places() -> None:
    hooks = hooks_of(a=Says("red"), broken=Says(BROKEN), b=Says("blue"), off=Says("green"))
    shown = hooks.show("color_panels", ["b", "broken", "a"], thing="rose")
    assert [getattr(answer, "value", "box") for answer in shown] == [["red"], "box", ["blue"]]


def test_told_plugin_that_raises_reaches_the_caller_and_nobody_else() -> None:
    other = Says(None)
    hooks = hooks_of(broken=Says(BROKEN), other=other)
    with pytest.raises(ValueError, match="no light"):
        hooks.tell("color_found", "broken", thing="rose")
    assert other.asked == []
    hooks.tell("color_found", "other", thing="rose")
    assert other.asked == ["rose"]


def test_fetch_gives_rows_as_they_come_and_an_exception_ends_it() -> None:
    rows = hooks_of(broken=Says(BROKEN)).fetch("read_colors", "broken", source="garden")
    assert next(rows) == "first"
    with pytest.raises(ValueError, match="no light"):
        next(rows)


def test_fetch_that_takes_too_long_is_cut_off() -> None:
    rows = hooks_of(slow=Says("red")).fetch("read_colors", "slow", seconds=-1, source="garden")
    with pytest.raises(OutsideFailed, match="slow took more than"):
        list(rows)


def ask(hooks: Hooks) -> None:
    hooks.ask_first("find_color", thing="rose", light="day")


def tell(hooks: Hooks) -> None:
    hooks.tell("color_found", "a", thing="rose")


def show(hooks: Hooks) -> None:
    hooks.show("color_panels", ["a"], thing="rose")


def fetch(hooks: Hooks) -> None:
    list(hooks.fetch("read_colors", "a", source="garden"))


@pytest.mark.parametrize(
    ("call", "hook_name"),
    [(ask, "find_color"), (tell, "color_found"), (show, "color_panels"), (fetch, "read_colors")],
)
@pytest.mark.parametrize("word", ["red", BROKEN], ids=["answers", "raises"])
def test_every_call_is_timed_and_every_error_counted(
    call: Callable[[Hooks], None], hook_name: str, word: str | Exception
) -> None:
    hooks = hooks_of(a=Says(word))
    for _ in range(2):
        try:
            call(hooks)
        except ValueError:
            assert word is BROKEN
    timings = hooks.drain_timings()
    assert list(timings) == [("a", hook_name)]
    timing = timings["a", hook_name]
    errors = 2 if word is BROKEN else 0
    assert (timing.calls, timing.errors) == (2, errors)
    assert timing.last_error == ("ValueError: no light" if errors else "")
    assert 0 < timing.slowest <= timing.seconds
    assert hooks.drain_timings() == {}


def test_plugin_that_wants_to_end_the_process_only_fails() -> None:
    class Leaves:
        hub_api = "1.1"

        @hookimpl
        def find_color(self) -> str:
            raise SystemExit(1)

        @hookimpl
        def color_found(self) -> None:
            raise SystemExit

    hooks = hooks_of(leaves=Leaves())
    assert isinstance(hooks.ask_first("find_color", thing="rose", light="day"), Failure)
    with pytest.raises(PluginFailed, match="must not end the process"):
        hooks.tell("color_found", "leaves", thing="rose")


def test_plugin_takes_only_the_arguments_it_names() -> None:
    class Takes:
        hub_api = "1.1"

        @hookimpl
        def find_color(self, light: str) -> str:
            return light

    answer = hooks_of(takes=Takes()).ask_first("find_color", thing="rose", light="moon")
    assert answer == Answer("takes", "1", "moon")


def test_every_hook_of_the_catalogue_has_a_contract() -> None:
    from hub import hookspecs

    contracts = Hooks(hookspecs, []).contracts
    functions = {
        name
        for name, value in vars(hookspecs).items()
        if callable(value) and getattr(value, "__module__", "") == hookspecs.__name__
    }
    assert functions == set(contracts)
    means: dict[str, set[Any]] = {
        "register": {"stop"},
        "fetch": {"stop"},
        "ask": {"stop", "keep", "skip"},
        "tell": {"retry"},
        "show": {"box"},
    }
    assert [name for name, c in contracts.items() if c.on_error not in means[c.shape]] == []


def test_what_another_system_asked_for_survives_the_masking_of_secrets() -> None:
    busy = OutsideFailed("busy", "refused with token=abcdef0123", wait=30)
    with pytest.raises(OutsideFailed, match="masked") as error:
        hooks_of(busy=Says(busy)).tell("color_found", "busy", thing="rose")
    assert (error.value.code, error.value.wait, error.value.retryable) == ("busy", 30, True)
