"""register_settings: a plugin's own table in the settings, checked before the hub starts."""

import pytest

from hub import hookspecs
from hub.api import PluginSettings
from hub.errors import BadInput
from hub.hooks import Hooks, Plugin, hookimpl


class Settings(PluginSettings):
    days: int = 90
    path: str


class Badges:
    hub_api = "1.1"
    settings: Settings

    @hookimpl
    def register_settings(self) -> type[PluginSettings]:
        return Settings


class Plain:
    """Takes no settings."""

    hub_api = "1.1"


def hooks_of(**plugins: object) -> Hooks:
    return Hooks(hookspecs, [Plugin(name, "1", instance) for name, instance in plugins.items()])


def test_register_settings_gives_each_plugin_its_own_table() -> None:
    a, b = Badges(), Badges()
    hooks_of(a=a, b=b).configure({"a": {"path": "welcome", "days": "30"}, "b": {"path": "start"}})
    assert a.settings == Settings(path="welcome", days=30)
    assert b.settings == Settings(path="start", days=90)


def test_register_settings_tells_the_problems_of_all_plugins_at_once() -> None:
    hooks = hooks_of(a=Badges(), b=Badges(), plain=Plain())
    tables: dict[str, dict[str, object]] = {
        "a": {"days": "many"},
        "b": {"path": "start", "colour": 7},
        "plain": {"x": 1},
        "off": {},
    }
    with pytest.raises(BadInput) as error:
        hooks.configure(tables)
    places = {problem.place for problem in error.value.problems}
    assert places == {"plugin.a.days", "plugin.a.path", "plugin.b.colour", "plugin.plain", "plugin.off"}
