"""One plugin's implementation of one hook, and the one place where a plugin's code is called.

A call has to be cheap: what can be worked out once is worked out when the hub starts, nothing is locked, and what takes longer is
left to calls that fail. Whatever a plugin raises ends here.
"""

import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from time import perf_counter
from types import NoneType
from typing import Any

import pluggy

from hub.errors import HubError, OutsideFailed
from hub.hooks import recording
from hub.hooks.contract import LIMITS, HookContract
from hub.hooks.memory import resident_bytes
from hub.hooks.plugin import Answer, Failure, Plugin, SetAside
from hub.hooks.rendering import mask, secrets_in, words_of
from hub.hooks.timing import FOLD_AT, Measured
from hub.hooks.watch import Overran, here, leave_fired
from hub.logging import get_logger

logger = get_logger(__name__)
MOST_ITEMS = 100_000
"""So many things may be in one answer."""
MOST_ROWS = 2_000_000
"""So many rows may be fetched at once."""
_PLAIN = frozenset({NoneType, bool, int, float, str})
_END = object()


class PluginFailed(HubError):
    """What a plugin raised, in words that can be shown."""


class Implementation:
    """``function`` is what the plugin wrote for a hook that offers these arguments; it is called with those that it names.

    ``limit`` is after how many seconds a call is interrupted where somebody watches. ``aside`` is why it is not called, if so.
    """

    __slots__ = (
        "_measured",
        "_names",
        "_takes_all",
        "aside",
        "contract",
        "function",
        "hook",
        "limit",
        "name",
        "plugin",
    )

    def __init__(
        self,
        plugin: Plugin,
        hook: str,
        contract: HookContract,
        function: Callable[..., Any],
        offered: Sequence[str],
    ) -> None:
        self.plugin = plugin
        self.name = plugin.name
        self.hook = hook
        self.contract = contract
        self.function = function
        self.limit = LIMITS[contract.shape]
        self.aside = ""
        names, optional = pluggy._hooks.varnames(function)
        self._names = tuple(name for name in (*names, *optional) if name in offered)
        self._takes_all = len(self._names) == len(offered)
        self._measured = Measured()

    def accepted(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Only the arguments the implementation names, as pluggy passes them."""
        if self._takes_all:
            return arguments
        return {name: arguments[name] for name in self._names if name in arguments}

    def ask(self, arguments: Mapping[str, Any]) -> Answer | Failure:
        """Its answer, or what went wrong."""
        if self.aside:
            return self._not_called(arguments, str(self._set_aside()))
        value, error, seconds = self._run(
            self.function, arguments if self._takes_all else self.accepted(arguments), self.limit
        )
        plugin = self.plugin
        words = self._noted(arguments, value, error, seconds)
        if words is None:
            return Answer(plugin.name, plugin.version, value)
        return Failure(plugin.name, plugin.version, words)

    def tell(self, arguments: Mapping[str, Any]) -> None:
        """Call it; what it raises is raised, in words that can be shown."""
        if self.aside:
            raise self._set_aside()
        value, error, seconds = self._run(self.function, self.accepted(arguments), self.limit)
        words = self._noted(arguments, value, error, seconds)
        if error is not None:
            raise _shown(error, words or "")

    def run(
        self,
        function: Callable[..., Any],
        arguments: Mapping[str, Any],
        limit: float,
        passes: tuple[type[Exception], ...],
    ) -> Any:
        """What something else answers that the plugin handed over for this hook. Errors that pass are none of its failures."""
        if self.aside:
            raise self._set_aside()
        value, error, seconds = self._run(lambda: function(*arguments.values()), _NONE, limit)
        if isinstance(error, passes):
            self._noted(arguments, error.__class__, None, seconds)
            raise error
        words = self._noted(arguments, value, error, seconds)
        if error is not None:
            raise _shown(error, words or "")
        return value

    def rows(self, arguments: Mapping[str, Any], limit: float) -> Iterator[Any]:
        """What it yields, row by row, in ``limit`` seconds altogether; OutsideFailed ``plugin_slow`` when that is not enough."""
        if self.aside:
            raise self._set_aside()
        deadline = perf_counter() + limit
        count = 0
        accepted = self.accepted(arguments)
        # In a tuple, so that it is not taken for an answer and run to its end.
        rows, error, taken = self._run(lambda: (iter(self.function(**accepted)),), _NONE, limit)
        try:
            while error is None:
                row, error, seconds = self._run(lambda: next(rows[0], _END), _NONE, deadline - perf_counter())
                taken += seconds
                if error is not None or row is _END:
                    break
                count += 1
                if count > MOST_ROWS:
                    error = ValueError(f"yielded more than {MOST_ROWS:,} rows")
                    break
                yield row
                if perf_counter() > deadline:
                    error = Overran(f"took more than {limit:g} s")
        finally:
            words = self._noted(arguments, range(count), error, taken)
        if isinstance(error, Overran):
            raise OutsideFailed("plugin_slow", f"{self.name} took more than {limit:.0f} s to fetch.")
        if error is not None:
            raise _shown(error, words or "")

    def unanswered(self, arguments: Mapping[str, Any], reason: str) -> Failure:
        """What stands for an answer that nobody waits for, or asks for, any longer. It counts as an error."""
        words = f"Overran: {reason}"
        self._measured.note_error(words)
        return self._not_called(arguments, words)

    def _not_called(self, arguments: Mapping[str, Any], words: str) -> Failure:
        if recording.active:
            recording.record(self, arguments, None, words, 0.0)
        return Failure(self.name, self.plugin.version, words)

    def _set_aside(self) -> SetAside:
        return SetAside("plugin_set_aside", f"The plugin {self.name} is set aside: {self.aside}")

    def note_error(self, words: str) -> None:
        """Count an answer that cannot be used."""
        self._measured.note_error(words)

    def grown_bytes(self) -> int:
        """By how much the process grew in its calls since it began, estimated."""
        return self._measured.grown_ever

    def drain(self) -> Any:
        """Its Timing since the last time; None when there was nothing."""
        return self._measured.drain()

    def _run(
        self, function: Callable[..., Any], arguments: Mapping[str, Any], limit: float
    ) -> tuple[Any, BaseException | None, float]:
        """Call it: its answer, or what it raised, and the seconds it took. Nothing of a plugin gets past this."""
        slot = here.slot
        outer = slot.call
        value: Any = None
        error: BaseException | None = None
        before = resident_bytes() if self._measured.samples else None
        began = perf_counter()
        try:
            try:
                slot.call = (self, began, limit)
                value = function(**arguments)
                if type(value) not in _PLAIN:
                    value = _bounded(value)
            except BaseException as raised:  # noqa: BLE001
                error = raised
            slot.call = outer
        except Overran as raised:  # it came when the call was as good as over
            slot.call = outer
            error = raised
        seconds = perf_counter() - began
        if slot.fired is not None:
            leave_fired(slot)
            error = error or Overran()
        if isinstance(error, Overran):
            said = f"took more than {limit:g} s and was interrupted"
            error = Overran(said).with_traceback(error.__traceback__)
        if before is not None:
            self._measured.note_growth(max(0, resident_bytes() - before))
        if error is not None and isinstance(error, KeyboardInterrupt) and _somebody_waits():
            raise error
        return value, error, seconds

    def _noted(
        self, arguments: Mapping[str, Any], value: object, error: BaseException | None, seconds: float
    ) -> str | None:
        """Count the call, and show it to whoever records; what went wrong, in words, if anything did."""
        durations = self._measured.durations
        durations.append(seconds)
        if len(durations) >= FOLD_AT:
            self._measured.fold()
        words = None if error is None else self._failed(arguments, error)
        if recording.active:
            recording.record(self, arguments, value, words, seconds)
        return words

    def _failed(self, arguments: Mapping[str, Any], error: BaseException) -> str:
        secrets = secrets_in(getattr(self.plugin.instance, "settings", None), arguments)
        if isinstance(error, Exception | Overran):
            words = words_of(error, secrets)
        else:
            words = f"{type(error).__name__}: a plugin must not end the process"
        where = "".join(traceback.format_tb(error.__traceback__, limit=-5))
        logger.error(
            "plugin_failed", plugin=self.name, hook=self.hook, error=words, where=mask(where, secrets)
        )
        self._measured.note_error(words)
        return words


_NONE: Mapping[str, Any] = {}


def _bounded(value: Any) -> Any:
    """The answer; a generator runs here, inside the fence. ValueError when there is too much in it."""
    if hasattr(type(value), "__next__"):
        value = list(islice(value, MOST_ITEMS + 1))
    if isinstance(value, list | tuple | set | frozenset | dict) and len(value) > MOST_ITEMS:
        raise ValueError(f"answered with more than {MOST_ITEMS:,} things")
    return value


def _shown(error: BaseException, words: str) -> Exception:
    """The error itself where it says nothing but these words, else one that says them."""
    if (
        isinstance(error, Exception)
        and words_of(error) == words
        and f"{type(error).__name__}: {error}" == words
    ):
        return error
    if isinstance(error, OutsideFailed):
        shown = words.partition(": ")[2]
        return OutsideFailed(error.code, shown, retryable=error.retryable, wait=error.wait)
    return PluginFailed("plugin_failed", words)


def _somebody_waits() -> bool:
    """Whether Ctrl+C ends this process as a command: then it is for the command and not for the plugin."""
    return (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
