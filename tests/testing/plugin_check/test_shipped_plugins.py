"""Every plugin that comes with the hub passes its own check."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.app import BUILT_IN_PLUGINS
from hub.testing.plugin_check import Report

ROOT = Path(__file__).parents[3]
CONTRIBUTED = sorted(path.parent for path in (ROOT / "plugins_contrib").glob("*/pyproject.toml"))
BUILT_IN = [module.rpartition(".")[2] for module in BUILT_IN_PLUGINS]


@pytest.mark.parametrize("folder", CONTRIBUTED, ids=lambda folder: folder.name)
def test_a_contributed_plugin_passes(folder: Path, check: Callable[[Path | str], Report]) -> None:
    report = check(folder)
    assert report.plugin == folder.name
    assert [(f.code, f.place, f.problem) for f in report.findings] == []


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_plugin_passes(name: str, check: Callable[[Path | str], Report]) -> None:
    report = check(name)
    assert report.plugin == name
    assert [(f.code, f.place, f.problem) for f in report.findings] == []
