"""The few ways in which a request can fail, in words a person can act on."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and where: a field, or file, line and column."""

    message: str
    place: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class HubError(Exception):
    """A failure that has a code for programs, a message for people, and says what to do next.

    ``code`` is stable, lower case and snake case. ``help`` says what the reader can do. ``problems`` holds every
    single problem where there may be several.
    """

    status = 500

    def __init__(self, code: str, message: str, help: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help
        self.problems = tuple(problems)

    def __str__(self) -> str:
        lines = [self.message, *(f"  {problem}" for problem in self.problems)]
        return "\n".join([*lines, self.help] if self.help else lines)


class BadInput(HubError):
    """What was sent cannot be accepted as it is; nothing was changed."""

    status = 400


class NotAllowed(HubError):
    """The caller is known but may not do this."""

    status = 403


class Missing(HubError):
    """There is no such thing, or the caller may not know of it: the two answer alike."""

    status = 404


class Conflict(HubError):
    """Something else is already there, or has changed in between."""

    status = 409


class OutsideFailed(HubError):
    """Another system did not do its part. ``retryable`` tells passing failures from permanent ones.

    ``wait``: for how many seconds it asked to be left alone, an hour at most.
    """

    status = 502

    def __init__(
        self, code: str, message: str, help: str = "", *, retryable: bool = True, wait: float = 0.0
    ) -> None:
        super().__init__(code, message, help)
        self.retryable = retryable
        self.wait = wait
