"""A plugin that can be made to fail: the class as it is, with a switch to each of its hooks."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hub.testing.plugin_check.hooks import catalogue, implemented


class MadeToFail(Exception):
    """What a plugin raises that is made to fail."""


@dataclass
class Faults:
    """``on``: every second call raises, half of those before and half after the plugin did its work.

    ``raised`` is what the plugin raised of its own, by hook.
    """

    on: bool = False
    calls: int = 0
    raised: list[tuple[str, Exception]] = field(default_factory=list)


def failing(cls: type, faults: Faults) -> type:
    """The same plugin with the switch."""
    shapes = {name: f.hub_contract.shape for name, f in catalogue().items()}  # type: ignore[attr-defined]
    methods = {
        name: _wrapped(name, function, faults)
        for name, function in implemented(cls).items()
        if shapes[name] != "register"
    }
    return type(cls.__name__, (cls,), {**methods, "__module__": cls.__module__, "__doc__": cls.__doc__})


def _wrapped(name: str, function: Callable[..., Any], faults: Faults) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        faults.calls += faults.on
        turn = faults.calls % 4 if faults.on else 0
        if turn == 1:
            raise MadeToFail("before it did anything")
        try:
            answer = function(*args, **options)
        except Exception as error:
            faults.raised.append((name, error))
            raise
        if turn == 3:
            raise MadeToFail("after it did everything")
        return _noting(name, answer, faults) if isinstance(answer, Iterator) else answer

    return call


def _noting(name: str, rows: Iterator[Any], faults: Faults) -> Iterator[Any]:
    try:
        yield from rows
    except Exception as error:
        faults.raised.append((name, error))
        raise
