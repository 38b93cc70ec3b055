"""Asking a plugin, again, in other ways, and in another process: the answer depends on the question alone."""

import hashlib
import json
import re
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from hub.api import Aspect, Candidate
from hub.testing.plugin_check.answers import check_answer
from hub.testing.plugin_check.hooks import catalogue
from hub.testing.plugin_check.reads import HOOK, check_reads, looking_candidate
from hub.testing.plugin_check.samples import make_any, make_candidates, make_questions, make_views
from hub.testing.plugin_check.trial import NO_ANSWER, Trial, copied

CANDIDATES = 60
Question = Mapping[str, Any]


def aspects_of(made: Any) -> list[Aspect]:
    """What the plugin registered that profiles can say."""
    register = getattr(made, "register_aspects", None)
    answer = register() if register else ()
    return [a for a in answer if isinstance(a, Aspect)] if isinstance(answer, Sequence) else []


def candidates_for(
    trial: Trial,
    count: int,
    cls: type[Candidate] = Candidate,
    batch: str = "",
    said: Mapping[str, Any] = {},
) -> list[Candidate]:
    """Candidates with the plugin's own aspects and notes."""
    note = trial.subject.given.get("note", {})
    return make_candidates(count, aspects_of(trial.fresh()), cls, batch, said, note)


def questions_for(trial: Trial, hook: str, cls: type[Candidate] = Candidate) -> list[dict[str, Any]]:
    """What a hook that is asked or shows something is asked, made anew each time."""
    said = {key: value for key, value in trial.settings.items() if isinstance(value, str | int | float)}
    if hook == HOOK:
        return [{"candidates": candidates_for(trial, CANDIDATES, cls, said=said)}]
    if hook == "plan_panels":
        return [{"view": view} for view in make_views(said)]
    if hook == "recognize_completion":
        return make_questions(trial.subject)
    hints = {k: v for k, v in typing.get_type_hints(catalogue()[hook]).items() if k != "return"}
    return [
        {name: trial.http if name == "http" else make_any(hint, number, name) for name, hint in hints.items()}
        for number in range(6)
    ]


def check_asking(trial: Trial) -> None:
    """Every hook that is asked or shows something."""
    for hook, function in trial.hooks("ask", "show").items():
        watched = looking_candidate()
        watched.looked_at.clear()  # type: ignore[attr-defined]
        first = _watched(trial, hook, questions_for(trial, hook, watched))
        if hook == HOOK:
            looked = set(watched.looked_at)  # type: ignore[attr-defined]
            check_reads(trial.subject, function, looked, trial.findings)
        if NO_ANSWER in first or trial.findings.has("too-slow"):
            continue
        _check_unchanged(trial, hook)
        _check_again(trial, hook)
        if trial.settings:
            _with_defaults(trial, hook)


def check_registering(trial: Trial) -> None:
    """Hooks that register something give the same each time, of the right type."""
    for hook in trial.hooks("register"):
        hints = [n for n in _arguments(hook) if n != "return"]
        if hints:
            continue  # what is registered with something that is handed over is tried in a real hub
        answers = [trial.attempt(trial.fresh(), hook, {}, "at the start") for _ in range(2)]
        made = trial.fresh()
        answers += [trial.attempt(made, hook, {}, "at the start") for _ in range(2)]
        if NO_ANSWER in answers:
            continue
        check_answer(hook, answers[0], (), trial.place(hook), trial.findings)
        if len({_without_addresses(answer) for answer in answers}) > 1 and hook != "register_settings":
            trial.findings.add(
                "unsteady-registration",
                "It gives something else each time.",
                "Give the same list each time, such as a constant of the module.",
                trial.place(hook),
            )


def _without_addresses(answer: Any) -> str:
    """What a repr says but where in memory things are."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(answer))


def _arguments(hook: str) -> list[str]:
    code = catalogue()[hook].__code__
    return list(code.co_varnames[: code.co_argcount])


def _watched(trial: Trial, hook: str, questions: Sequence[Question]) -> list[Any]:
    """Answers while what it does is watched; the answers are checked too."""
    made = trial.fresh()
    answers = []
    for question in questions:
        with trial.watch.asking(hook, trial.findings):
            answers.append(trial.attempt(made, hook, question, _in_words(question)))
        if answers[-1] is NO_ANSWER:
            break
        check_answer(hook, answers[-1], question.get("candidates", ()), trial.place(hook), trial.findings)
    return answers


def _check_unchanged(trial: Trial, hook: str) -> None:
    made = trial.fresh()
    for question in questions_for(trial, hook):
        kept = {name: value for name, value in question.items() if name != "http"}
        before = copied(kept)
        trial.attempt(made, hook, question, _in_words(question))
        changed = [name for name, value in kept.items() if repr(value) != repr(before[name])]
        if changed:
            trial.findings.add(
                "changes-arguments",
                f"It changes what it is handed ({', '.join(changed)}), which the hub and other plugins use afterwards.",
                "Make a list or a dict of your own, and change that.",
                trial.place(hook),
            )
            return


def _check_again(trial: Trial, hook: str) -> None:
    """The same question twice, in another order and in other batches, of an instance that was asked before and of a new one."""
    if trial.findings.has("random-in-ask", "clock-in-ask"):
        return  # that is why
    made = trial.fresh()
    questions = questions_for(trial, hook)
    wanted = _by_subject(trial, made, hook, questions)
    for words, instance, others in (
        ("when it was asked a second time", made, questions_for(trial, hook)),
        ("in another order", made, _reversed(questions_for(trial, hook))),
        ("about fewer people at a time", made, _apart(questions_for(trial, hook))),
        ("by a new instance, in another order", trial.fresh(), _reversed(questions_for(trial, hook))),
    ):
        if _by_subject(trial, instance, hook, others) != wanted:
            trial.findings.add(
                "keeps-state",
                f"The same question got another answer {words}.",
                "Keep nothing between calls, neither on the instance nor in the module: answer from the arguments alone.",
                trial.place(hook),
            )
            return


def _with_defaults(trial: Trial, hook: str) -> None:
    """Whoever installs it starts with the defaults; it must not fall over them."""
    try:
        made = trial.fresh({})
    except ValueError:
        return  # some settings are required
    for question in questions_for(trial, hook):
        if trial.attempt(made, hook, question, f"{_in_words(question)}, with default settings") is NO_ANSWER:
            return


def _by_subject(trial: Trial, made: Any, hook: str, questions: Sequence[Question]) -> dict[str, list[str]]:
    """Answers by what they are about, so that other batches can be compared."""
    found: dict[str, list[str]] = {}
    for question in questions:
        answer = trial.attempt(made, hook, question, _in_words(question))
        if hook == HOOK:
            for opinion in answer if isinstance(answer, Sequence) else ():
                found.setdefault(str(getattr(opinion, "appointment_id", "")), []).append(repr(opinion))
        else:
            found.setdefault(repr({k: v for k, v in question.items() if k != "http"}), []).append(
                repr(answer)
            )
    return {about: sorted(set(said)) for about, said in found.items()}


def _reversed(questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(questions) == 1 and "candidates" in questions[0]:
        return [{**questions[0], "candidates": list(reversed(questions[0]["candidates"]))}]
    return list(reversed(questions))


def _apart(questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Whole persons at a time, as the hub does it."""
    if len(questions) != 1 or "candidates" not in questions[0]:
        return questions
    people: dict[str, list[Candidate]] = {}
    for candidate in questions[0]["candidates"]:
        people.setdefault(candidate.person_id, []).append(candidate)
    return [{**questions[0], "candidates": theirs} for theirs in people.values()]


def _in_words(question: Question) -> str:
    return "about " + ", ".join("this " + name if name != "candidates" else "candidates" for name in question)


def digests(trial: Trial) -> dict[str, str]:
    """What it answers, hook by hook, to compare with what another process says."""
    return {
        hook: hashlib.sha256(
            json.dumps(
                [repr(trial.call(trial.fresh(), hook, q)) for q in questions_for(trial, hook)]
            ).encode()
        ).hexdigest()
        for hook in trial.hooks("ask", "show")
    }
