"""How long a call may take, how much memory many of them, and what they may leave running."""

import gc
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

from hub.testing.plugin_check.asking import candidates_for, questions_for
from hub.testing.plugin_check.reads import HOOK
from hub.testing.plugin_check.trial import CallTooSlow, Trial, copied

BATCH = 500
CALLS = 10_000
FEWER_CALLS = 2_000
"""Of hooks that are asked about one thing at a time."""
SECONDS = {"ask": 1.0, "show": 0.2}
"""For a batch of candidates, or one other question."""
GROWTH = 48 * 1024 * 1024
"""Bytes that so many calls may leave behind, where they are not counted object by object."""


def check_limits(trial: Trial) -> None:
    """Every hook that is asked or shows something, many times."""
    for shape, seconds in SECONDS.items():
        for hook in trial.hooks(shape):
            if trial.findings.has("too-slow", "raises", "io-in-ask", "ends-process"):
                return
            try:
                _check_time(trial, hook, seconds)
                _check_growth(trial, hook)
            except CallTooSlow:
                return


def _questions(trial: Trial, hook: str, batch: str) -> list[dict[str, Any]]:
    if hook == HOOK:
        return [{"candidates": candidates_for(trial, BATCH, batch=batch)}]
    return questions_for(trial, hook)


def _check_time(trial: Trial, hook: str, seconds: float) -> None:
    """The quickest of three counts: a busy machine slows down some calls, not all."""
    made = trial.fresh()
    questions = _questions(trial, hook, "time")[:20]
    slowest = 0.0
    for question in questions:
        times = []
        for _ in range(3):
            started = time.perf_counter()
            trial.call(made, hook, question)
            times.append(time.perf_counter() - started)
            if times[-1] < seconds:
                break
        slowest = max(slowest, min(times))
    if slowest > seconds:
        about = f"{BATCH} candidates" if hook == HOOK else "one question"
        trial.findings.add(
            "too-slow",
            f"It took {slowest:.1f} s to answer {about}; the limit is {seconds:.1f} s.",
            "Work out beforehand, or in register hooks, what does not depend on the arguments.",
            trial.place(hook),
        )
        raise CallTooSlow


def _check_growth(trial: Trial, hook: str) -> None:
    """Counts blocks of memory; what is too large for a block shows in the size of the process."""
    made = trial.fresh()
    calls = CALLS if hook == HOOK else FEWER_CALLS
    _many(trial, made, hook, "warm", calls // 5)
    gc.collect()
    blocks, size = sys.getallocatedblocks(), _resident()
    _many(trial, made, hook, "grow", calls)
    gc.collect()
    grown = sys.getallocatedblocks() - blocks
    larger = _resident() - size
    if grown > calls // 2 or larger > GROWTH:
        about = "candidates" if hook == HOOK else "calls"
        trial.findings.add(
            "grows",
            f"After {calls:,} more {about}, {max(grown, 0):,} more objects were in memory, and {max(larger, 0) // 1024:,} KB.",
            "Keep nothing of what you were asked: no list on the instance, no dict in the module, no cache without a bound.",
            trial.place(hook),
        )


def _resident() -> int:
    """Bytes of this process in memory; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def _many(trial: Trial, made: Any, hook: str, word: str, calls: int) -> None:
    """Others each time, so that whatever keeps something by its key is seen."""
    if hook == HOOK:
        for number in range(calls // BATCH):
            trial.call(made, hook, _questions(trial, hook, f"{word}-{number}")[0])
        return
    questions = _questions(trial, hook, word)
    for number in range(calls):
        trial.call(
            made,
            hook,
            copied(questions[number % len(questions)]) if "http" not in questions[0] else questions[0],
        )


def running_threads() -> set[threading.Thread]:
    """Those that run now."""
    return set(threading.enumerate())


def check_threads(trial: Trial, before: set[threading.Thread], hook: str) -> None:
    """None may be left that was not there before."""
    deadline = time.monotonic() + 0.2
    while time.monotonic() < deadline and any(t.is_alive() for t in running_threads() - before):
        time.sleep(0.02)
    left = [t for t in running_threads() - before if not t.name.startswith("check-")]
    if left:
        trial.findings.add(
            "leaves-thread",
            f"A thread is still running after it answered ({left[0].name}).",
            "Do the work in the call: the hub calls you where it can wait, and stops when it wants to.",
            trial.place(hook),
        )
