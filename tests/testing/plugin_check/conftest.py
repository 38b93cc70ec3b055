"""The whole check, as operators and authors run it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.testing.plugin_check import Report, check_plugin


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database for every check of this run."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def check(cache: Path) -> Callable[[Path | str], Report]:
    """In processes of its own, to the end."""
    return lambda given: check_plugin(str(given), cache=cache)
