"""What an AU may send within a session: pure rules, every problem with its place (cmi5, sections 7.1 and 9)."""

from collections.abc import Iterator, Sequence

from msgspec import UNSET, UnsetType

from hub.errors import Problem
from hub.journal import VOIDED
from hub.xapi.cmi5.move_on import Progress
from hub.xapi.cmi5.order import check_order
from hub.xapi.cmi5.said import activity_ids, is_defined
from hub.xapi.cmi5.sessions import Session
from hub.xapi.cmi5.vocabulary import (
    AU_VERBS,
    COMPLETED,
    FAILED,
    INITIALIZED,
    LMS_VERBS,
    MASTERY_SCORE,
    MOVE_ON_CATEGORY,
    PASSED,
    PROGRESS,
    SESSION_ID,
    TERMINATED,
)
from hub.xapi.statements.activities import Activity
from hub.xapi.statements.statement import Context, Result, Score
from hub.xapi.storing.incoming import Incoming

_SUCCESS = {PASSED: True, FAILED: False}
_COMPLETION = {COMPLETED: True}
_SCORED = frozenset({PASSED, FAILED})
_TIMED = frozenset({TERMINATED, COMPLETED, PASSED, FAILED})
_OF_EVERY_MODE = frozenset({INITIALIZED, TERMINATED})


def check_statements(
    session: Session, progress: Progress, account: str, statements: Sequence[Incoming]
) -> list[Problem]:
    """What is wrong with statements that an AU sends for the first time, all of it; nothing if they may be kept.

    ``progress`` is what was done on the AU within the registration so far, ``account`` the identifier of the actor.
    """
    problems = [p for each in statements for p in _of_statement(session, account, each)]
    return [*problems, *check_order(session, progress, statements)]


def _of_statement(session: Session, account: str, incoming: Incoming) -> Iterator[Problem]:
    """What holds for cmi5 defined and cmi5 allowed statements alike."""
    told, place = incoming.statement, incoming.place
    if incoming.id is None:
        yield Problem("is missing: an AU names its statements (9.1)", f"{place}.id")
    if told.timestamp is UNSET:
        yield Problem("is missing (9.7)", f"{place}.timestamp")
    elif not told.timestamp.upper().endswith(("Z", "+00:00", "+0000", "+00")):
        yield Problem("must be in UTC (9.7)", f"{place}.timestamp")
    if told.actor.is_group or told.actor.identifier != ("account", account):
        yield Problem("is not the actor of the launch (8.1.3)", f"{place}.actor")
    if told.verb.id == VOIDED:
        yield Problem("is not for AUs (6.3)", f"{place}.verb.id")
    elif told.verb.id in LMS_VERBS:
        yield Problem("is the LMS's alone (9.3)", f"{place}.verb.id")
    yield from _of_context(session, told.context, f"{place}.context")
    yield from _of_progress(told.result, f"{place}.result")
    if is_defined(incoming):
        yield from _of_defined(session, incoming)
    elif MOVE_ON_CATEGORY in activity_ids(told.context, "category"):
        yield Problem("has the moveOn category without the cmi5 category (9.6.2.2)", _categories(place))


def _of_context(session: Session, context: Context | UnsetType, place: str) -> Iterator[Problem]:
    """The registration, and everything that the context template holds (9.6, 10.2.1)."""
    if context is UNSET:
        yield Problem("is missing (9.6)", place)
        return
    if context.registration is UNSET or context.registration.lower() != session.registration_id:
        yield Problem("is not the registration of the launch (9.6.1)", f"{place}.registration")
    extensions = context.extensions or {}
    if extensions.get(SESSION_ID) != session.id:
        yield Problem("is not the session of the launch (9.6.3.1)", f'{place}.extensions["{SESSION_ID}"]')
    if session.publisher_id not in activity_ids(context, "grouping"):
        message = f"does not hold the publisher's id {session.publisher_id} (9.6.2.3)"
        yield Problem(message, f"{place}.contextActivities.grouping")


def _of_progress(result: Result | UnsetType, place: str) -> Iterator[Problem]:
    told = (result.extensions or {}).get(PROGRESS, 0) if result is not UNSET else 0
    if isinstance(told, bool) or not isinstance(told, int | float) or told not in range(101):
        yield Problem("must be a whole number from 0 to 100 (9.5.5.1)", f'{place}.extensions["{PROGRESS}"]')


def _of_defined(session: Session, incoming: Incoming) -> Iterator[Problem]:
    told, place, verb = incoming.statement, incoming.place, incoming.statement.verb.id
    if verb not in AU_VERBS | LMS_VERBS:
        yield Problem("is no verb of cmi5; leave the cmi5 category out (7.1.3)", f"{place}.verb.id")
    if not isinstance(told.object, Activity) or told.object.id != session.activity_id:
        yield Problem("is not the activityId of the launch (9.4)", f"{place}.object.id")
    if session.launch_mode != "Normal" and verb in AU_VERBS - _OF_EVERY_MODE:
        yield Problem(f"is not for the launch mode {session.launch_mode} (10.2.2)", f"{place}.verb.id")
    result = Result() if told.result is UNSET else told.result
    yield from _of_result(verb, result, f"{place}.result")
    judged = result.success is not UNSET or result.completion is not UNSET
    if judged != (MOVE_ON_CATEGORY in activity_ids(told.context, "category")):
        which = "lacks" if judged else "must not have"
        yield Problem(f"{which} the moveOn category (9.6.2.2)", _categories(place))
    if verb in _SCORED:
        yield from _of_score(session, verb, result.score, told.context, place)


def _of_result(verb: str, result: Result, place: str) -> Iterator[Problem]:
    for name, expected, section in (("success", _SUCCESS, "9.5.2"), ("completion", _COMPLETION, "9.5.3")):
        value = getattr(result, name)
        if verb in expected and value is not expected[verb]:
            yield Problem(f"must be {str(expected[verb]).lower()} ({section})", f"{place}.{name}")
        elif verb not in expected and value is not UNSET:
            yield Problem(f"is not for this verb ({section})", f"{place}.{name}")
    if verb in _TIMED and result.duration is UNSET:
        yield Problem("is missing (9.5.4.1)", f"{place}.duration")
    if verb not in _SCORED and result.score is not UNSET:
        yield Problem("is for passed and failed only (9.5.1)", f"{place}.score")


def _of_score(
    session: Session, verb: str, score: Score | UnsetType, context: Context | UnsetType, place: str
) -> Iterator[Problem]:
    """The score, and whether it fits the verb and the mastery score (9.3.4, 9.3.5, 9.5.1, 9.6.3.2)."""
    mastery = session.mastery_score
    extensions = {} if context is UNSET else context.extensions or {}
    told = extensions.get(MASTERY_SCORE)
    scaled = UNSET if score is UNSET else score.scaled
    if mastery is not None and (MASTERY_SCORE in extensions or scaled is not UNSET) and told != mastery:
        message = f"must be the masteryScore of the launch, {mastery} (9.6.3.2)"
        yield Problem(message, f'{place}.context.extensions["{MASTERY_SCORE}"]')
    if score is UNSET:
        return
    if scaled is not UNSET:
        if scaled < 0:
            yield Problem("must be from 0 to 1 (9.5.1)", f"{place}.result.score.scaled")
        if mastery is not None and (scaled >= mastery) != (verb == PASSED):
            least = "less than" if verb == PASSED else "not less than"
            message = f"is {least} the masteryScore {mastery}"
            yield Problem(f"{message} (9.3.{4 if verb == PASSED else 5})", f"{place}.result.score.scaled")
    if score.raw is not UNSET:
        for name in ("min", "max"):
            if getattr(score, name) is UNSET:
                yield Problem("is missing: there is a raw score (9.5.1)", f"{place}.result.score.{name}")


def _categories(place: str) -> str:
    return f"{place}.context.contextActivities.category"
