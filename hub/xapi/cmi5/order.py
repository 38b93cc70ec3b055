"""In which order an AU's statements may stand: by timestamp, within a session and within a registration (cmi5, 9.3)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.errors import Problem
from hub.xapi.cmi5.move_on import Progress
from hub.xapi.cmi5.said import defined_verb
from hub.xapi.cmi5.sessions import Session
from hub.xapi.cmi5.vocabulary import COMPLETED, FAILED, INITIALIZED, PASSED, TERMINATED
from hub.xapi.storing.incoming import Incoming


@dataclass(frozen=True)
class Moment:
    """A statement as the order sees it; ``verb`` is empty for one that is only cmi5 allowed."""

    at: datetime
    verb: str
    place: str


def check_order(session: Session, progress: Progress, statements: Sequence[Incoming]) -> Iterator[Problem]:
    """What stands where it may not. ``statements`` are new ones, in the order in which they came."""
    moments = [moment for each in statements if (moment := _moment(each)) is not None]
    moments.sort(key=lambda moment: moment.at)  # stable: what has the same time stays as it was sent
    yield from _too_early(session, moments)
    yield from _repeated(session, moments)
    yield from _at_the_ends(session, moments)
    yield from _within_registration(session, progress, moments)


def _moment(incoming: Incoming) -> Moment | None:
    at = incoming.timestamp
    return None if at is None else Moment(at, defined_verb(incoming), f"{incoming.place}.verb.id")


def _too_early(session: Session, moments: Sequence[Moment]) -> Iterator[Problem]:
    """An AU is not initialized before it knows what its learner prefers."""
    if session.preferences_read_at is None:
        for moment in moments:
            if moment.verb == INITIALIZED:
                yield Problem("comes before the AU has read the learner's preferences (11)", moment.place)


def _repeated(session: Session, moments: Sequence[Moment]) -> Iterator[Problem]:
    """No cmi5 defined verb twice in a session, and only one of passed and failed."""
    had = {
        INITIALIZED: session.initialized_at,
        COMPLETED: session.completed_at,
        PASSED: session.passed_at,
        FAILED: session.failed_at,
        TERMINATED: session.terminated_at,
    }
    seen = {verb for verb, at in had.items() if at is not None}
    for moment in moments:
        if moment.verb in seen:
            yield Problem(f"{_word(moment.verb)} is already in this session (9.3)", moment.place)
        elif moment.verb in (PASSED, FAILED) and seen & {PASSED, FAILED}:
            yield Problem("a session has only one of passed and failed (9.3)", moment.place)
        if moment.verb:
            seen.add(moment.verb)


def _at_the_ends(session: Session, moments: Sequence[Moment]) -> Iterator[Problem]:
    """``initialized`` first and ``terminated`` last, of statements of any kind."""
    first = session.initialized_at or next((m.at for m in moments if m.verb == INITIALIZED), None)
    last = session.terminated_at or next((m.at for m in moments if m.verb == TERMINATED), None)
    for moment in moments:
        if first is None or (moment.at < first and moment.verb != INITIALIZED):
            yield Problem("comes before initialized, which is first in a session (7.1.1)", moment.place)
        if last is not None and moment.at > last and moment.verb != TERMINATED:
            yield Problem("comes after terminated, which is last in a session (7.1.2)", moment.place)
        if moment.verb == TERMINATED and session.last_at is not None and moment.at < session.last_at:
            yield Problem(
                "is earlier than a statement that is stored, and must be last (7.1.2)", moment.place
            )


def _within_registration(
    session: Session, progress: Progress, moments: Sequence[Moment]
) -> Iterator[Problem]:
    """One completed and one passed per AU and registration, and no failed after passed."""
    passed_at = progress.passed_at
    for moment in moments:
        if moment.verb == COMPLETED and progress.completed_at is not None and session.completed_at is None:
            yield Problem("the AU is already completed in this registration (9.3.3)", moment.place)
        if moment.verb == PASSED:
            if passed_at is not None and session.passed_at is None:
                yield Problem("the AU is already passed in this registration (9.3.4)", moment.place)
            passed_at = passed_at or moment.at
        if moment.verb == FAILED and passed_at is not None and moment.at >= passed_at:
            yield Problem("failed must not follow passed in a registration (9.3)", moment.place)


def _word(verb: str) -> str:
    return verb.rpartition("/")[2]
