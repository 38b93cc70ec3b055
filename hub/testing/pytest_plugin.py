"""Fixtures for tests of plugins; they come with installing the hub.

``hub`` is a hub of the test's own with the project's plugins on, for the audience ``everybody``. ``person``, ``appointment``,
``course``, ``learning_path``, ``statement`` and ``launch`` make what a test needs, by names. ``clock`` stands still until it is
moved, ``outgoing`` notes what would have been sent, ``told`` lists what plugins were told, ``browse`` opens pages, and ``fake_lms`` and ``fake_idp`` are
simulated systems that really run. docs/writing-a-plugin.md shows them at work. With ``--hub-api 1.0`` the hub is one of an older
plugin API.

pytest loads this in every project of the environment. So it imports nothing of the hub until a fixture is used, nothing here
is used by itself, and a fixture of the same name in a conftest.py goes before.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from hub.clock import SettableClock
    from hub.runtime import Hub
    from hub.testing.small_hub import (
        Browse,
        FakeIdp,
        FakeLms,
        MakeAppointment,
        MakeCourse,
        MakeLaunch,
        MakePath,
        MakePerson,
        MakeStatement,
        RecordingHttp,
        Told,
    )
    from hub.testing.small_hub.network import SmallNetwork

MARKER = (
    "hub(plugins=[...], settings={...}, config={...}): the plugins that the fixture hub has on, their settings by name of the "
    "plugin, and settings of the hub itself"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The setting of a project that tests several plugins, or others than its own, and the version of the plugin API."""
    parser.addini(
        "hub_plugins", "Plugins that the fixture hub has on, if not those of the project.", "args", []
    )
    parser.getgroup("partner_training_hub").addoption(
        "--hub-api",
        metavar="VERSION",
        help="The version of the plugin API that the hub offers, such as 1.0; the newest if it is left out.",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Take away what came later than the version that is asked for, before anything of the project is imported."""
    api = early_config.known_args_namespace.hub_api
    if api is not None:
        from hub.testing.small_hub.acting import act_as

        early_config.add_cleanup(act_as(api))


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say it, where it is not the newest as ever."""
    api = config.getoption("hub_api")
    return f"plugin API of the hub: {api}; what came later is not there" if api else None


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def clock() -> "SettableClock":
    """The hub's clock: Monday, 4 May 2026, 09:00 UTC, until ``clock.advance(days=1)`` or ``clock.set(...)``."""
    from hub.clock import SettableClock

    return SettableClock(datetime(2026, 5, 4, 9, tzinfo=UTC))


@pytest.fixture(scope="session")
def _hub_template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> "Path":
    """A migrated database for all tests, kept in pytest's cache for the next time."""
    from hub.testing.small_hub.opening import be_quiet, template_in

    be_quiet()
    cache: pytest.Cache | None = getattr(request.config, "cache", None)
    return template_in(cache.mkdir("hub") if cache else tmp_path_factory.mktemp("hub"))


@pytest.fixture
def hub(
    request: pytest.FixtureRequest, clock: "SettableClock", _hub_template: "Path", tmp_path: "Path"
) -> Iterator["Hub"]:
    """A hub on a SQLite database of this test's own, with the plugins of the project on."""
    from hub.errors import HubError
    from hub.hooks import API_VERSION
    from hub.testing.recording_http import RecordingHttp
    from hub.testing.small_hub.opening import open_small_hub, switch_on, with_http

    marked = request.node.get_closest_marker("hub")
    said: dict[str, Any] = dict(marked.kwargs) if marked else {}
    plugins = _plugins(request, said)
    folder = tmp_path / "hub"
    folder.mkdir()
    try:
        opened = open_small_hub(
            _hub_template,
            folder,
            clock,
            plugins,
            said.get("settings", {}),
            said.get("config", {}),
            request.config.getoption("hub_api") or API_VERSION,
        )
    except HubError as error:
        pytest.fail("\n".join(filter(None, (str(error), error.help))), pytrace=False)
    opened = with_http(opened, RecordingHttp(opened.settings.outgoing_allow))
    switch_on(opened, plugins)
    yield opened
    opened.close()


def _plugins(request: pytest.FixtureRequest, said: dict[str, Any]) -> list[str]:
    """Those of the marker, else of the setting, else of the project."""
    from hub.testing.small_hub.found import not_installed, plugins_of

    unknown = set(said) - {"plugins", "settings", "config"}
    if unknown:
        pytest.fail(f"The marker hub takes no {', '.join(sorted(unknown))}. {MARKER}", pytrace=False)
    if "plugins" in said or request.config.getini("hub_plugins"):
        return list(said.get("plugins", request.config.getini("hub_plugins")))
    found = plugins_of(request.path, request.config.rootpath)
    missing = not_installed(found)
    if missing:
        pytest.fail(
            f"The plugin {missing[0]} of this project is not installed yet: pip install -e FOLDER",
            pytrace=False,
        )
    return found


@pytest.fixture
def _hub_network(hub: "Hub") -> "SmallNetwork":
    """The names that this test says."""
    from hub.testing.small_hub.network import SmallNetwork

    return SmallNetwork(hub)


@pytest.fixture
def outgoing(hub: "Hub") -> "RecordingHttp":
    """The hub's way out, which sends nothing: ``outgoing.requests``, and ``outgoing.answer("https://...", json=...)``."""
    from hub.testing.recording_http import RecordingHttp

    assert isinstance(hub.http, RecordingHttp)  # noqa: S101  (a conftest.py may make hubs of its own)
    return hub.http


@pytest.fixture
def appointment(_hub_network: "SmallNetwork") -> "MakeAppointment":
    """``appointment(ann, position="technician", brands=["A"], since=...)``: one more position of a person."""
    from hub.testing.small_hub import MakeAppointment

    return MakeAppointment(_hub_network)


@pytest.fixture
def person(_hub_network: "SmallNetwork") -> "MakePerson":
    """``person("ann", brands=["A"], since=...)``: somebody with one position. ``ann.goals()``, ``ann.credits()``, ``ann.panels()``."""
    from hub.testing.small_hub import MakeAppointment, MakePerson

    return MakePerson(_hub_network, MakeAppointment(_hub_network))


@pytest.fixture
def course(_hub_network: "SmallNetwork") -> "MakeCourse":
    """``course("brakes")``: a course of a learning system."""
    from hub.testing.small_hub import MakeCourse

    return MakeCourse(_hub_network)


@pytest.fixture
def learning_path(_hub_network: "SmallNetwork") -> "MakePath":
    """``learning_path("welcome", "tour", "safety")``: a path of courses that are there already."""
    from hub.testing.small_hub import MakePath

    return MakePath(_hub_network)


@pytest.fixture
def statement(_hub_network: "SmallNetwork") -> "MakeStatement":
    """``statement(ann, brakes, "passed", score=0.9)``: what the course's system reports."""
    from hub.testing.small_hub import MakeStatement

    return MakeStatement(_hub_network)


@pytest.fixture
def launch(_hub_network: "SmallNetwork") -> "MakeLaunch":
    """``launch(ann, brakes)``: what the course's system gets when somebody starts it: ``.custom``, ``.claims``."""
    from hub.testing.small_hub import MakeLaunch

    return MakeLaunch(_hub_network)


@pytest.fixture
def told(hub: "Hub") -> "Told":
    """``told()``: what plugins and receivers were told, once nothing waits; ``told("credit_granted")``: of this hook alone."""
    from hub.testing.small_hub import Told

    return Told(hub)


@pytest.fixture
def browse(hub: "Hub") -> "Browse":
    """``browse(ann).get("/my-training").text``: a page as somebody sees it who is signed in; no server runs."""
    from hub.testing.small_hub import Browse

    return Browse(hub)


@pytest.fixture
def _hub_served(hub: "Hub") -> Iterator["Hub"]:
    """The hub with its pages at its public address."""
    from hub.testing.small_hub.outside import served

    with served(hub):
        yield hub


@pytest.fixture
def fake_lms(_hub_served: "Hub", _hub_network: "SmallNetwork") -> Iterator["FakeLms"]:
    """A running LMS: ``brakes = fake_lms.course("brakes")``, then ``fake_lms.complete(ann, brakes)``. Sets the clock to now."""
    from hub.testing.small_hub.outside import run_lms

    with run_lms(_hub_network) as lms:
        yield lms


@pytest.fixture
def fake_idp(_hub_served: "Hub", _hub_network: "SmallNetwork") -> Iterator["FakeIdp"]:
    """A running OpenID provider: ``browser = fake_idp.sign_in(ann)``."""
    from hub.testing.small_hub.outside import run_idp

    with run_idp(_hub_network) as idp:
        yield idp
