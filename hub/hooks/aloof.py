"""Asking a plugin in a thread of its own, so that whoever asks can go on when it does not come back.

For what is shown: a page waits for no panel longer than it may take. The threads wait for the next question when they have
answered one; a page costs two changes of threads for each panel.
"""

import threading
from collections.abc import Callable, Mapping
from contextvars import copy_context
from queue import SimpleQueue
from typing import Any

from hub.hooks.implementation import Implementation
from hub.hooks.plugin import Answer, Failure
from hub.hooks.watch import BEAT_SECONDS

MARGIN_SECONDS = 2 * BEAT_SECONDS
"""A loop of Python is interrupted within this; then there is an answer after all."""
MOST_LOST = 2
"""So many questions of one plugin may be without an answer; while they are, it is asked nothing more."""
MOST_IDLE = 16


class _Question:
    """One call, and its answer when it is there."""

    __slots__ = ("answer", "answered", "ask", "is_lost")

    def __init__(self, ask: Callable[[], Answer | Failure]) -> None:
        self.ask = ask
        self.answered = threading.Lock()
        self.answered.acquire()
        self.answer: Answer | Failure | None = None
        self.is_lost = False


class _Thread(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="plugin-panel", daemon=True)
        self.questions: SimpleQueue[tuple[_Question, Implementation]] = SimpleQueue()

    def run(self) -> None:
        while True:
            question, implementation = self.questions.get()
            question.answer = question.ask()
            question.answered.release()
            with _lock:
                if question.is_lost:
                    _lost[implementation] -= 1
                    return
                if len(_idle) >= MOST_IDLE:
                    return
                _idle.append(self)
            del question, implementation


_lock = threading.Lock()
_idle: list[_Thread] = []
_lost: dict[Implementation, int] = {}


def ask_aloof(implementation: Implementation, arguments: Mapping[str, Any]) -> Answer | Failure:
    """Its answer; a Failure when it takes longer than its limit, or is still busy with earlier questions."""
    if implementation.aside:
        return implementation.ask(arguments)
    if _lost.get(implementation, 0) >= MOST_LOST:
        return implementation.unanswered(arguments, "it has not come back from earlier calls")
    with _lock:
        thread = _idle.pop() if _idle else None
    if thread is None:
        thread = _Thread()
        thread.start()
    context = copy_context()  # so that who records the calls of a page records these
    question = _Question(lambda: context.run(implementation.ask, arguments))
    thread.questions.put((question, implementation))
    if not question.answered.acquire(timeout=implementation.limit + MARGIN_SECONDS):
        with _lock:
            if question.answer is None:
                question.is_lost = True
                _lost[implementation] = _lost.get(implementation, 0) + 1
        if question.is_lost:
            return implementation.unanswered(
                arguments, f"it took more than {implementation.limit:g} s and could not be interrupted"
            )
    assert question.answer is not None  # noqa: S101  (it is set before the lock is released)
    return question.answer
