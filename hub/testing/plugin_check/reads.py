"""@reads beside what decide_assignments really looks at: read from the source, and watched while it runs."""

import ast
import typing
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from typing import Any

from hub.api import Candidate
from hub.testing.plugin_check.finding import Findings, Place
from hub.testing.plugin_check.subject import Subject

HOOK = "decide_assignments"
ALWAYS = frozenset({"person_id", "appointment_id", "audience", "settings"})
"""What the hub compares for everybody, whether or not it is named."""
FIELDS = frozenset(field.name for field in fields(Candidate))


@cache
def looking_candidate() -> type[Candidate]:
    """A Candidate that notes in ``looked_at`` which attributes somebody looked at."""

    class Looked(Candidate):
        looked_at: typing.ClassVar[set[str]] = set()

        def __getattribute__(self, name: str) -> Any:
            if name in FIELDS:
                type(self).looked_at.add(name)
            return super().__getattribute__(name)

    return Looked


def check_reads(
    subject: Subject, function: Callable[..., Any], looked_at: set[str], findings: Findings
) -> None:
    """``looked_at`` are attributes that were seen to be looked at while it ran."""
    place = subject.place_of(function, HOOK)
    written = dict(_read_in(subject))
    every = set(written) | (looked_at & FIELDS)
    said = getattr(function, "hub_reads", None)
    if said is None:
        names = ", ".join(f'"{name}"' for name in sorted(every - ALWAYS))
        findings.add(
            "no-reads",
            "It does not say with @reads what it looks at, so it is asked again when anything changes.",
            f"Write @reads({names}) below @hookimpl.",
            place,
        )
        return
    for name in sorted(every - ALWAYS - set(said)):
        findings.add(
            "undeclared-read",
            f"It looks at {name} of a candidate, and @reads does not name it: a change of it goes unnoticed.",
            f'Add "{name}" to @reads.',
            written.get(name, place),
        )
    needless = sorted(set(said) - every)
    if needless:
        findings.add(
            "needless-read",
            f"@reads names {', '.join(needless)}, which it does not look at: it is asked more often than needed.",
            f"Take {', '.join(needless)} off @reads.",
            place,
        )


def _read_in(subject: Subject) -> Iterator[tuple[str, Place]]:
    """Attributes of candidates that the source looks at, each with the first line that does."""
    found: dict[str, Place] = {}
    for path, tree in subject.trees.items():
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            many, one = _names_of_candidates(function)
            for node in ast.walk(function):
                name = node.attr if isinstance(node, ast.Attribute) else ""
                if name in FIELDS and isinstance(node, ast.Attribute) and _is_one(node.value, many, one):
                    found.setdefault(name, Place(str(path), node.lineno, HOOK))
    yield from found.items()


def _names_of_candidates(function: ast.FunctionDef) -> tuple[set[str], set[str]]:
    """Which names of a function stand for several candidates, and which for one."""
    many, one = set(), set()
    for argument in function.args.args:
        said = ast.unparse(argument.annotation) if argument.annotation else ""
        if said.strip("'\"").rpartition(".")[2] == "Candidate":
            one.add(argument.arg)
        elif "Candidate" in said or (function.name == HOOK and argument.arg == "candidates"):
            many.add(argument.arg)
    for _ in range(2):  # a loop over what a comprehension gave
        for node in ast.walk(function):
            if isinstance(node, ast.For | ast.comprehension) and _is_many(node.iter, many):
                one.update(_bound(node.target))
            if isinstance(node, ast.Assign) and _is_many(node.value, many):
                many.update(n for target in node.targets for n in _bound(target))
    return many, one


def _bound(target: ast.expr) -> list[str]:
    return [node.id for node in ast.walk(target) if isinstance(node, ast.Name)]


def _is_many(node: ast.expr, many: set[str]) -> bool:
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        return isinstance(node.elt, ast.Name) and _is_many(node.generators[0].iter, many)
    if isinstance(node, ast.Call) and node.args:  # sorted(candidates), enumerate(candidates)
        return _is_many(node.args[0], many)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        return _is_many(node.value, many)
    return isinstance(node, ast.Name) and node.id in many


def _is_one(node: ast.expr, many: set[str], one: set[str]) -> bool:
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Name) and node.value.id in many
    return isinstance(node, ast.Name) and node.id in one
