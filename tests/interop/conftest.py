"""Servers of other people's software on loopback. They need node and two installs of their own: ``make test-interop``."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.servers import node_server, python_server
from tests.interop.site import Site, serve_site
from tests.lti.rig import Keys, serve_keys


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything beside this file runs other people's servers."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.interop)


@pytest.fixture(scope="session")
def key_server() -> Iterator[Keys]:
    """The JWKS of the rig's own two tools."""
    with serve_keys() as keys:
        yield keys


@pytest.fixture(scope="session")
def ltijs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a tool on ltijs."""
    with node_server("ltijs_tool.mjs", tmp_path_factory.mktemp("ltijs") / "log") as url:
        yield url


@pytest.fixture(scope="session")
def lti_tool_core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a tool on @lti-tool/core."""
    with node_server("core_tool.mjs", tmp_path_factory.mktemp("core") / "log", "resolve_js.mjs") as url:
        yield url


@pytest.fixture(scope="session")
def lti1p3platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a platform on lti1p3platform."""
    with python_server("platform_server.py", tmp_path_factory.mktemp("platform") / "log") as url:
        yield url


@pytest.fixture
def site(
    database_url: str, key_server: Keys, ltijs: str, lti_tool_core: str, lti1p3platform: str
) -> Iterator[Site]:
    """A served hub that may call them all."""
    with serve_site(database_url, key_server, [ltijs, lti_tool_core, lti1p3platform]) as served:
        yield served
