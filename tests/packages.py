"""Plugin projects made importable for a test, with the entry points that pip would have installed."""

import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@contextmanager
def installed(*projects: Path) -> Iterator[None]:
    """Let folders with a pyproject.toml be found by ``import`` and by importlib.metadata, before anything else."""
    with tempfile.TemporaryDirectory(prefix="site-") as site, pytest.MonkeyPatch.context() as patch:
        own = {module for project in projects for module in _modules(project)}
        for name in own & set(sys.modules):
            patch.delitem(sys.modules, name)
        for project in projects:
            _write_metadata(project, Path(site))
            patch.syspath_prepend(project)
        patch.syspath_prepend(site)
        try:
            yield
        finally:
            for name in own & set(sys.modules):
                del sys.modules[name]


def run_tests(
    folder: Path, *projects: Path, arguments: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder, in a process of its own, as whoever has installed the hub and these projects runs it."""
    with tempfile.TemporaryDirectory(prefix="site-") as site:
        for project in projects:
            _write_metadata(project, Path(site))
        path = [site, *map(str, projects), str(ROOT)]
        options = ["-q", "-W", "error", "-p", "no:randomly", "-p", "no:hypothesispytest", "--rootdir", "."]
        return subprocess.run(
            [sys.executable, "-m", "pytest", *options, "-p", "no:xdist", *arguments],
            cwd=folder,
            env={"PYTHONPATH": os.pathsep.join(path), "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
        )


def write_plugin(folder: Path, name: str, source: str, *, project: str = "", version: str = "1.0") -> Path:
    """A plugin project of one module; its folder. ``project`` is its name among packages."""
    module = f"{(project or name).replace('-', '_')}_module"
    made = folder / (project or name)
    made.mkdir()
    (made / f"{module}.py").write_text(source, encoding="utf-8")
    (made / "pyproject.toml").write_text(
        f'[project]\nname = "{project or name}"\nversion = "{version}"\n'
        f'[project.entry-points."partner_training_hub.plugins"]\n{name} = "{module}:Plugin"\n',
        encoding="utf-8",
    )
    return made


def _about(project: Path) -> dict[str, Any]:
    about: dict[str, Any] = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return about


def _modules(project: Path) -> Iterator[str]:
    for points in _about(project)["entry-points"].values():
        yield from (target.partition(":")[0] for target in points.values())


def _write_metadata(project: Path, site: Path) -> None:
    about = _about(project)
    info = site / f"{about['name'].replace('-', '_')}-{about['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {about['version']}\n", encoding="utf-8"
    )
    lines: list[str] = []
    for group, points in about["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
