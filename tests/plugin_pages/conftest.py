"""The small network of the web's tests, with a plugin that has pages."""

import dataclasses
from collections.abc import Callable

import pytest

from hub import hookspecs
from hub.hooks import Hooks, Plugin
from hub.runtime import Hub
from tests.web.world import World, build_world

WithPages = Callable[[object], World]


@pytest.fixture
def with_pages(hub: Hub) -> WithPages:
    """``with_pages(Plugin())`` makes the network, with this plugin on under the name ``visits``."""

    def make(plugin: object) -> World:
        hooks = Hooks(hookspecs, [*hub.hooks.plugins, Plugin("visits", "1.0", plugin)])
        return build_world(dataclasses.replace(hub, hooks=hooks))

    return make
