"""A hub with people and a connection for cmi5 courses, and AUs that are launched from its pages."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.config import Settings
from hub.runtime import Hub
from tests.web.world import World, build_world
from tests.xapi.cmi5.rig import Courses


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """The settings of the hub under test, with a folder of its own for files."""
    return Settings(
        database_url=database_url,
        secret_key="only-for-tests-0123456789abcdefghij",
        storage_url=f"file://{tmp_path / 'files'}",
    )


@pytest.fixture
def world(hub: Hub) -> World:
    """People of every kind."""
    return build_world(hub)


@pytest.fixture
def courses(world: World) -> Courses:
    """A connection for courses, and Ana, who gets every course that is imported."""
    return Courses(world).begin()


@pytest.fixture
def imported(courses: Courses) -> Callable[..., str]:
    """Imports a package and assigns it to Ana; the offering's id."""
    return courses.add
