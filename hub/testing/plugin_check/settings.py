"""The settings of a plugin, and what its README says."""

import ast
import re
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from hub.api import PluginSettings
from hub.testing.plugin_check.finding import Findings, Place
from hub.testing.plugin_check.subject import Subject

HOOK = "register_settings"
SECRET = re.compile(r"secret|passw|token|api_?key|private_?key|passphrase|credential", re.IGNORECASE)
NO_SECRET = re.compile(r"(url|uri|address|id|file|path|days|hours|minutes|seconds|length|name|header)$")
"""How settings end that only speak of a secret."""
MANY_WORDS = 8


def model_of(answer: object) -> type[BaseModel] | None:
    """The model that register_settings answered, if it is one."""
    return answer if isinstance(answer, type) and issubclass(answer, BaseModel) else None


def check_settings(
    subject: Subject,
    function: Callable[..., Any],
    answer: object,
    filled: Mapping[str, Any],
    findings: Findings,
) -> None:
    """``answer`` is what register_settings gave; ``filled`` are values for settings that have no default."""
    model = model_of(answer)
    if model is None or not issubclass(model, PluginSettings):
        what = model.__name__ if model else repr(answer)[:60]
        findings.add(
            "bad-settings",
            f"register_settings gives {what}, which is not derived from PluginSettings.",
            "Write class Settings(PluginSettings): it refuses settings that nobody knows, so that a misspelt one is seen.",
            subject.place_of(function, HOOK),
        )
    if model is None:
        return
    _check_defaults(model, _lines(subject, model), filled, findings)
    for each in _models_in(model):
        lines = _lines(subject, each)
        for name, field in each.model_fields.items():
            _check_field(subject, each, name, field, lines.get(name, Place(hook=HOOK)), findings)


def _models_in(model: type[BaseModel]) -> list[type[BaseModel]]:
    """The model, and those its fields are made of."""
    found = [model]
    for each in found:
        parts = {part for field in each.model_fields.values() for part in _parts(field.annotation)}
        inner = {part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)}
        found += sorted(inner - set(found), key=lambda part: part.__name__)
    return found


def _check_defaults(
    model: type[BaseModel], lines: Mapping[str, Place], filled: Mapping[str, Any], findings: Findings
) -> None:
    defaults = {
        name: field.get_default(call_default_factory=True)
        for name, field in model.model_fields.items()
        if not field.is_required() and not field.default_factory
    }
    required = {
        name: filled[name] for name, f in model.model_fields.items() if f.is_required() and name in filled
    }
    try:
        model.model_validate(required | defaults)
    except ValidationError as error:
        for each in error.errors():
            name = str(each["loc"][0]) if each["loc"] else ""
            if name in defaults or not name:
                findings.add(
                    "bad-settings",
                    f"The default of {name or 'the settings'} is refused by the model itself: {each['msg']}.",
                    "Give a default that the hub could be started with, or none, if operators have to choose.",
                    lines.get(name, Place(hook=HOOK)),
                )


def _check_field(
    subject: Subject, model: type[BaseModel], name: str, field: FieldInfo, place: Place, findings: Findings
) -> None:
    words = f"{subject.readme or ''}\n{model.__doc__ or ''}"
    if not field.description and not re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", words):
        findings.add(
            "undocumented-setting",
            f"Nothing says what the setting {name} is for.",
            f"Describe it in the README, in the docstring of {model.__name__}, or with Field(description=...).",
            place,
        )
    if SECRET.search(name) and not NO_SECRET.search(name) and str in _parts(field.annotation):
        findings.add(
            "plain-secret",
            f"The setting {name} looks like a secret and is a plain str, which logs and error pages show.",
            f"Write {name}: SecretStr (from pydantic), and {name}.get_secret_value() where it is used.",
            place,
        )


def _parts(annotation: Any) -> set[Any]:
    """The types that an annotation is made of."""
    inner = typing.get_args(annotation)
    if annotation is SecretStr:
        return set()
    return {annotation} if not inner else set().union(*map(_parts, inner))


def _lines(subject: Subject, model: type[BaseModel]) -> dict[str, Place]:
    """The line of each setting."""
    return {
        item.target.id: Place(str(path), item.lineno, HOOK)
        for path, tree in subject.trees.items()
        for cls in ast.walk(tree)
        if isinstance(cls, ast.ClassDef) and cls.name == model.__name__
        for item in cls.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    }


def check_readme(subject: Subject, has_settings: bool, says_data: bool, findings: Findings) -> None:
    """What somebody must be able to read before installing it. Single files are described by their docstrings.

    ``says_data``: the hub itself shows what personal data it keeps.
    """
    if subject.readme == "":
        return
    path = next(
        (p for p in sorted(Path(subject.folder).glob("[Rr][Ee][Aa][Dd]*"))), subject.folder / "README.md"
    )
    place = Place(str(path), 1)
    if subject.readme is None:
        findings.add(
            "no-readme",
            "There is no README.",
            "Write README.md: what the plugin does, its settings, and what personal data it keeps.",
            place,
        )
        return
    text = re.sub(r"```.*?```", "", subject.readme, flags=re.DOTALL)
    prose = [p for p in text.split("\n\n") if p.strip() and not p.lstrip().startswith(("#", "    ", "|"))]
    gaps = []
    if not any(len(p.split()) >= MANY_WORDS for p in prose):
        gaps.append("what the plugin does")
    if has_settings and not re.search(
        rf"setting|\[plugin\.{re.escape(subject.name)}\]", subject.readme, re.IGNORECASE
    ):
        gaps.append("its settings")
    if not says_data and not re.search(r"personal data", subject.readme, re.IGNORECASE):
        gaps.append("what personal data it keeps")
    if gaps:
        findings.add(
            "readme-gaps",
            f"The README does not say {', nor '.join(gaps)}.",
            'Add a few lines; "It keeps no personal data" will do where that is so.',
            place,
        )
