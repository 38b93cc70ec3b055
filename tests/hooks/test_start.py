"""What stops the hub from starting: every mistake of a plugin is found before the first request and names the plugin."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.app import load_plugins, open_hub
from hub.config import Settings
from hub.errors import BadInput
from hub.runtime import Hub
from tests.packages import installed, write_plugin

HEAD = "from hub.api import *\n"
PLUGIN = f"{HEAD}class Plugin:\n    hub_api = API_VERSION\n    "
GOOD = f"{PLUGIN}pass\n"


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., Hub]:
    """Opens a hub with these plugins on; it needs no database for that."""

    def open_with(*names: str) -> Hub:
        database = f"sqlite:///{tmp_path}/never-opened.sqlite"
        hub = open_hub(Settings(database_url=database, secret_key="x" * 40, plugins=list(names)))
        hub.close()
        return hub

    return open_with


def test_built_in_and_installed_plugins_start_in_the_order_of_the_settings(
    start: Callable[..., Hub], tmp_path: Path
) -> None:
    with installed(write_plugin(tmp_path, "badges", GOOD, version="2.5")):
        hub = start("webhooks", "badges", "standard_completion")
    found = [(p.name, p.built_in) for p in hub.hooks.plugins]
    assert found == [("webhooks", True), ("badges", False), ("standard_completion", True)]
    assert hub.hooks.version_of("badges") == "2.5"


def test_installed_plugin_that_is_not_named_is_not_loaded(start: Callable[..., Hub], tmp_path: Path) -> None:
    with installed(write_plugin(tmp_path, "badges", "raise RuntimeError('loaded')")):
        assert [p.name for p in start("webhooks").hooks.plugins] == ["webhooks"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('out of badges')", "out of badges"),
        ("import no_such_module", "no_such_module"),
        ("class Badges: pass", "Plugin"),
        (f"{PLUGIN}def __init__(self): raise RuntimeError('out of badges')", "out of badges"),
        (f"{PLUGIN}def __init__(self, color): pass", "color"),
        (f"{PLUGIN}@hookimpl\n    def credit_granted(self, event, color): pass", "color"),
        (
            f"{PLUGIN}gather_minutes = '5 min'\n    @hookimpl\n    def news_gathered(self, news): pass",
            "minutes",
        ),
        (f"{PLUGIN}@hookimpl\n    def credit_taken(self, event): pass", "credit_taken"),
        (f"{PLUGIN}@hookimpl(tryfirst=True)\n    def credit_granted(self, event): pass", "order"),
        (f"{PLUGIN}@hookimpl(trylast=True)\n    def credit_granted(self, event): pass", "order"),
        (f"{PLUGIN}@hookimpl(wrapper=True)\n    def credit_granted(self, event): yield", "order"),
        (
            (
                f"{PLUGIN}@hookimpl\n    def credit_granted(self, event): pass\n"
                "    @hookimpl(specname='credit_granted')\n    def other(self, event): pass"
            ),
            "more than once",
        ),
        (
            f"{PLUGIN}@hookimpl\n    @reads('age')\n    def decide_assignments(self, candidates): return []",
            "age",
        ),
        (
            f"{PLUGIN}@hookimpl\n    def register_settings(self): raise RuntimeError('no settings')",
            "no settings",
        ),
        (f"{PLUGIN}@hookimpl\n    def register_settings(self): return int", "register_settings"),
    ],
)
def test_mistake_in_a_plugin_stops_the_start_and_names_it(
    start: Callable[..., Hub], tmp_path: Path, source: str, reason: str
) -> None:
    with installed(write_plugin(tmp_path, "badges", source)), pytest.raises(BadInput) as error:
        start("webhooks", "badges")
    assert error.value.code == "bad_plugin"
    assert str(error.value).startswith("The plugin badges cannot be used:")
    assert reason in str(error.value)


def test_every_wrong_name_in_the_list_is_told_at_once(tmp_path: Path) -> None:
    first = write_plugin(tmp_path, "badges", GOOD, project="badges-of-one")
    second = write_plugin(tmp_path, "badges", GOOD, project="badges-of-another")
    with installed(first, second), pytest.raises(BadInput) as error:
        load_plugins(["nobody", "webhooks", "nowhere", "webhooks", "badges"])
    assert sorted(problem.place for problem in error.value.problems) == [
        "plugins: badges",
        "plugins: nobody",
        "plugins: nowhere",
        "plugins: webhooks",
    ]
    assert "standard_completion" in error.value.help


def test_installed_plugin_cannot_take_the_name_of_a_built_in_one(tmp_path: Path) -> None:
    with installed(write_plugin(tmp_path, "webhooks", GOOD)), pytest.raises(BadInput, match="more than one"):
        load_plugins(["webhooks"])


def test_export_whose_key_the_database_would_not_take_stops_the_start(
    start: Callable[..., Hub], tmp_path: Path
) -> None:
    source = f"{PLUGIN}@hookimpl\n    def register_exports(self): return [Export('x' * LENGTH)]"
    with installed(write_plugin(tmp_path, "crm", source.replace("LENGTH", "64"))):
        start("crm")
    with (
        installed(write_plugin(tmp_path, "other_crm", source.replace("LENGTH", "65"))),
        pytest.raises(BadInput, match="other_crm cannot be used: the key of an export has at most 64"),
    ):
        start("other_crm")
