"""Plugins built to misbehave, each in its own way: what becomes of it, and that the others notice nothing."""

import asyncio
import contextlib
import mmap
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub.errors import OutsideFailed
from hub.hooks import Answer, Failure, Hooks, Plugin, SetAside, aloof, contract, hookimpl, implementation
from hub.hooks.implementation import PluginFailed
from hub.hooks.rendering import words_of
from hub.hooks.watch import Slot, Stuck, Watch, here, sheltered, watching
from tests.hooks import catalogue

LIMIT = 0.3
PATIENCE = 30.0
SECRET = "hunter2hunter2"


class Does:
    """Does this, whatever it is asked."""

    hub_api = "1.1"

    def __init__(self, what: Callable[[], Any]) -> None:
        self.what = what

    @hookimpl
    def find_color(self, thing: str) -> Any:
        return self.what()

    @hookimpl
    def guess_color(self, thing: str) -> Any:
        return self.what()

    @hookimpl
    def color_found(self, thing: str) -> None:
        self.what()

    @hookimpl
    def color_panels(self, thing: str) -> Any:
        return self.what()

    @hookimpl
    def read_colors(self, source: str) -> Iterator[Any]:
        yield self.what()


def loops() -> None:
    while True:
        pass


def loops_and_catches() -> None:
    while True:
        with contextlib.suppress(Exception):
            loops()


def never_ends() -> Iterator[int]:
    while True:
        yield 1


def recurses() -> int:
    return recurses() + 1


def raises(error: BaseException) -> Callable[[], None]:
    def do() -> None:
        raise error

    return do


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


ENDLESS = [loops, loops_and_catches]
RAISING = [
    raises(ValueError("no light")),
    raises(Mute()),
    raises(RecursionError()),
    raises(MemoryError()),
    raises(StopIteration()),
    raises(BaseException("none of its business")),
    raises(KeyboardInterrupt()),
    raises(SystemExit(0)),
    raises(GeneratorExit()),
    raises(asyncio.CancelledError()),
    recurses,
]
TOO_MUCH = [never_ends, lambda: [1] * (implementation.MOST_ITEMS + 1)]


@pytest.fixture(autouse=True)
def _short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for shape in contract.LIMITS:
        monkeypatch.setitem(contract.LIMITS, shape, LIMIT)


@pytest.fixture(autouse=True)
def _signals_have_handlers_as_in_a_worker() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, lambda *_: None)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def _watched() -> Iterator[None]:
    with watching():
        yield


def hooks_of(**plugins: object) -> Hooks:
    return Hooks(catalogue, [Plugin(name, "1", instance) for name, instance in plugins.items()])


def with_a_good_one(what: Callable[[], Any]) -> Hooks:
    return hooks_of(bad=Does(what), good=Does(lambda: "red"))


def answers(hooks: Hooks) -> list[Answer | Failure]:
    """What ``bad`` and ``good`` show."""
    return hooks.show("color_panels", ["bad", "good"], thing="rose")


@pytest.mark.usefixtures("_watched")
@pytest.mark.parametrize("what", [*ENDLESS, *RAISING, *TOO_MUCH])
def test_asked_plugin_that_misbehaves_is_a_failure_and_the_next_is_asked(what: Callable[[], Any]) -> None:
    hooks = with_a_good_one(what)
    assert hooks.ask_first("guess_color", thing="rose") == Answer("good", "1", "red")
    assert hooks.drain_timings()["bad", "guess_color"].errors == 1
    failure = hooks.ask_first("find_color", thing="rose", light="day")
    assert isinstance(failure, Failure)
    assert failure.plugin == "bad"
    assert failure.error
    assert here.slot.call is None


@pytest.mark.usefixtures("_watched")
@pytest.mark.parametrize("what", [*ENDLESS, *RAISING, *TOO_MUCH])
def test_panel_that_misbehaves_leaves_a_box_and_the_next_is_shown(what: Callable[[], Any]) -> None:
    bad, good = answers(with_a_good_one(what))
    assert isinstance(bad, Failure)
    assert good == Answer("good", "1", "red")


@pytest.mark.usefixtures("_watched")
@pytest.mark.parametrize("what", [*ENDLESS, *RAISING])
def test_told_plugin_that_misbehaves_raises_an_exception_that_can_be_noted(what: Callable[[], Any]) -> None:
    hooks = with_a_good_one(what)
    with pytest.raises(Exception) as error:  # noqa: PT011  (it is an Exception, whatever the plugin raised)
        hooks.tell("color_found", "bad", thing="rose")
    assert len(f"{type(error.value).__name__}: {words_of(error.value)}") > 5
    hooks.tell("color_found", "good", thing="rose")


@pytest.mark.usefixtures("_watched")
@pytest.mark.parametrize("what", ENDLESS)
def test_fetch_that_hangs_ends_in_its_time(what: Callable[[], Any]) -> None:
    begun = time.monotonic()
    with pytest.raises(OutsideFailed, match="bad took more than") as error:
        list(with_a_good_one(what).fetch("read_colors", "bad", seconds=LIMIT, source="garden"))
    assert error.value.code == "plugin_slow"
    assert time.monotonic() - begun < PATIENCE


@pytest.mark.parametrize("what", RAISING)
def test_fetch_that_raises_whatever_raises_an_exception(what: Callable[[], Any]) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011
        list(with_a_good_one(what).fetch("read_colors", "bad", source="garden"))


def test_panel_that_waits_in_c_holds_no_page_and_is_asked_no_more_until_it_comes_back() -> None:
    come_back, asked = threading.Event(), []

    def wait_for_event() -> str:
        asked.append(1)
        come_back.wait()
        return "late"

    hooks = with_a_good_one(wait_for_event)
    with watching():
        begun = time.monotonic()
        for _ in range(aloof.MOST_LOST + 2):
            bad, good = answers(hooks)
            assert isinstance(bad, Failure)
            assert good == Answer("good", "1", "red")
        taken = time.monotonic() - begun
        assert len(asked) == aloof.MOST_LOST
        assert taken < PATIENCE / 3
        assert hooks.drain_timings()["bad", "color_panels"].errors >= aloof.MOST_LOST + 2
        come_back.set()
        deadline = time.monotonic() + PATIENCE
        while isinstance(answers(hooks)[0], Failure):
            assert time.monotonic() < deadline
        assert answers(hooks)[0] == Answer("bad", "1", "late")


def test_call_that_waits_in_c_is_told_to_whoever_runs_the_process() -> None:
    told: list[Stuck] = []
    come_back = threading.Event()

    def end_process(stuck: Stuck) -> None:
        told.append(stuck)
        come_back.set()  # what the end of the process does to it

    def waits() -> str:
        while not come_back.is_set():
            with contextlib.suppress(BaseException):
                time.sleep(1)
        return "late"

    watch = Watch(end_process, grace=0.2).start()
    try:
        hooks = hooks_of(bad=Does(waits))
        failure = hooks.ask_first("find_color", thing="rose", light="day")
    finally:
        watch.stop()
    (stuck,) = told
    assert (stuck.plugin, stuck.hook, stuck.shape) == ("bad", "find_color", "ask")
    assert stuck.seconds > LIMIT
    assert isinstance(failure, Failure)  # an answer that came too late is none
    assert "interrupted" in failure.error


def test_what_the_hub_does_meanwhile_is_not_counted_against_the_plugin() -> None:
    """Nor what it does while the plugin is being interrupted, such as taking back what it wrote."""
    told: list[Stuck] = []

    def asks_the_hub() -> None:
        with sheltered():
            time.sleep(LIMIT + 1)
        try:
            loops()
        finally:
            with sheltered():
                time.sleep(1)

    watch = Watch(told.append, grace=0.5).start()
    try:
        failure = hooks_of(bad=Does(asks_the_hub)).ask_first("find_color", thing="rose", light="day")
    finally:
        watch.stop()
    assert isinstance(failure, Failure)
    assert "interrupted" in failure.error
    assert told == []


class Asking(threading.Thread):
    """Asks over and over, and does something of its own in between; ``broken`` is what reached that."""

    def __init__(self, hooks: Hooks, stop: threading.Event) -> None:
        super().__init__()
        self.hooks, self.stop = hooks, stop
        self.slot: Slot | None = None
        self.outcomes: list[type] = []
        self.broken: BaseException | None = None

    def run(self) -> None:
        try:
            self.slot = here.slot
            while not self.stop.is_set():
                self.outcomes.append(type(self.hooks.ask_first("find_color", thing="rose", light="day")))
                sum(range(2000))
        except BaseException as error:  # noqa: BLE001
            self.broken = error


def test_interruption_never_reaches_the_hubs_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls end just when they are interrupted, over and over."""
    monkeypatch.setitem(contract.LIMITS, "ask", 0.003)
    hooks = hooks_of(a=Does(lambda: time.sleep(0.003)))
    stop, watch = threading.Event(), Watch()
    threads = [Asking(hooks, stop) for _ in range(3)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 3
    while time.monotonic() < until:
        for thread in threads:
            if thread.slot is not None:
                watch._look_at(thread.slot)
    stop.set()
    for thread in threads:
        thread.join()
    assert [thread.broken for thread in threads] == [None] * 3
    outcomes = [outcome for thread in threads for outcome in thread.outcomes]
    assert Failure in outcomes
    assert len(outcomes) > 100


def test_ctrl_c_at_a_command_ends_the_command() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    hooks = with_a_good_one(raises(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        hooks.ask_first("find_color", thing="rose", light="day")
    assert here.slot.call is None


def test_plugin_that_is_set_aside_is_not_called_and_each_call_says_why() -> None:
    asked: list[int] = []
    hooks = with_a_good_one(lambda: asked.append(1))
    hooks.set_aside({"bad": "it hung"})
    assert hooks.ask_first("guess_color", thing="rose") == Answer("good", "1", "red")
    failure = hooks.ask_first("find_color", thing="rose", light="day")
    assert failure == Failure("bad", "1", "The plugin bad is set aside: it hung")
    assert isinstance(answers(hooks)[0], Failure)
    for call in (
        lambda: hooks.tell("color_found", "bad", thing="rose"),
        lambda: list(hooks.fetch("read_colors", "bad", source="garden")),
    ):
        with pytest.raises(SetAside, match="it hung") as error:
            call()
        assert error.value.retryable
    assert asked == []
    hooks.set_aside({})
    hooks.ask_first("find_color", thing="rose", light="day")
    assert asked == [1]


def test_growth_is_attributed_to_the_hook_it_happened_in() -> None:
    leaked: list[mmap.mmap] = []

    def leak() -> None:
        # Pages of its own, since what an allocator hands out may be memory that the process had before.
        leaked.append(mmap.mmap(-1, 8 * 2**20))
        leaked[-1].write(b"x" * 8 * 2**20)

    hooks = hooks_of(leaks=Does(leak), good=Does(lambda: "red"))
    for _ in range(4):
        for name in ("leaks", "good"):
            hooks.ask_plugin("find_color", name, thing="rose", light="day")
        timings = hooks.drain_timings()
    assert len(leaked) == 4
    (plugin, hook, size), *_ = hooks.grown()
    assert (plugin, hook) == ("leaks", "find_color")
    assert 16 * 2**20 < size < 64 * 2**20
    assert timings["leaks", "find_color"].grown_bytes > 0


def test_told_error_with_a_secret_is_raised_without_it() -> None:
    hooks = with_a_good_one(
        raises(OutsideFailed("crm_down", f"https://ann:{SECRET}@crm.example answered 500"))
    )
    with pytest.raises(OutsideFailed) as error:
        hooks.tell("color_found", "bad", thing="rose")
    assert (error.value.code, error.value.retryable) == ("crm_down", True)
    assert SECRET not in str(error.value)
    with pytest.raises(PluginFailed) as other:
        with_a_good_one(raises(ValueError(f"token={SECRET}"))).tell("color_found", "bad", thing="rose")
    assert SECRET not in str(other.value)
