"""The version of the plugin API: which plugins fit this hub, and the sentence that mends one that does not.

A minor version adds hooks and arguments, and may deprecate a hook; a major one may take them away. A plugin says the oldest
that it needs: ``hub_api = "1.1"`` in its class. What came later it answers with ``@hookimpl(optionalhook=True)``: where there
is such a hook it is asked, and it does without where there is none.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hub.errors import BadInput, Problem
from hub.hooks.contract import HookContract
from hub.hooks.plugin import Plugin, cannot_start

SUPPORTED_APIS = ("1.0", "1.1")
"""Every version that a plugin may have been written for, the oldest first."""
OLDEST_API, API_VERSION = SUPPORTED_APIS[0], SUPPORTED_APIS[-1]


@dataclass(frozen=True)
class Deprecation:
    """A plugin that implements a hook which the next minor version refuses."""

    plugin: str
    hook: str
    since: str
    successor: str
    gone: str

    def __str__(self) -> str:
        return (
            f"The plugin {self.plugin} implements {self.hook}, which is deprecated since plugin API {self.since} "
            f"and refused by {self.gone}: implement {self.successor} instead."
        )


def parse_version(text: object) -> tuple[int, int] | None:
    """Major and minor; None for anything else than two numbers with a dot between them."""
    if isinstance(text, str) and re.fullmatch(r"\d{1,4}\.\d{1,4}", text, re.ASCII):
        major, minor = text.split(".")
        return int(major), int(minor)
    return None


def at_most(since: str, api: str) -> bool:
    """Whether what came with ``since`` is there in ``api``."""
    return _numbers(since) <= _numbers(api)


def check_versions(
    plugins: Sequence[Plugin],
    implemented: Mapping[str, Mapping[str, bool]],
    contracts: Mapping[str, HookContract],
    api: str,
) -> list[Deprecation]:
    """Refuse plugins that do not fit, all at once; BadInput ``bad_plugin``. What will not fit for long is given back.

    ``implemented`` are the names of the hooks that each plugin implements, each with whether it can do without, ``contracts``
    those of the whole catalogue.
    """
    problems = []
    deprecations = []
    for plugin in plugins:
        said = getattr(plugin.instance, "hub_api", None)
        reason = _misfit(said, api)
        reasons = (
            [reason]
            if reason
            else list(_too_new_or_gone(str(said), implemented[plugin.name], contracts, api))
        )
        problems += [Problem(reason, plugin.name) for reason in reasons]
        deprecations += [
            Deprecation(plugin.name, name, deprecated.since, deprecated.successor, deprecated.gone)
            for name in implemented[plugin.name]
            if name in contracts
            and (deprecated := contracts[name].deprecated)
            and at_most(deprecated.since, api)
        ]
    if len(problems) == 1:
        raise cannot_start(problems[0].place, problems[0].message)
    if problems:
        raise BadInput(
            "bad_plugin", "Plugins cannot be used:", "Correct them or take them off the list.", problems
        )
    return deprecations


def _misfit(said: object, api: str) -> str | None:
    """What is wrong with the version that a plugin says, and what mends it."""
    if said is None:
        return f'it does not say for which plugin API it was written: add hub_api = "{api}" to its class.'
    version = parse_version(said)
    if version is None:
        return f'it says hub_api = {said!r:.40}, which is no version: write major and minor, as in hub_api = "{api}".'
    if version[0] > _numbers(api)[0]:
        return (
            f'it says hub_api = "{said}", and this hub offers {api}: install a hub that offers {version[0]}.x, '
            f"or a release of the plugin for {_numbers(api)[0]}.x."
        )
    if version > _numbers(api):
        return (
            f'it says hub_api = "{said}", and this hub offers {api}: update the hub, '
            f'or write hub_api = "{api}" if it needs nothing newer.'
        )
    if version < _numbers(OLDEST_API):
        return (
            f'it says hub_api = "{said}", and the oldest that this hub supports is {OLDEST_API}: install a newer release '
            f'of the plugin, or adapt it to docs/hooks.md and write hub_api = "{api}".'
        )
    return None


def _too_new_or_gone(
    said: str, implemented: Mapping[str, bool], contracts: Mapping[str, HookContract], api: str
) -> Iterator[str]:
    for name, can_do_without in implemented.items():
        contract = contracts.get(name)
        if contract is None:
            continue  # no hook at all, which pluggy tells best
        if not at_most(contract.since, said) and not can_do_without:
            cure = "write" if at_most(contract.since, api) else "update the hub and write"
            yield (
                f'it says hub_api = "{said}" and implements {name}, which came with {contract.since}: '
                f'{cure} hub_api = "{contract.since}".'
            )
        deprecated = contract.deprecated
        if deprecated and _numbers(deprecated.since) < _numbers(api):
            yield (
                f"it implements {name}, which was deprecated in {deprecated.since} and is gone from {api}: "
                f"implement {deprecated.successor} instead."
            )


def _numbers(text: str) -> tuple[int, int]:
    version = parse_version(text)
    if version is None:
        raise ValueError(f"{text} is no version of the plugin API")
    return version
