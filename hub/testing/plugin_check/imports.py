"""Of the hub, plugins import hub.api: read from the source, and watched while the plugin runs."""

import ast
import builtins
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hub.api
from hub.testing.plugin_check.finding import Findings, Place
from hub.testing.plugin_check.subject import Subject

MEND = "Import what you need from hub.api. What is not there is no part of the plugin API, and may change in any release."
ORDERS = frozenset({"tryfirst", "trylast", "wrapper", "hookwrapper", "specname"})
_API = "hub.api"


def check_imports(subject: Subject, findings: Findings) -> None:
    """Look through the source of every module, also below TYPE_CHECKING and in functions that never run."""
    package = subject.points_to.partition(":")[0].rpartition(".")[0]
    for path, tree in subject.trees.items():
        knows_hub = any(map(_binds_hub, ast.walk(tree)))
        for node in ast.walk(tree):
            place = Place(str(path), getattr(node, "lineno", 0))
            for name in _named(node, package):
                if not isinstance(node, ast.Attribute) or knows_hub:
                    _judge(name, place, findings)
            if isinstance(node, ast.Call):
                _check_order(node, place, findings)


def _named(node: ast.AST, package: str) -> Iterator[str]:
    """Modules, and names of modules, that a node brings in."""
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            parent = package.split(".")[: len(package.split(".")) - level + 1] if level else []
            base = ".".join([*parent, *([module] if module else [])])
            yield from (f"{base}.{alias.name}" for alias in names)
        case ast.Call(func=func, args=[ast.Constant(value=str(name)), *_]) if _is_importer(func):
            yield name
        case ast.Subscript(value=ast.Attribute(attr="modules"), slice=ast.Constant(value=str(name))):
            yield name
        case ast.Attribute(value=ast.Name(id="hub"), attr=attr) if isinstance(node.ctx, ast.Load):
            yield f"hub.{attr}"


def _binds_hub(node: ast.AST) -> bool:
    """Whether the name hub is the package from here on, and no variable."""
    return isinstance(node, ast.Import) and any(
        alias.name.split(".")[0] == "hub" and alias.asname is None for alias in node.names
    )


def _is_importer(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in {"import_module", "__import__", "find_spec"}


def _judge(name: str, place: Place, findings: Findings) -> None:
    if name.split(".", maxsplit=1)[0] in {"pluggy", "_pytest"}:
        findings.add(
            "pluggy-import",
            f"It imports {name}.",
            "Mark methods with hookimpl of hub.api; how the hub calls them is its own matter.",
            place,
        )
    if name.split(".", maxsplit=1)[0] != "hub" or name == _API:
        return
    if name.startswith(f"{_API}."):
        offered = name.removeprefix(f"{_API}.")
        if offered in hub.api.__all__ or offered == "*":
            return
        findings.add("foreign-import", f"hub.api does not offer {offered}.", MEND, place)
        return
    findings.add("foreign-import", f"It imports {name}.", MEND, place)


def _check_order(call: ast.Call, place: Place, findings: Findings) -> None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    asked = sorted({keyword.arg or "" for keyword in call.keywords} & ORDERS) if name == "hookimpl" else []
    if asked:
        findings.add(
            "own-order",
            f"@hookimpl asks for {', '.join(asked)}.",
            "Write @hookimpl alone: the order of plugins is that of `plugins` in the settings.",
            place,
        )


@contextmanager
def watched_imports(subject: Subject, findings: Findings) -> Iterator[None]:
    """See what the plugin's own lines import while they run, whatever way they take."""
    own = {str(path) for path in subject.files}
    original = builtins.__import__
    module_name = subject.points_to.partition(":")[0]
    package = module_name.rpartition(".")[0]

    def watching(name: str, *args: Any, **options: Any) -> Any:
        place = _importing_line(own)
        if place is not None:
            level = (args[3] if len(args) > 3 else options.get("level", 0)) or 0
            names = (args[2] if len(args) > 2 else options.get("fromlist")) or ()
            for full in _full_names(name, names, level, package):
                _judge(full, place, findings)
        return original(name, *args, **options)

    import importlib

    original_module = importlib.import_module
    watching_module = _watching_module(original_module, own, findings)
    builtins.__import__ = watching
    importlib.import_module = watching_module
    try:
        yield
    finally:
        builtins.__import__ = original
        importlib.import_module = original_module


def _watching_module(original: Callable[..., Any], own: set[str], findings: Findings) -> Callable[..., Any]:
    def import_module(name: str, package: str | None = None) -> Any:
        place = _importing_line(own)
        if place is not None:
            _judge(name, place, findings)
        return original(name, package)

    return import_module


def _full_names(name: str, names: Any, level: int, package: str) -> list[str]:
    parent = package.split(".")[: len(package.split(".")) - level + 1] if level else []
    base = ".".join([*parent, *([name] if name else [])])
    return [f"{base}.{each}" for each in names] if names else [base]


def _importing_line(own: set[str]) -> Place | None:
    """The plugin's line that imports, if the one who called is the plugin."""
    frame = sys._getframe(2)
    path = frame.f_code.co_filename
    return Place(str(Path(path)), frame.f_lineno) if path in own else None
