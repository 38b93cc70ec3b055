"""Every contributed plugin's own tests, at a hub of the oldest plugin API that it says it can do with; `make test` has the newest."""

from pathlib import Path

import pytest

from hub.app import load_plugins
from hub.hooks import API_VERSION, OLDEST_API, SUPPORTED_APIS
from tests.packages import ROOT, installed, run_tests, write_plugin

pytestmark = pytest.mark.timeout(600)  # each runs pytest in a process of its own

PROJECTS = sorted(file.parent for file in (ROOT / "plugins_contrib").glob("*/pyproject.toml"))
FOR_ALL = sorted(["brand_launch", "first_90_days", "oneroster_sync"])
"""Those that need nothing newer than the oldest API."""


def said_by(project: Path) -> str:
    """The oldest plugin API that a plugin can do with, as its class says."""
    with installed(project):
        return str(load_plugins([project.name])[0].instance.hub_api)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_contributed_plugin_passes_its_tests_at_the_oldest_api_it_says(project: Path, tmp_path: Path) -> None:
    said = said_by(project)
    assert said in SUPPORTED_APIS
    assert (said == OLDEST_API) == (project.name in FOR_ALL)
    if said != API_VERSION:
        done = run_tests(project, project, arguments=["--hub-api", said, "-p", "no:cacheprovider"])
        assert done.returncode == 0, done.stdout + done.stderr
        assert " passed" in done.stdout
    if said != OLDEST_API:
        (tmp_path / "test_start.py").write_text(
            f"import pytest\n\n\n@pytest.mark.hub(plugins=[{project.name!r}])\ndef test_it(hub): pass\n"
        )
        done = run_tests(tmp_path, project, arguments=["--hub-api", OLDEST_API])
        assert done.returncode == 1, done.stdout
        assert f"The plugin {project.name} cannot be used" in done.stdout


TESTS = """
import pytest
import hub.api


def test_what_came_later_is_not_there(hub):
    assert hub.hooks.implementers("plan_panels") == ["sample"]
    assert ("sample" in hub.hooks.implementers("register_personal_data")) is {newest}
    assert ("register_routes" in hub.hooks.contracts) is {newest}


def test_names_of_the_api():
    assert hub.api.API_VERSION == "{api}"
    assert hasattr(hub.api, "PersonalData") is ("PersonalData" in hub.api.__all__) is {newest}
    assert hub.api.Panel is not None
"""
SAMPLE = """
from hub.api import Panel, hookimpl


class Plugin:
    hub_api = "1.0"

    @hookimpl
    def plan_panels(self, view):
        return [Panel("Here", "we are")]

    @hookimpl(optionalhook=True)
    def register_personal_data(self):
        return []
"""


@pytest.mark.parametrize("api", SUPPORTED_APIS)
def test_hub_of_the_fixtures_is_one_of_that_api(api: str, tmp_path: Path) -> None:
    made = write_plugin(tmp_path, "sample", SAMPLE)
    (made / "test_sample.py").write_text(TESTS.format(api=api, newest=api == API_VERSION))
    done = run_tests(made, made, arguments=["--hub-api", api])
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_project_is_not_imported_before_what_came_later_is_gone(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from hub.api import PersonalData\n")
    (tmp_path / "test_it.py").write_text("def test_it(): pass\n")
    assert "1 passed" in run_tests(tmp_path).stdout
    done = run_tests(tmp_path, arguments=["--hub-api", OLDEST_API])
    assert done.returncode != 0
    assert "cannot import name 'PersonalData'" in done.stdout + done.stderr


@pytest.mark.parametrize("api", ["0.9", "2.0", "newest"])
def test_api_that_is_not_supported_is_refused_with_those_that_are(api: str, tmp_path: Path) -> None:
    done = run_tests(tmp_path, arguments=["--hub-api", api])
    assert done.returncode == 4
    assert f"--hub-api {api}: this hub supports 1.0 and 1.1." in done.stderr
