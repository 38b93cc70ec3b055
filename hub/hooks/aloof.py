"""Asking plugins in another thread, so that whoever asks can go on when one does not come back.

For what is shown: a page waits for no panel longer than it may take. One thread answers all questions of a page, one after the
other, and then waits for those of the next; what it does not come back from, and what stands behind that, is asked anew in another.
"""

import threading
from collections.abc import Mapping, Sequence
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
    """One call, and its answer when it is there, or what stands for one that nobody waits for."""

    __slots__ = ("answer", "answered", "arguments", "context", "failure", "implementation", "is_lost")

    def __init__(self, implementation: Implementation, arguments: Mapping[str, Any]) -> None:
        self.implementation = implementation
        self.arguments = arguments
        self.context = copy_context()  # so that who records the calls of a page records these
        self.answered = threading.Lock()
        self.answered.acquire()
        self.answer: Answer | Failure | None = None
        self.failure: Answer | Failure | None = None
        self.is_lost = False
        if implementation.aside:
            self.failure = implementation.ask(arguments)
        elif _lost.get(implementation, 0) >= MOST_LOST:
            self.failure = implementation.unanswered(arguments, "it has not come back from earlier calls")

    def ask(self) -> Answer | Failure:
        return self.context.run(self.implementation.ask, self.arguments)


class _Thread(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="plugin-panels", daemon=True)
        self.coming: SimpleQueue[Sequence[_Question]] = SimpleQueue()

    def run(self) -> None:
        while True:
            for question in self.coming.get():
                question.answer = question.ask()
                question.answered.release()
                with _lock:
                    if question.is_lost:  # nobody waits here any more
                        _lost[question.implementation] -= 1
                        return
            with _lock:
                if len(_idle) >= MOST_IDLE:
                    return
                _idle.append(self)
            del question


_lock = threading.Lock()
_idle: list[_Thread] = []
_lost: dict[Implementation, int] = {}


def ask_aloof(calls: Sequence[tuple[Implementation, Mapping[str, Any]]]) -> list[Answer | Failure]:
    """Their answers; a Failure for one that takes longer than its limit, or is still busy with earlier questions."""
    questions = [_Question(implementation, arguments) for implementation, arguments in calls]
    left = [question for question in questions if question.failure is None]
    while left:
        left = _wait_for(left)
    answers = (question.failure or question.answer for question in questions)
    return [answer for answer in answers if answer is not None]


def _wait_for(questions: list[_Question]) -> list[_Question]:
    """Let a thread answer them; those that it did not come to."""
    with _lock:
        thread = _idle.pop() if _idle else None
    if thread is None:
        thread = _Thread()
        thread.start()
    thread.coming.put(questions)
    for place, question in enumerate(questions):
        if not question.answered.acquire(timeout=question.implementation.limit + MARGIN_SECONDS):
            with _lock:
                question.is_lost = question.answer is None
                if question.is_lost:
                    _lost[question.implementation] = _lost.get(question.implementation, 0) + 1
            if question.is_lost:
                implementation = question.implementation
                words = f"it took more than {implementation.limit:g} s and could not be interrupted"
                question.failure = implementation.unanswered(question.arguments, words)
                return questions[place + 1 :]
    return []
