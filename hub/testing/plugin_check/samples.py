"""What plugins are asked, told and shown in a check: always the same, and of every kind there is."""

import ast
import typing
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from hub.api import Aspect, Candidate, CompletionTerms, Evidence, Offering, PanelView
from hub.ids import derived_id
from hub.testing.plugin_check.fill import NOW
from hub.testing.plugin_check.subject import Subject

VERBS = "http://adlnet.gov/expapi/verbs/"
POLICIES = (
    "completed",
    "passed",
    "completed-or-passed",
    "score-at-least-0.8",
    "cmi5-satisfied",
    "unheard-of",
)
RESULTS: tuple[Mapping[str, Any], ...] = (
    {},
    {"completion": True, "success": True, "score": {"scaled": 0.9}},
    {"completion": False},
    {"success": False, "score": {"raw": 3, "min": 0, "max": 10}},
    {
        "score": {"raw": 9, "max": 10},
        "duration": "PT4H",
        "extensions": {"https://check.example/x": [1, None]},
    },
    {"score": {}},
)
_STARTS = (-2300, -400, -89, -10, 0, 12)
_BRANDS: tuple[tuple[str, ...], ...] = ((), ("A",), ("A", "B"), ("B", "C", "D"))
_POSITIONS = ("salesperson", "technician", "manager", "")


def make_candidates(
    count: int,
    aspects: Sequence[Aspect],
    cls: type[Candidate] = Candidate,
    batch: str = "",
    said: Mapping[str, Any] = {},
    note: Mapping[str, Any] = {},
) -> list[Candidate]:
    """Appointments of people who have one, two or three each; ``said`` is what profiles say as settings, ``note`` what the
    plugin noted about some of them.
    """
    found: list[Candidate] = []
    person = 0
    while len(found) < count:
        person += 1
        for number in range(1 + person % 3):
            place = len(found)
            starts = NOW + timedelta(days=_STARTS[place % len(_STARTS)], hours=place % 5)
            found.append(
                cls(
                    person_id=_id(batch, 10 * person),
                    appointment_id=_id(batch, 10 * person + number + 1),
                    audience=("everybody", "newcomers")[person % 2],
                    audience_class=("external", "internal")[place % 2],
                    position=_POSITIONS[place % len(_POSITIONS)],
                    brands=_BRANDS[place % len(_BRANDS)],
                    location_id=_id("", person % 3),
                    starts=starts,
                    ends=None if place % 3 else starts + timedelta(days=700),
                    settings=dict(said) if place % 4 == 3 else {},
                    aspects={a.key: _aspect(a, place) for a in aspects} if place % 5 else {},
                    notes=dict(note) if place % 3 else {},
                )
            )
    return found[:count]


def _id(batch: str, number: int) -> str:
    """As ids look; quicker to make than real ones, as many are needed."""
    return f"{crc32(batch.encode()):08x}-0000-7000-8000-{number:012x}"


def _aspect(aspect: Aspect, place: int) -> Any:
    if aspect.type == "choice":
        return aspect.choices[place % len(aspect.choices)]
    if aspect.type == "number":
        return 1 + place % 3
    return place % 2 == 0 if aspect.type == "boolean" else f"text {place % 3}"


def make_views(said: Mapping[str, Any]) -> list[PanelView]:
    """Learner's pages: on the first day and later, of people with one appointment and several."""
    first = NOW - timedelta(days=40)
    return [
        PanelView(derived_id("check", "person", str(number)), first + timedelta(days=later), starts, settings)
        for number, later in enumerate((-1, 0, 1, 29, 89, 90, 91, 400))
        for starts in ((first,), (first, first + timedelta(days=20)), (first - timedelta(days=3000),))
        for settings in ({}, dict(said))
    ]


def make_questions(subject: Subject) -> list[dict[str, Any]]:
    """Statements and offerings: usual ones, and those that words in the plugin's source speak of."""
    words = sorted(
        {
            node.value
            for tree in subject.trees.values()
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and 0 < len(node.value) < 100
        }
    )
    iris = [word for word in words if word.startswith(("http://", "https://"))][:5]
    policies = [word for word in words if " " not in word and word.isprintable() and ":" not in word][:12]
    verbs = [VERBS + name for name in ("completed", "passed", "failed", "attended")] + iris
    terms = CompletionTerms("check", "1", (VERBS + "completed",), requires_completion=True)
    offerings = [make_offering(policy) for policy in (*POLICIES, *policies)]
    offerings.append(make_offering("completed", terms=terms))
    return [
        {"statement": make_evidence(verb, result, number), "offering": offering}
        for number, verb in enumerate([*verbs, "https://w3id.org/xapi/adl/verbs/satisfied"])
        for result in RESULTS
        for offering in offerings
    ]


def make_evidence(verb: str, result: Mapping[str, Any], number: int) -> Evidence:
    """A statement."""
    at = NOW - timedelta(hours=number)
    extensions = {} if number % 2 else {"https://check.example/session": "7"}
    said = {key: dict(value) if isinstance(value, dict) else value for key, value in result.items()}
    return Evidence(
        derived_id("check", "statement", str(number)), verb, "https://check.example/a", at, said, extensions
    )


def make_offering(policy: str, terms: CompletionTerms | None = None) -> Offering:
    """A course."""
    return Offering(
        derived_id("check", "offering", policy),
        f"check-{policy}",
        derived_id("check", "connection"),
        "A course",
        "https://check.example/a",
        policy,
        external_id="7",
        launch={"mode": "Normal"},
        terms=terms,
    )


def make_any(wanted: Any, number: int, name: str = "value") -> Any:
    """A value of a type, such as an event; another ``number`` gives another one."""
    inner = typing.get_args(wanted)
    if type(None) in inner:
        return make_any(next(each for each in inner if each is not type(None)), number, name)
    if typing.get_origin(wanted) is typing.Literal:
        return inner[number % len(inner)]
    if is_dataclass(wanted) and isinstance(wanted, type):
        hints = typing.get_type_hints(wanted)
        return wanted(**{f.name: make_any(hints[f.name], number, f.name) for f in fields(wanted) if f.init})
    origin = typing.get_origin(wanted) or wanted
    if origin is str:
        return derived_id("check", name, str(number)) if name.endswith("id") else f"{name}-{number}"
    if origin is datetime:
        return NOW - timedelta(hours=number)
    simple: dict[Any, Any] = {bool: True, int: number + 1, float: 0.5, tuple: (), frozenset: frozenset()}
    if origin in simple:
        return simple[origin]
    if origin is Sequence and inner and is_dataclass(inner[0]):
        return [make_any(inner[0], 2 * number + each, name) for each in range(2)]
    return {} if isinstance(origin, type) and issubclass(origin, Mapping) else []
