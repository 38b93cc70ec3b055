"""The plugin that is looked at: where it is, what its files are, and how it is loaded.

Imports hub.app only where it must: the process that is asked for comparison needs no hub.
"""

import ast
import importlib
import importlib.metadata
import importlib.util
import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hub.errors import Missing
from hub.testing.plugin_check.finding import Place

LEFT_OUT = frozenset({"tests", "test", "build", "dist", "docs", "node_modules", "__pycache__"})
SAMPLES = Path(__file__).parent / "samples"


@dataclass(frozen=True)
class Subject:
    """A plugin by its name, the class it is (``module:Class``), its folder and its modules.

    ``given`` is what its ``check.toml`` says: settings to try it with, answers of the systems it reads, and a note.
    """

    name: str
    points_to: str
    folder: Path
    files: tuple[Path, ...]
    readme: str | None = None
    version: str = "0"
    distribution: str = ""
    built_in: bool = False
    search_path: Path | None = None
    given: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def trees(self) -> dict[Path, ast.Module]:
        """Every module as a tree. SyntaxError where one is none."""
        return {path: ast.parse(path.read_text(encoding="utf-8"), str(path)) for path in self.files}

    def place_of(self, code: Any, hook: str = "") -> Place:
        """Where a function begins, if it is one of the plugin's."""
        code = getattr(getattr(code, "__func__", code), "__code__", None)
        return Place(code.co_filename, code.co_firstlineno, hook) if code else Place(hook=hook)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Let this process find the plugin as if it had been installed from its folder."""
        if self.search_path is None:
            yield
            return
        from hub.app import PLUGIN_GROUP

        with TemporaryDirectory(prefix="hub-check-") as folder:
            info = Path(
                folder, f"{re.sub(r'[^A-Za-z0-9.]', '_', self.distribution)}-{self.version}.dist-info"
            )
            info.mkdir()
            head = f"Metadata-Version: 2.1\nName: {self.distribution}\nVersion: {self.version}\n"
            (info / "METADATA").write_text(head, encoding="utf-8")
            (info / "entry_points.txt").write_text(
                f"[{PLUGIN_GROUP}]\n{self.name} = {self.points_to}\n", encoding="utf-8"
            )
            added = [str(self.search_path), folder]
            sys.path[:0] = added
            importlib.invalidate_caches()
            try:
                yield
            finally:
                for path in added:
                    sys.path.remove(path)


def find_subject(given: str) -> Subject:
    """The plugin in a folder or file, or the installed or built-in one of a name. Missing where there is none."""
    path = Path(given)
    if path.is_dir():
        return _in_folder(path.resolve())
    if path.is_file() and path.suffix == ".py":
        return _in_file(path.resolve())
    return _by_name(given)


def _in_folder(folder: Path) -> Subject:
    from hub.app import PLUGIN_GROUP

    project_file = folder / "pyproject.toml"
    if not project_file.is_file():
        raise Missing(
            "no_plugin",
            f"There is no pyproject.toml in {folder}.",
            "Give the folder of the plugin's project.",
        )
    try:
        project = tomllib.loads(project_file.read_text(encoding="utf-8")).get("project", {})
    except tomllib.TOMLDecodeError as error:
        raise Missing("no_plugin", f"{project_file} cannot be read: {error}") from error
    points = project.get("entry-points", {}).get(PLUGIN_GROUP, {})
    if len(points) != 1:
        raise Missing(
            "no_plugin",
            f"{project_file} names {len(points)} plugins.",
            f'It must have one line below [project.entry-points."{PLUGIN_GROUP}"], such as NAME = "MODULE:Plugin".',
        )
    ((name, points_to),) = points.items()
    base = folder / "src" if (folder / "src").is_dir() else folder
    readme = next((p for p in sorted(folder.glob("[Rr][Ee][Aa][Dd][Mm][Ee]*")) if p.is_file()), None)
    return Subject(
        name,
        points_to,
        folder,
        _modules(base),
        readme.read_text(encoding="utf-8") if readme else None,
        str(project.get("version", "0")),
        str(project.get("name", name)),
        search_path=base,
        given=_given(folder / "check.toml"),
    )


def _in_file(path: Path) -> Subject:
    from hub.app import BUILT_IN_PLUGINS

    built_in = {module.rpartition(".")[2] for module in BUILT_IN_PLUGINS}
    name = f"checked_{path.stem}" if path.stem in built_in else path.stem
    given = _given(path.with_name("check.toml")) or _given(SAMPLES / f"{path.stem}.toml")
    return Subject(
        name,
        f"{path.stem}:Plugin",
        path.parent,
        (path,),
        "",
        distribution=f"hub-{name}",
        search_path=path.parent,
        given=given,
    )


def _by_name(name: str) -> Subject:
    from hub.app import BUILT_IN_PLUGINS, PLUGIN_GROUP

    for module in BUILT_IN_PLUGINS:
        if module.rpartition(".")[2] == name:
            path = _file_of(module, name)
            given = _given(SAMPLES / f"{name}.toml")
            return Subject(name, f"{module}:Plugin", path.parent, (path,), "", built_in=True, given=given)
    found = [point for point in importlib.metadata.entry_points(group=PLUGIN_GROUP) if point.name == name]
    if not found:
        raise Missing(
            "no_plugin",
            f"{name} is neither a folder with a plugin nor the name of one that is installed.",
            "Give the folder that holds its pyproject.toml, its one file, or a name that `hub plugins` knows.",
        )
    path = _file_of(found[0].module, name)
    for folder in list(path.parents)[:4]:  # installed so that it follows edits
        if (folder / "pyproject.toml").is_file() and "site-packages" not in folder.parts:
            return _in_folder(folder)
    distribution = found[0].dist
    about = (distribution.read_text("METADATA") or "").partition("\n\n")[2] if distribution else ""
    files = _modules(path.parent) if path.name == "__init__.py" else (path,)
    return Subject(
        name,
        found[0].value,
        path.parent,
        files,
        about or None,
        distribution.version if distribution else "0",
        given=_given(path.with_name("check.toml")),
    )


def _file_of(module: str, name: str) -> Path:
    try:
        spec = importlib.util.find_spec(module)
    except ImportError:
        spec = None
    if spec is None or spec.origin is None:
        raise Missing("no_plugin", f"The module {module} of {name} is not there.", "Install it again.")
    return Path(spec.origin).resolve()


def _modules(folder: Path) -> tuple[Path, ...]:
    return tuple(
        path
        for path in sorted(folder.rglob("*.py"))
        if not any(part in LEFT_OUT or part.startswith(".") for part in path.relative_to(folder).parts[:-1])
    )


def _given(path: Path) -> Mapping[str, Any]:
    """What stands in a file, days and times as texts; nothing where there is none."""
    if not path.is_file():
        return {}
    said: Mapping[str, Any] = json.loads(
        json.dumps(tomllib.loads(path.read_text(encoding="utf-8")), default=str)
    )
    return said
