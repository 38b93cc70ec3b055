"""Which plugins fit the plugin API of this hub, and what those are told that do not."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hub import hookspecs
from hub.app import BUILT_IN_PLUGINS, PLUGIN_GROUP, load_plugins
from hub.errors import BadInput
from hub.hooks import API_VERSION, OLDEST_API, Deprecated, Hooks, Plugin, hook, hookimpl
from hub.hooks.versions import parse_version
from tests.docs.pages import read
from tests.packages import installed


def named_in(project: Path) -> list[str]:
    """Names of the plugins that a project brings."""
    said = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    return list(said["project"]["entry-points"][PLUGIN_GROUP])


PROJECTS = sorted(
    file.parent for file in (Path(__file__).parents[2] / "plugins_contrib").glob("*/pyproject.toml")
)
NAMES = [
    *(module.rpartition(".")[2] for module in BUILT_IN_PLUGINS),
    *(name for project in PROJECTS for name in named_in(project)),
]


class Catalogue(ModuleType):
    """Hooks of several ages: one of 1.0, one of 1.1, and one that 1.1 deprecates."""

    @staticmethod
    @hook("tell", "hub", "retry")
    def color_found(thing: str) -> None: ...

    @staticmethod
    @hook("tell", "hub", "retry", since="1.1")
    def color_lost(thing: str) -> None: ...

    @staticmethod
    @hook("tell", "hub", "retry", deprecated=Deprecated(since="1.1", successor="color_found"))
    def tint_found(thing: str) -> None: ...


def catalogue() -> ModuleType:
    made = ModuleType("catalogue")
    for name in ("color_found", "color_lost", "tint_found"):
        setattr(made, name, getattr(Catalogue, name))
    return made


def plugin(hub_api: object, *hooks: str) -> object:
    """A plugin that says this version and implements these hooks."""

    def told(self: object, thing: str) -> None: ...

    methods: dict[str, Any] = {"told": told} | {name: hookimpl(specname=name)(_told()) for name in hooks}
    return type("Sample", (), {"hub_api": hub_api, **methods})()


def _told() -> Any:
    def told(self: object, thing: str) -> None: ...

    return told


def start(api: str, **plugins: object) -> Hooks:
    return Hooks(catalogue(), [Plugin(name, "1", instance) for name, instance in plugins.items()], api)


def refused(api: str, instance: object) -> str:
    with pytest.raises(BadInput) as error:
        start(api, sample=instance)
    assert error.value.code == "bad_plugin"
    return error.value.message.removeprefix("The plugin sample cannot be used: ")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (None, 'it does not say for which plugin API it was written: add hub_api = "1.1" to its class.'),
        *(
            (
                said,
                f'it says hub_api = {said!r}, which is no version: write major and minor, as in hub_api = "1.1".',
            )
            for said in ("1", "1.1.0", "one", "", "1.1\n", "-1.1", "\u0661.\u0661", 1.1, (1, 1))
        ),
        (
            "1.2",
            (
                'it says hub_api = "1.2", and this hub offers 1.1: update the hub, or write hub_api = "1.1" if it needs '
                "nothing newer."
            ),
        ),
        (
            "2.0",
            (
                'it says hub_api = "2.0", and this hub offers 1.1: install a hub that offers 2.x, or a release of the plugin '
                "for 1.x."
            ),
        ),
        (
            "0.9",
            (
                'it says hub_api = "0.9", and the oldest that this hub supports is 1.0: install a newer release of the plugin, '
                'or adapt it to docs/hooks.md and write hub_api = "1.1".'
            ),
        ),
    ],
)
def test_plugin_of_another_api_is_refused_with_the_sentence_that_mends_it(
    said: object, sentence: str
) -> None:
    assert refused("1.1", plugin(said)) == sentence


@pytest.mark.parametrize("said", ["1.0", "1.1"])
def test_every_supported_version_starts(said: str) -> None:
    assert start("1.1", sample=plugin(said, "color_found")).implementers("color_found") == ["sample"]


def test_hook_that_came_later_needs_the_version_it_came_with() -> None:
    assert refused("1.1", plugin("1.0", "color_lost")) == (
        'it says hub_api = "1.0" and implements color_lost, which came with 1.1: write hub_api = "1.1".'
    )
    assert refused("1.0", plugin("1.0", "color_lost")) == (
        'it says hub_api = "1.0" and implements color_lost, which came with 1.1: update the hub and write hub_api = "1.1".'
    )
    assert start("1.1", sample=plugin("1.1", "color_lost")).implementers("color_lost") == ["sample"]


def test_hook_that_came_later_is_not_offered_before() -> None:
    assert "color_lost" not in start("1.0").contracts
    assert "color_lost" in start("1.1").contracts


def test_deprecated_hook_works_for_one_minor_version_and_names_its_successor() -> None:
    sample = plugin("1.0", "tint_found")
    assert start("1.0", sample=sample).deprecations == []
    with pytest.warns(
        DeprecationWarning, match="tint_found, which is deprecated since .* 1.1 .*implement color_found"
    ):
        hooks = start("1.1", sample=sample)
    (deprecation,) = hooks.deprecations
    assert (deprecation.plugin, deprecation.hook, deprecation.successor) == (
        "sample",
        "tint_found",
        "color_found",
    )
    hooks.tell("tint_found", "sample", thing="rose")
    assert refused("1.2", sample) == (
        "it implements tint_found, which was deprecated in 1.1 and is gone from 1.2: implement color_found instead."
    )


def test_all_plugins_are_told_at_once() -> None:
    with pytest.raises(BadInput) as error:
        start(
            "1.1", old=plugin("0.1"), good=plugin("1.1"), mute=plugin(None), late=plugin("1.0", "color_lost")
        )
    assert [problem.place for problem in error.value.problems] == ["old", "mute", "late"]


def as_of(api: str, names: Iterable[str]) -> Hooks:
    """These plugins on a hub that offers this version, each saying it was written for it."""
    plugins = load_plugins(list(names))
    for p in plugins:
        p.instance.hub_api = api
    return Hooks(hookspecs, plugins, api)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("api", [OLDEST_API, API_VERSION])
def test_shipped_plugin_runs_on_the_oldest_and_the_newest_api(name: str, api: str) -> None:
    with installed(*PROJECTS):
        run_on(name, api)


def run_on(name: str, api: str) -> None:
    newest = Hooks(hookspecs, load_plugins([name]))
    answers = {hook for hook in newest.contracts if name in newest.implementers(hook)}
    came_later = sorted(
        hook for hook in answers if (parse_version(newest.contracts[hook].since) or ()) > _numbers(api)
    )
    if came_later:
        with pytest.raises(
            BadInput, match=f'implements {came_later[0]}, which came with .*write hub_api = "1'
        ) as error:
            as_of(api, [name])
        assert name in str(error.value)
        return
    hooks = as_of(api, [name])
    assert {hook for hook in hooks.contracts if name in hooks.implementers(hook)} == answers


def _numbers(api: str) -> tuple[int, int]:
    return parse_version(api) or (0, 0)


def test_page_names_the_versions() -> None:
    page = read("hooks.md")
    assert f"it has a version of its own: **{API_VERSION}**" in page
    assert re.findall(r'hub_api = "(\d\.\d)"', page).count(API_VERSION) >= len(Hooks(hookspecs, []).contracts)
    assert f'| `hub_api = "{OLDEST_API}"` |' in page
