"""The methods of a plugin beside the hook catalogue: names, arguments, types, and the version of the API."""

import difflib
import inspect
import typing
import warnings
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

import hub.api
from hub import hookspecs
from hub.errors import BadInput
from hub.hooks import Hooks, Plugin
from hub.hooks.contract import PROJECT
from hub.testing.plugin_check.finding import Findings, Place
from hub.testing.plugin_check.fitting_types import fits, name_of
from hub.testing.plugin_check.subject import Subject

SEE = "docs/hooks.md has the signature of each hook."
_MARK = f"{PROJECT}_impl"
_ALIKE = 0.75


def catalogue() -> Mapping[str, Callable[..., Any]]:
    """Every hook there is, by its name."""
    return {name: f for name, f in vars(hookspecs).items() if hasattr(f, "hub_contract")}


def marked(cls: type) -> dict[str, Callable[..., Any]]:
    """The methods of a plugin with @hookimpl, in the order of the class."""
    return {name: f for name, f in _methods(cls) if hasattr(f, _MARK)}


def implemented(cls: type) -> dict[str, Callable[..., Any]]:
    """Those that are hooks."""
    return {name: f for name, f in marked(cls).items() if name in catalogue()}


def _methods(cls: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    seen = set()
    for each in cls.__mro__[:-1]:
        for name, value in vars(each).items():
            function = getattr(value, "__func__", value)
            if inspect.isfunction(function) and name not in seen:
                seen.add(name)
                yield name, function


def check_hooks(subject: Subject, cls: type, findings: Findings) -> None:
    """Compare every method with the catalogue."""
    specs = catalogue()
    for name, function in _methods(cls):
        place = subject.place_of(function, name)
        if hasattr(function, _MARK):
            if name not in specs:
                _unknown(name, specs, place, findings)
            else:
                _check_arguments(name, function, specs[name], place, findings)
                _check_types(name, function, specs[name], place, findings)
        elif not name.startswith("_"):
            _maybe_forgotten(name, function, specs, place, findings)
    if not implemented(cls) and not findings.has("unknown-hook", "unmarked-hook"):
        findings.add(
            "unmarked-hook",
            "It answers no hook at all, so it does nothing.",
            f"Write a method named like a hook, and @hookimpl above it. {SEE}",
            Place(subject.place_of(next((f for _, f in _methods(cls)), None)).path),
        )


def check_version(subject: Subject, cls: type, findings: Findings) -> None:
    """Whether the hub supports the version of the API that the plugin says."""
    place = Place(inspect.getsourcefile(cls) or "", _line_of(cls))

    class Bare:
        """Its version and names of hooks without what else may be wrong with them."""

        hub_api = getattr(cls, "hub_api", None)

    for name, function in implemented(cls).items():
        stand_in = _stand_in(function)
        setattr(Bare, name, stand_in)
    if getattr(cls, "hub_api", None) is None:
        del Bare.hub_api
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # said below
            hooks = Hooks(hookspecs, [Plugin(subject.name, subject.version, Bare())])
        for deprecation in hooks.deprecations:
            findings.add(
                "deprecated-hook",
                f"{deprecation.hook} is deprecated since plugin API {deprecation.since}; {deprecation.gone} refuses it.",
                f"Implement {deprecation.successor} instead.",
                subject.place_of(implemented(cls)[deprecation.hook], deprecation.hook),
            )
    except BadInput as error:
        said = [problem.message for problem in error.problems] or [error.message]
        problems = [s.removeprefix(f"The plugin {subject.name} cannot be used: ") for s in said]
        for problem in problems:
            found, _, mend = problem.partition(": ")
            if "hub_api" in problem or "API" in problem or "deprecated" in problem:
                findings.add("api-version", f"{found[0].upper()}{found[1:]}.", _sentence(mend), place)


def _stand_in(function: Callable[..., Any]) -> Callable[..., Any]:
    def answer(self: object) -> None:
        """Nothing."""

    marks = {key: value for key, value in vars(function).items() if key == _MARK}
    vars(answer).update(marks)
    vars(answer)[_MARK] = {**marks[_MARK], "tryfirst": False, "trylast": False, "wrapper": False}
    vars(answer)[_MARK] |= {"hookwrapper": False}
    return answer


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _line_of(cls: type) -> int:
    try:
        return inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        return 0


def _unknown(name: str, specs: Mapping[str, Any], place: Place, findings: Findings) -> None:
    near = difflib.get_close_matches(name, specs, 1)
    findings.add(
        "unknown-hook",
        f"There is no hook {name}.",
        f"Did you mean {near[0]}? {SEE}" if near else f"Take @hookimpl off, or name it as a hook. {SEE}",
        place,
    )


def _maybe_forgotten(
    name: str, function: Callable[..., Any], specs: Mapping[str, Any], place: Place, findings: Findings
) -> None:
    near = name if name in specs else next(iter(difflib.get_close_matches(name, specs, 1, _ALIKE)), None)
    if near is None:
        return
    wanted = _argument_names(specs[near], skip=0)
    if name == near:
        findings.add(
            "unmarked-hook",
            f"{name} is named like a hook, but has no @hookimpl: the hub never calls it.",
            "Write @hookimpl above it, or give it another name.",
            place,
        )
    elif wanted and _argument_names(function, skip=1) == wanted:
        findings.add(
            "unmarked-hook",
            f"{name} has the arguments of {near}, but not its name, and no @hookimpl.",
            f"Name it {near} and write @hookimpl above it, or begin its name with an underscore.",
            place,
        )


def _argument_names(function: Callable[..., Any], skip: int) -> list[str]:
    return list(inspect.signature(function).parameters)[skip:]


def _check_arguments(
    name: str, function: Callable[..., Any], spec: Callable[..., Any], place: Place, findings: Findings
) -> None:
    wanted, said = _argument_names(spec, skip=0), _argument_names(function, skip=1)
    signature = f"{name}({', '.join(['self', *wanted])})"
    foreign = [argument for argument in said if argument not in wanted]
    if foreign:
        near = [difflib.get_close_matches(a, wanted, 1, 0.4) for a in foreign]
        hint = "".join(f" Did you mean {n[0]} by {a}?" for a, n in zip(foreign, near, strict=True) if n)
        findings.add(
            "wrong-arguments",
            f"The hook has no {' and no '.join(foreign)}: arguments are handed over by their names.",
            f"Write it as {signature}.{hint}",
            place,
        )
    elif said != [argument for argument in wanted if argument in said]:
        findings.add(
            "wrong-arguments",
            f"Its arguments stand in another order: {', '.join(said)}.",
            f"Write them in the order of the hook, {signature}: whoever calls it in a test goes by that.",
            place,
        )


def _check_types(
    name: str, function: Callable[..., Any], spec: Callable[..., Any], place: Place, findings: Findings
) -> None:
    wanted = typing.get_type_hints(spec)
    try:
        said = _hints(function)
    except NameError as error:
        findings.add(
            "no-types", f"Its annotations cannot be read: {error}.", "Import the names they use.", place
        )
        return
    missing = []
    for argument in [*_argument_names(function, skip=1), "return"]:
        if argument not in wanted:
            continue
        if argument not in said or said[argument] is Any:
            missing.append(argument)
            continue
        narrow, wide = said[argument], wanted[argument]
        if not (fits(narrow, wide) if argument == "return" else fits(wide, narrow)):
            what = "It is annotated to return" if argument == "return" else f"{argument} is annotated"
            findings.add(
                "wrong-types",
                f"{what} {name_of(narrow)}, where the hook says {name_of(wide)}.",
                f"Write {'-> ' if argument == 'return' else argument + ': '}{name_of(wide)}.",
                place,
            )
    if missing:
        types = ", ".join(f"{'->' if a == 'return' else a + ':'} {name_of(wanted[a])}" for a in missing)
        findings.add(
            "no-types",
            f"No type is said of {' and '.join('what it returns' if a == 'return' else a for a in missing)}.",
            f"Write {types}, so that a type checker sees mistakes before people do.",
            place,
        )


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """What is imported below TYPE_CHECKING is looked up in hub.api and the standard library's abstract types."""
    import collections.abc

    known: dict[str, Any] = {}
    for module in (typing, collections.abc, hub.api):
        known |= {key: value for key, value in vars(module).items() if not isinstance(value, ModuleType)}
    return typing.get_type_hints(function, globalns={**known, **function.__globals__})
