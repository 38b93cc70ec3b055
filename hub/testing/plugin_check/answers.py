"""Whether the hub could use what a plugin answered."""

import re
import typing
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from hub.api import Aspect, Candidate, Completion, Opinion, Panel, Workflow
from hub.audiences.assigning.opinion import check_opinion
from hub.errors import BadInput
from hub.testing.plugin_check.finding import Findings, Place
from hub.testing.plugin_check.fitting_types import name_of
from hub.testing.plugin_check.hooks import catalogue

CODE = re.compile(
    r"^[A-Z0-9_.-]{3,}$|^\w+_\w+$|^\w+\.\w[\w.]*$|[{}<>]|\b(None|True|False|self)\b|0x[0-9a-f]+|%[sd]"
)
MARKUP = re.compile(r"</?[a-zA-Z][^>]*>|&[a-z]+;|&#\d+;")
LONGEST_REASON = 300
LONGEST_TEXT = 1000
MOST_PER_APPOINTMENT = 20
DIMENSIONS = frozenset({"general", "sales", "service", "parts"})

MEND_VALUE = "docs/hooks.md says under \u201cWhat comes and what goes\u201d what each field can be."


def check_answer(
    hook: str, answer: Any, asked: Sequence[Candidate], place: Place, findings: Findings
) -> None:
    """Note what is wrong with the answer to a hook that is asked, shows or registers something."""
    wanted = typing.get_type_hints(catalogue()[hook])["return"]
    if hook == "register_settings":
        return
    optional = type(None) in typing.get_args(wanted)
    if answer is None and (optional or hook == "decide_assignments"):
        return
    each = next((a for a in typing.get_args(wanted) if a is not type(None)), None)
    many = isinstance(typing.get_origin(wanted), type) and issubclass(typing.get_origin(wanted), Iterable)
    if many and not isinstance(each, type):
        return
    if many and (isinstance(answer, str | bytes) or not isinstance(answer, Sequence)):
        _wrong(findings, place, f"It answered {_shown(answer)}, where the hook says {name_of(wanted)}.")
        return
    item = each if many or optional else wanted
    if not isinstance(item, type):
        return
    for one in answer if many else [answer]:
        if not isinstance(one, item):
            _wrong(findings, place, f"It answered {_shown(one)}, where the hook says {name_of(wanted)}.")
            return
    if hook == "decide_assignments":
        _check_opinions(answer, asked, place, findings)
    for one in answer if many else [answer]:
        _check_one(one, place, findings)


def _check_opinions(
    opinions: Sequence[Opinion], asked: Sequence[Candidate], place: Place, findings: Findings
) -> None:
    known = {candidate.appointment_id for candidate in asked}
    spoken: dict[str, int] = {}
    for opinion in opinions:
        said = vars(opinion)
        if isinstance(said["reason"], str) and not said["reason"].strip():
            findings.add(
                "no-reason",
                "An opinion has no reason.",
                'Give a few words that continue "because \u2026"; the learner reads them.',
                place,
            )
            continue
        try:
            check_opinion(opinion, known, _Any(DIMENSIONS))
        except BadInput as error:
            _wrong(findings, place, f"An opinion cannot be used: {error.message}.")
            continue
        if CODE.search(opinion.reason):
            findings.add(
                "no-reason",
                f"The reason {opinion.reason!r:.80} looks like code.",
                'Give a few words that continue "because \u2026"; the learner reads them.',
                place,
            )
        if len(opinion.reason) > LONGEST_REASON:
            _large(findings, place, f"A reason has {len(opinion.reason):,} characters.")
        spoken[opinion.appointment_id] = spoken.get(opinion.appointment_id, 0) + 1
    if max(spoken.values(), default=0) > MOST_PER_APPOINTMENT:
        _large(findings, place, f"It gave {max(spoken.values())} opinions about one appointment.")


class _Any(frozenset[str]):
    """Dimensions are the operator's: any key could be one."""

    def __iter__(self) -> typing.Iterator[str]:
        return super().__iter__()

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", key) is not None


def _check_one(one: object, place: Place, findings: Findings) -> None:
    if isinstance(one, Panel):
        _check_panel(one, place, findings)
    elif isinstance(one, Completion):
        for name in ("policy", "policy_version"):
            if not isinstance(getattr(one, name), str) or not getattr(one, name).strip():
                _wrong(findings, place, f"{name} of a completion is not a text.")
        if not _is_number(one.score, -1):
            _wrong(findings, place, f"The score {one.score!r:.40} is not a number from -1 to 1.")
    elif isinstance(one, Aspect | Workflow):
        for name in ("key", "title"):
            if not isinstance(getattr(one, name), str) or not getattr(one, name).strip():
                _wrong(findings, place, f"{name} of {type(one).__name__} is not a text.")


def _check_panel(panel: Panel, place: Place, findings: Findings) -> None:
    for name in ("title", "text"):
        words = getattr(panel, name)
        if not isinstance(words, str) or not words.strip():
            _wrong(findings, place, f"The {name} of a panel is not a text: {_shown(words)}.")
        elif MARKUP.search(words):
            findings.add(
                "markup-in-panel",
                f"The {name} of a panel holds markup: {words!r:.80}.",
                "Give plain text: the page escapes it, so that people would read the tags.",
                place,
            )
        elif len(words) > LONGEST_TEXT:
            _large(findings, place, f"The {name} of a panel has {len(words):,} characters.")
    if not _is_number(panel.progress, 0):
        _wrong(findings, place, f"progress is {_shown(panel.progress)}, not a number from 0 to 1.")


def _is_number(value: Any, least: float) -> bool:
    """A number up to 1, or None; of any type, as nobody checks a plugin's types before it runs."""
    if value is None:
        return True
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= 1


def _wrong(findings: Findings, place: Place, problem: str) -> None:
    findings.add("wrong-answer", problem, MEND_VALUE, place)


def _large(findings: Findings, place: Place, problem: str) -> None:
    findings.add("too-large", problem, "Say less: people have to read it.", place)


def _shown(value: object) -> str:
    if isinstance(value, datetime | int | float | bool) or value is None:
        return repr(value)
    return type(value).__name__
