"""A mutant is a shipped plugin with one thing changed for the worse; it is made from the source as it stands."""

import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Mutant:
    """Texts of a plugin's module and what stands there instead; each must be there just once.

    ``code`` is what must be found, at the line that has the text ``at``, in the answer to ``hook``. ``module`` is where, below the
    project's folder, if it is not the plugin's one module; ``seen_in`` is where it shows, if that is another one.
    """

    name: str
    plugin: str
    changes: tuple[tuple[str, str], ...]
    code: str
    at: str = ""
    hook: str = ""
    module: str = ""
    seen_in: str = ""

    def make(self, folder: Path) -> Path:
        """Write it; the path of the module in which it shows."""
        project = copy_plugin(self.plugin, folder)
        module = project / self.module if self.module else module_of(project)
        source = module.read_text(encoding="utf-8")
        for old, new in self.changes:
            assert source.count(old) == 1, f"{self.plugin} has {old!r} {source.count(old)} times"
            source = source.replace(old, new)
        module.write_text(source, encoding="utf-8")
        return project / self.seen_in if self.seen_in else module


def copy_plugin(name: str, folder: Path) -> Path:
    """A shipped plugin for itself: the folder of its project, or its one file."""
    project = ROOT / "plugins_contrib" / name
    if not project.is_dir():
        return Path(shutil.copy(ROOT / "hub" / "plugins" / f"{name}.py", folder))
    ignored = shutil.ignore_patterns("__pycache__", "tests", "*.png")
    shutil.copytree(project, folder / name, ignore=ignored)
    return folder / name


def module_of(project: Path) -> Path:
    """The one module of a plugin."""
    return project if project.is_file() else project / f"{project.name}.py"


def project_of(module: Path) -> Path:
    """What is checked: the project's folder, or the one file."""
    return next((f for f in list(module.parents)[:4] if (f / "pyproject.toml").is_file()), module)


def line_of(module: Path, text: str) -> int:
    """The number of the one line that has a text."""
    lines = [n for n, line in enumerate(module.read_text(encoding="utf-8").splitlines(), 1) if text in line]
    assert len(lines) == 1, f"{text!r} is in lines {lines}"
    return lines[0]
