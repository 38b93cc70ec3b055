"""Which plugins fit the plugin API of this hub, and what those are told that do not."""

import inspect
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import hub.api
from hub import hookspecs
from hub.app import BUILT_IN_PLUGINS, PLUGIN_GROUP, load_plugins
from hub.errors import BadInput
from hub.hooks import (
    API_VERSION,
    OLDEST_API,
    SUPPORTED_APIS,
    Deprecated,
    Hooks,
    Plugin,
    at_most,
    hook,
    hookimpl,
)
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
    assert (deprecation.since, deprecation.gone) == ("1.1", "1.2")
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


def test_plugin_that_can_do_without_a_later_hook_is_asked_where_there_is_one() -> None:
    sample = plugin("1.0", "color_found")
    type(sample).color_lost = hookimpl(specname="color_lost", optionalhook=True)(_told())  # type: ignore[attr-defined]
    newest, oldest = start("1.1", sample=sample), start("1.0", sample=sample)
    assert newest.implementers("color_lost") == ["sample"]
    assert oldest.implementers("color_lost") == []
    assert oldest.implementers("color_found") == ["sample"]
    assert oldest.ask_plugin("color_lost", "sample", thing="rose") is None
    oldest.tell("color_lost", "sample", thing="rose")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("api", [OLDEST_API, API_VERSION])
def test_shipped_plugin_runs_on_the_oldest_and_the_newest_api(name: str, api: str) -> None:
    with installed(*PROJECTS):
        run_on(name, api)


def run_on(name: str, api: str) -> None:
    newest = Hooks(hookspecs, load_plugins([name]))
    needs = str(newest.plugins[0].instance.hub_api)
    if not at_most(needs, api):
        with pytest.raises(
            BadInput, match=f'{name} .* says hub_api = "{needs}", and this hub offers {api}: up'
        ):
            Hooks(hookspecs, load_plugins([name]), api)
        return
    hooks = Hooks(hookspecs, load_plugins([name]), api)
    assert [hook for hook in newest.contracts if name in hooks.implementers(hook)] == [
        hook
        for hook, contract in newest.contracts.items()
        if name in newest.implementers(hook) and at_most(contract.since, api)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_shipped_plugin_says_no_newer_api_than_it_needs(name: str) -> None:
    with installed(*PROJECTS):
        hooks = Hooks(hookspecs, load_plugins([name]))
    (plugin,) = hooks.plugins
    needed = {
        hooks.contracts[hook].since
        for hook in hooks.contracts
        if name in hooks.implementers(hook) and not _can_do_without(plugin.instance, hook)
    }
    assert str(plugin.instance.hub_api) in needed


def _can_do_without(instance: object, hook: str) -> bool:
    return bool(getattr(instance, hook).partner_training_hub_impl["optionalhook"])


def _named_by(hooks: Iterable[str]) -> set[str]:
    """Names of ``hub.api`` that signatures of hooks use."""
    said = " ".join(str(inspect.get_annotations(getattr(hookspecs, hook))) for hook in hooks)
    return {name for name in hub.api.__all__ if re.search(rf"\.{name}\b", said)}


def test_names_came_with_the_hooks_that_use_them() -> None:
    contracts = Hooks(hookspecs, []).contracts
    for since, names in hub.api.CAME_LATER.items():
        assert since in SUPPORTED_APIS[1:]
        assert names <= set(hub.api.__all__)
        before = _named_by(name for name in contracts if not at_most(since, contracts[name].since))
        assert before
        assert not before & names
        assert _named_by(name for name in contracts if contracts[name].since == since) - before <= names


def test_page_names_the_versions() -> None:
    page = read("hooks.md")
    assert f"it has a version of its own: **{API_VERSION}**" in page
    assert re.findall(r'hub_api = "(\d\.\d)"', page).count(API_VERSION) >= len(Hooks(hookspecs, []).contracts)
    assert f'| `hub_api = "{OLDEST_API}"` |' in page
