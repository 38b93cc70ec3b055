"""The small network of the hooks' tests, for plugins that keep something."""

from tests.hooks.conftest import world_with

__all__ = ["world_with"]
