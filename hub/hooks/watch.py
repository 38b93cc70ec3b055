"""Watching calls of plugins while they run, and interrupting those that take too long.

A call costs its thread two writes. One thread of the process looks at all of them a few times a second. In one that is over its
limit it raises Overran, which ends any loop of Python. What does not end by that, because it waits in C, is told to whoever
runs the process. What keeps all of Python from running ends the process; a line of C sees to that.
"""

import ctypes
import faulthandler
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeVar

Held = TypeVar("Held")
GRACE_SECONDS = 5.0
BEAT_SECONDS = 0.2
FROZEN_SECONDS = 60.0
"""A process in which this thread could not run for so long is ended: something in C holds Python and does not let go."""


class Overran(BaseException):  # so that ``except Exception`` in a plugin does not keep it
    """Raised in a plugin that took longer than its shape allows."""


Running = tuple[Any, float, float]
"""A call: its implementation, when it began, and after how many seconds it is too long."""


class Slot:
    """What one thread runs of plugins just now. ``call`` is set and cleared by the thread, ``fired`` by the watch."""

    __slots__ = ("__weakref__", "call", "fired", "fired_at", "shelter", "thread_id", "told")

    def __init__(self) -> None:
        self.thread_id = threading.get_ident()
        self.call: Running | None = None
        self.fired: Running | None = None
        self.fired_at = 0.0
        self.told: Running | None = None
        self.shelter = 0


@dataclass(frozen=True)
class Stuck:
    """A call that did not end although it was interrupted."""

    plugin: str
    hook: str
    shape: str
    seconds: float


class _Here(threading.local):
    def __init__(self) -> None:
        self.slot = Slot()
        with _lock:
            _slots.add(self.slot)


_lock = threading.Lock()
_slots: "weakref.WeakSet[Slot]" = weakref.WeakSet()
_hand = threading.Lock()
"""Held while an exception is sent to a thread, and by a thread that was sent one while it leaves the call."""
here = _Here()


def leave_fired(slot: Slot) -> None:
    """Make sure that nothing sent to this thread arrives after its call; for the thread itself, when the call is over."""
    for _ in range(2):
        with suppress(Overran):  # it may arrive in the next lines, and no later
            with _hand:
                _raise_in(slot.thread_id, None)
            slot.fired = None
            return


@contextmanager
def sheltered() -> Iterator[None]:
    """For code of the hub that plugins call and that must not be interrupted half way: it has limits of its own."""
    slot = here.slot
    slot.shelter += 1
    try:
        if slot.fired is not None:
            with _hand:  # what was sent before arrives now
                pass
        yield
    finally:
        slot.shelter -= 1


@contextmanager
def sheltered_ends(context: AbstractContextManager[Held]) -> Iterator[Held]:
    """A context whose beginning and end must not be interrupted half way, while what is done in it may be."""
    with sheltered():
        held = context.__enter__()
    try:
        yield held
    except BaseException as error:
        with sheltered():
            if not context.__exit__(type(error), error, error.__traceback__):
                raise
    else:
        with sheltered():
            context.__exit__(None, None, None)


def _raise_in(thread_id: int, exception: type[BaseException] | None) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread_id), ctypes.py_object(exception) if exception else None
    )


_watches: "list[Watch]" = []


def is_watched() -> bool:
    """Whether calls of this process are watched."""
    return bool(_watches)


class Watch:
    """Interrupts calls that take too long, from ``start`` to ``stop``. ``on_stuck`` hears of those that do not end by that.

    With ``ends_frozen`` the process ends, and says where it was, when this thread cannot run for FROZEN_SECONDS.
    """

    def __init__(
        self,
        on_stuck: Callable[[Stuck], None] | None = None,
        *,
        grace: float = GRACE_SECONDS,
        ends_frozen: bool = False,
    ) -> None:
        self._on_stuck = on_stuck
        self._grace = grace
        self._ends_frozen = ends_frozen
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="plugin-watch", daemon=True)

    def start(self) -> "Watch":
        """Begin, in a thread of its own."""
        _watches.append(self)
        self._put_off()  # before the first call: it may be the one that freezes all
        self._thread.start()
        return self

    def stop(self) -> None:
        """End, and wait for it."""
        _watches.remove(self)
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(BEAT_SECONDS):
            self._put_off()
            with _lock:
                slots = list(_slots)
            for slot in slots:
                self._look_at(slot)
        if self._ends_frozen:
            faulthandler.cancel_dump_traceback_later()

    def _put_off(self) -> None:
        """Put off the end of the process, which comes by itself if nobody does this any more."""
        if self._ends_frozen:
            faulthandler.dump_traceback_later(FROZEN_SECONDS, exit=True)

    def _look_at(self, slot: Slot) -> None:
        call = slot.call
        if call is None:
            return
        implementation, began, limit = call
        now = perf_counter()
        seconds = now - began
        if seconds > limit and slot.fired is not call:
            with _hand:
                # First the mark, then the look: whoever leaves clears first and then looks for the mark.
                slot.fired = call
                if slot.call is call and not slot.shelter:
                    slot.fired_at = now
                    _raise_in(slot.thread_id, Overran)
                else:
                    slot.fired = None
        elif slot.fired is not call or slot.shelter or slot.told is call or self._on_stuck is None:
            return  # what the hub does for it, and waits for meanwhile, is not the plugin's
        elif now - slot.fired_at > self._grace:
            slot.told = call
            self._on_stuck(
                Stuck(implementation.plugin.name, implementation.hook, implementation.contract.shape, seconds)
            )


@contextmanager
def watching(on_stuck: Callable[[Stuck], None] | None = None) -> Iterator[None]:
    """Watch calls in the block."""
    watch = Watch(on_stuck).start()
    try:
        yield
    finally:
        watch.stop()
