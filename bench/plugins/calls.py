"""What a call of a hook costs when two plugins implement it, beside a plain call by pluggy."""

import statistics
from collections.abc import Callable
from timeit import timeit
from types import ModuleType

import pluggy

from bench.figures import Figure
from hub.hooks import Hooks, Plugin, hook, hookimpl
from hub.hooks.contract import PROJECT
from hub.hooks.watch import watching

ROUNDS, CALLS = 60, 2_000
TIMES, MICROSECONDS = 1.5, 2.0
"""What is promised: so many times a plain call, and so much."""


@hook("ask", "hub", "stop")
def judge(thing: str, light: str) -> str | None:
    raise NotImplementedError


class Judges:
    """Takes both arguments, and leaves the answer to the next."""

    hub_api = "1.1"

    @hookimpl
    def judge(self, thing: str, light: str) -> str | None:
        return None


def measure_calls() -> list[Figure]:
    """Microseconds of a call, in the median of rounds taken in turns; as a web process or a worker makes it: watched."""
    catalogue = ModuleType("catalogue")
    vars(catalogue)["judge"] = judge
    hooks = Hooks(catalogue, [Plugin("one", "1", Judges()), Plugin("two", "1", Judges())])
    plain = pluggy.PluginManager(PROJECT)
    plain.add_hookspecs(catalogue)
    plain.register(Judges())
    plain.register(Judges())

    def call_pluggy() -> object:
        return plain.hook.judge(thing="rose", light="day")

    def call_hub() -> object:
        return hooks.ask_first("judge", thing="rose", light="day")

    with watching():
        bare, ours = _in_turns(call_pluggy, call_hub)
    return [
        Figure(
            "a call with two implementations",
            ours,
            "us",
            bare,
            "pluggy's call of the same two",
            TIMES * bare + MICROSECONDS,
        ),
    ]


def _in_turns(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    taken: tuple[list[float], list[float]] = [], []
    for _ in range(ROUNDS):
        for seconds, call in zip(taken, (one, other), strict=True):
            seconds.append(timeit(call, number=CALLS) / CALLS)
    return statistics.median(taken[0]) * 1e6, statistics.median(taken[1]) * 1e6
