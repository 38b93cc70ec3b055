"""Which plugins a test is about: those of the project in whose folder it lies."""

import tomllib
from importlib.metadata import entry_points
from pathlib import Path

from hub.app import PLUGIN_GROUP


def plugins_of(test: Path, root: Path) -> list[str]:
    """Names of the plugins of the nearest project above a test file, as its pyproject.toml has them; none beyond ``root``."""
    for folder in test.parents:
        names = _named_in(folder / "pyproject.toml")
        if names or folder == root:
            return names
    return []


def not_installed(names: list[str]) -> list[str]:
    """Those of them that no installed package has, and that are not the hub's own."""
    installed = {point.name for point in entry_points(group=PLUGIN_GROUP)}
    return [name for name in names if name not in installed]


def _named_in(file: Path) -> list[str]:
    if not file.is_file():
        return []
    project = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {})
    return list(project.get("entry-points", {}).get(PLUGIN_GROUP, {}))
