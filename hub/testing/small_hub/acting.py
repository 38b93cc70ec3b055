"""The plugin API as it was in an older version, for tests of plugins that are to run in such hubs too."""

from collections.abc import Callable

import pytest

import hub.api
from hub.hooks import SUPPORTED_APIS, at_most


def act_as(api: str) -> Callable[[], None]:
    """Let ``hub.api`` offer what it did in this version, until the function that comes back is called.

    UsageError for a version that this hub does not support.
    """
    if api not in SUPPORTED_APIS:
        raise pytest.UsageError(f"--hub-api {api}: this hub supports {' and '.join(SUPPORTED_APIS)}.")
    later = sorted(
        name for since, names in hub.api.CAME_LATER.items() if not at_most(since, api) for name in names
    )
    patch = pytest.MonkeyPatch()
    for name in later:
        patch.delattr(hub.api, name)
    patch.setattr(hub.api, "__all__", [name for name in hub.api.__all__ if name not in later])
    patch.setattr(hub.api, "API_VERSION", api)
    return patch.undo
