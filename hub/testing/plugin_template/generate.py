"""Making a plugin's project from the template."""

import dataclasses
import keyword
import re
import sys
import typing
from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from string import Template
from typing import Any

from hub import hookspecs
from hub.app import BUILT_IN_PLUGINS, PLUGIN_GROUP
from hub.errors import BadInput, Problem
from hub.hooks import API_VERSION, HookContract

HERE = Path(__file__).parent
CONTRACTS: Mapping[str, HookContract] = {
    name: function.hub_contract
    for name, function in vars(hookspecs).items()
    if hasattr(function, "hub_contract")
}
USUAL = "decide_assignments"
TOGETHER = dict.fromkeys(
    ("register_migrations", "register_personal_data", "export_person", "erase_person"), "keeper"
) | dict.fromkeys(("register_exports", "certified_changed"), "certified")
"""Hooks that belong together, in one file for all of them."""
PERSONAL = {
    "": "It keeps no personal data.",
    "certified": "Personal data: it keeps none itself; the list in the other system has who is certified.",
    "keeper": "Personal data: it keeps who reached a goal, until the person is erased; `hub erase` erases that, too.",
}
_NAME = re.compile(r"[a-z][a-z0-9_]{1,29}")
_SAMPLES = {"str": '"a"', "datetime": "datetime(2026, 5, 4, tzinfo=UTC)", "int": "1", "bool": "True"}


def make_plugin(name: str, hook: str, folder: Path) -> Path:
    """Write the project ``folder``/``name``; the folder of it. BadInput ``bad_new_plugin`` with every problem, and nothing is written."""
    made = folder / name
    problems = [*_name_problems(name), *_hook_problems(hook), *_folder_problems(folder, made)]
    if problems:
        raise BadInput(
            "bad_new_plugin", "This plugin cannot be made; nothing was written.", problems=problems
        )
    for file, text in files_of(name, hook).items():
        path = made / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return made


def files_of(name: str, hook: str) -> dict[str, str]:
    """Every file of the project, by its place in it."""
    words, own = _words(name, hook), TOGETHER.get(hook, hook)
    sources = {
        "pyproject.toml": "files/pyproject.toml.txt",
        "README.md": "files/README.md.txt",
        ".gitignore": "files/gitignore.txt",
        f"{name}.py": f"hooks/{own if _has(own, 'py') else 'tell'}.py.txt",
        f"tests/test_{name}.py": f"hooks/{own if _has(own, 'test') else 'tell'}.test.txt",
    }
    if _has(own, "revision"):
        sources[f"{name}_migrations/0001_first.py"] = f"hooks/{own}.revision.txt"
    words["included"] = ", ".join(f'"{part}"' for part in _parts(name, sources))
    return {
        file: Template((HERE / source).read_text(encoding="utf-8")).substitute(words).lstrip()
        for file, source in sources.items()
    }


def _parts(name: str, files: Iterable[str]) -> list[str]:
    """What of the project is installed: the module, and the folder of revisions where there is one."""
    return sorted({file.partition("/")[0] for file in files if file.startswith(name)}, reverse=True)


def has_template(hook: str) -> bool:
    """Whether a plugin with this hook can be made."""
    return hook in CONTRACTS and (_has(TOGETHER.get(hook, hook), "py") or _event_of(hook) is not None)


def _has(hook: str, what: str) -> bool:
    return (HERE / "hooks" / f"{hook}.{what}.txt").is_file()


def _event_of(hook: str) -> Any:
    """The type of the event that a hook is told of; None for a hook of another kind."""
    return typing.get_type_hints(getattr(hookspecs, hook)).get("event")


def _words(name: str, hook: str) -> dict[str, str]:
    words = {
        "name": name,
        "dashed": name.replace("_", "-"),
        "hook": hook,
        "api": API_VERSION,
        "summary": f"A plugin of the Partner Training Hub that answers {hook}; say here what it is for.",
        "settings": "see the class `Settings`.",
        "personal": PERSONAL[TOGETHER.get(hook, "")],
    }
    event = typing.get_type_hints(getattr(hookspecs, hook)).get("event")
    if event is not None:
        hints = typing.get_type_hints(event)
        values = [
            _SAMPLES.get(getattr(hints[f.name], "__name__", ""), "None") for f in dataclasses.fields(event)
        ]
        made = f"{event.__name__}({', '.join(values)})"
        words |= {
            "event": event.__name__,
            "made": made,
            "imports": "from datetime import UTC, datetime\n" if "datetime(" in made else "",
        }
    return words


def _name_problems(name: str) -> list[Problem]:
    if not _NAME.fullmatch(name):
        return [
            Problem(
                "has lower case letters, digits and underscores, begins with a letter and has 2 to 30 of them",
                "NAME",
            )
        ]
    problems = []
    if keyword.iskeyword(name) or name in sys.stdlib_module_names or name in {"hub", "tests", "plugins"}:
        problems.append(Problem("is a name that Python or the hub has for something else", "NAME"))
    if name in {module.rpartition(".")[2] for module in BUILT_IN_PLUGINS}:
        problems.append(Problem("is the name of a plugin that comes with the hub", "NAME"))
    elif name in {point.name for point in entry_points(group=PLUGIN_GROUP)}:
        problems.append(Problem("is the name of a plugin that is installed already", "NAME"))
    return problems


def _hook_problems(hook: str) -> list[Problem]:
    if has_template(hook):
        return []
    known = ", ".join(filter(has_template, CONTRACTS))
    return [Problem(f"there is no hook {hook}; there are {known}", "--hook")]


def _folder_problems(folder: Path, made: Path) -> list[Problem]:
    if not folder.is_dir():
        return [Problem(f"there is no folder {folder}", "--folder")]
    if made.exists():
        return [Problem(f"{made} is there already", "--folder")]
    return []
