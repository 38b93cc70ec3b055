"""Commands as an operator types them, in this process; those that serve run in processes of their own."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli import main
from hub.config import load_settings
from hub.runtime import Hub

Command = Callable[..., Result]
SETTINGS = """\
database_url = "{url}"
secret_key = "k3YzP0vQ7mXw2LbT9cRf6HsJ1dNgUaEo"
plugins = ["standard_completion", "csv_catalogue", "webhooks"]
"""


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Commands set up logging for their process, which is this one."""
    root, alembic = logging.getLogger(), logging.getLogger("alembic")
    handlers, level, alembic_level = root.handlers[:], root.level, alembic.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    alembic.setLevel(alembic_level)


@pytest.fixture
def settings_file(database_url: str, tmp_path: Path) -> Path:
    """The settings of a hub on a migrated database."""
    file = tmp_path / "hub.toml"
    file.touch(mode=0o600)
    file.write_text(SETTINGS.format(url=database_url))
    return file


@pytest.fixture
def hub_command(settings_file: Path) -> Command:
    """Runs ``hub --config SETTINGS ARGUMENTS``."""

    def run(*arguments: str | Path, input: str | None = None) -> Result:
        given = ["--config", str(settings_file), *map(str, arguments)]
        return CliRunner().invoke(main, given, input=input, catch_exceptions=False)

    return run


@pytest.fixture
def inside(settings_file: Path) -> Iterator[Hub]:
    """The hub that the commands work on."""
    from hub.app import open_hub

    hub = open_hub(load_settings(settings_file))
    yield hub
    hub.close()
