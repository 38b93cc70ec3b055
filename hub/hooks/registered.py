"""The plugins that are on: in their order, checked at the start, and asked by the areas.

pluggy finds the plugins and checks their signatures. Its plain call stops at the first exception and runs the last
registered first, so the calls are made here, one implementation at a time, in the order of the configuration.
"""

import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

import pluggy
from pydantic import BaseModel, ValidationError

from hub.errors import BadInput, Problem
from hub.hooks.aloof import ask_aloof
from hub.hooks.contract import PROJECT, HookContract
from hub.hooks.implementation import Implementation
from hub.hooks.plugin import Answer, Failure, Plugin, cannot_start
from hub.hooks.rendering import LONGEST, mask, secrets_in, words_of
from hub.hooks.timing import Timing
from hub.hooks.versions import API_VERSION, Deprecation, at_most, check_versions
from hub.hooks.watch import is_watched
from hub.logging import get_logger

logger = get_logger(__name__)


class Hooks:
    """Every plugin that is on, in the configured order.

    ``api`` is the version of the plugin API that is offered: of the catalogue, what had come by then; nobody implements the
    rest. ``deprecations`` are the plugins that the next one refuses.
    """

    def __init__(self, catalogue: ModuleType, plugins: Sequence[Plugin], api: str = API_VERSION) -> None:
        self.plugins = tuple(plugins)
        self._manager = pluggy.PluginManager(PROJECT)
        functions = {
            name: function for name, function in vars(catalogue).items() if hasattr(function, "hub_contract")
        }
        every: dict[str, HookContract] = {name: f.hub_contract for name, f in functions.items()}
        self.contracts = {name: contract for name, contract in every.items() if at_most(contract.since, api)}
        offered = ModuleType(catalogue.__name__)
        vars(offered).update((name, functions[name]) for name in self.contracts)
        self._manager.add_hookspecs(offered)
        implemented = {plugin.name: self._implemented(plugin.instance) for plugin in self.plugins}
        self.deprecations: Sequence[Deprecation] = check_versions(self.plugins, implemented, every, api)
        for deprecation in self.deprecations:
            logger.warning(
                "hook_deprecated",
                plugin=deprecation.plugin,
                hook=deprecation.hook,
                instead=deprecation.successor,
            )
            warnings.warn(str(deprecation), DeprecationWarning, stacklevel=2)
        self._register_all()
        self._implementations: Mapping[str, Sequence[Implementation]] = {
            name: self._implementations_of(name) if name in self.contracts else () for name in every
        }

    def _implemented(self, instance: object) -> dict[str, bool]:
        """Names of the hooks that a plugin marks an answer to, whether or not there are such hooks; whether it can do without."""
        marks = ((name, self._manager.parse_hookimpl_opts(instance, name)) for name in dir(instance))
        return {opts["specname"] or name: opts["optionalhook"] for name, opts in marks if opts is not None}

    def _register_all(self) -> None:
        for plugin in self.plugins:
            try:
                self._manager.register(plugin.instance, name=plugin.name)
            except Exception as error:
                raise cannot_start(plugin.name, str(error)) from error
            self._refuse_other_orders(plugin)
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise cannot_start(self._manager.get_name(error.plugin) or "?", str(error)) from error

    def _refuse_other_orders(self, plugin: Plugin) -> None:
        for caller in self._manager.get_hookcallers(plugin.instance) or ():
            mine = [impl for impl in caller.get_hookimpls() if impl.plugin is plugin.instance]
            if len(mine) > 1:
                raise cannot_start(plugin.name, f"it implements {caller.name} more than once.")
            if any(impl.tryfirst or impl.trylast or impl.wrapper or impl.hookwrapper for impl in mine):
                raise cannot_start(
                    plugin.name,
                    f"{caller.name} asks for a place of its own; the order is that of the settings.",
                )

    def configure(self, tables: Mapping[str, Mapping[str, Any]]) -> None:
        """Validate each plugin's settings with the model it registered, all problems at once, and hand them over."""
        problems = []
        takers = [each.plugin for each in self._implementations["register_settings"]]
        for plugin in takers:
            try:
                model = self._settings_model(plugin.name)
                plugin.instance.settings = model.model_validate(tables.get(plugin.name, {}))
            except ValidationError as error:
                problems += [
                    Problem(e["msg"], ".".join(map(str, ("plugin", plugin.name, *e["loc"]))))
                    for e in error.errors()
                ]
            except BadInput:
                raise
            except Exception as error:
                raise cannot_start(plugin.name, f"register_settings failed: {error}") from error
        configured = {plugin.name for plugin in takers}
        problems += [
            Problem("no plugin of this name that is on takes settings", f"plugin.{name}")
            for name in tables
            if name not in configured
        ]
        if problems:
            raise BadInput(
                "bad_plugin_settings", "The settings of plugins cannot be used.", problems=problems
            )

    def check_settings(self, plugin_name: str, values: Mapping[str, Any]) -> list[Problem]:
        """What a plugin's model says against such settings; places are names of its fields. [] for good ones, or none."""
        if plugin_name not in self.implementers("register_settings"):
            return [Problem("takes no settings")] if values else []
        try:
            self._settings_model(plugin_name).model_validate(values)
        except ValidationError as error:
            return [Problem(e["msg"], ".".join(map(str, e["loc"]))) for e in error.errors()]
        except Exception as error:  # noqa: BLE001  (a model may run anything to check a value)
            return [Problem(f"could not be checked: {words_of(error, secrets_in(values))}")]
        return []

    def implementers(self, hook_name: str) -> list[str]:
        """Names of the plugins that implement a hook, in order."""
        return [each.name for each in self._implementations[hook_name]]

    def version_of(self, plugin_name: str) -> str | None:
        """The version of a plugin that is on, else None."""
        return next((p.version for p in self.plugins if p.name == plugin_name), None)

    def implementation(self, hook_name: str, plugin_name: str) -> Callable[..., Any] | None:
        """One plugin's implementation of a hook, as it wrote it."""
        return next((i.function for i in self._implementations[hook_name] if i.name == plugin_name), None)

    def ask_first(
        self, hook_name: str, anew: Callable[[], Mapping[str, Any]] | None = None, **arguments: Any
    ) -> Answer | Failure | None:
        """The first answer that is not None. A plugin that raises ends the search where its hook says ``stop``.

        ``anew`` makes the arguments once more, for each plugin after the first: then none gets what another has changed.
        """
        for each in self._implementations[hook_name]:
            result = each.ask(arguments)
            if isinstance(result, Failure):
                if each.contract.on_error != "skip":
                    return result
            elif result.value is not None:
                return result
            if anew is not None:
                arguments = dict(anew())
        return None

    def ask_plugin(self, hook_name: str, plugin_name: str, **arguments: Any) -> Answer | Failure | None:
        """One plugin's answer; None when it does not implement the hook."""
        for each in self._implementations[hook_name]:
            if each.name == plugin_name:
                return each.ask(arguments)
        return None

    def show(self, hook_name: str, only: Collection[str], **arguments: Any) -> list[Answer | Failure]:
        """Panels of the named plugins; one that raises, or holds the page up, leaves a Failure in its place."""
        return self.show_each(hook_name, dict.fromkeys(only, arguments))

    def show_each(self, hook_name: str, asked: Mapping[str, Mapping[str, Any]]) -> list[Answer | Failure]:
        """The same of plugins by name, each asked with its own arguments; in the order of the plugins."""
        calls = [(each, asked[each.name]) for each in self._implementations[hook_name] if each.name in asked]
        if not is_watched():
            return [implementation.ask(arguments) for implementation, arguments in calls]
        return ask_aloof(calls)

    def tell(self, hook_name: str, plugin_name: str, **arguments: Any) -> None:
        """Tell one plugin what happened; what it raises reaches the caller, who tries again later."""
        for each in self._implementations[hook_name]:
            if each.name == plugin_name:
                each.tell(arguments)

    def run(
        self,
        hook_name: str,
        plugin_name: str,
        function: Callable[..., Any],
        seconds: float,
        passes: tuple[type[Exception], ...] = (),
        **arguments: Any,
    ) -> Any:
        """What a function answers that one plugin handed over for a hook, such as the view of a page.

        It is fenced, timed and watched like the hook. What it raises is raised; errors that pass are none of its failures.
        """
        for each in self._implementations[hook_name]:
            if each.name == plugin_name:
                return each.run(function, arguments, seconds, passes)
        raise LookupError(f"{plugin_name} does not implement {hook_name}")

    def fetch(self, hook_name: str, plugin_name: str, seconds: float = 60, **arguments: Any) -> Iterator[Any]:
        """Rows of one plugin, outside any unit of work. OutsideFailed ``plugin_slow`` when they take too long."""
        for each in self._implementations[hook_name]:
            if each.name == plugin_name:
                yield from each.rows(arguments, seconds)

    def set_aside(self, reasons: Mapping[str, str]) -> None:
        """From now on call none of these plugins, and all others: each call of one fails with its reason.

        What they registered when the hub started stays.
        """
        for found in self._implementations.values():
            for each in found:
                if each.contract.shape != "register":
                    each.aside = reasons.get(each.name, "")

    def is_aside(self, plugin_name: str) -> bool:
        """Whether this process does not call a plugin because it is set aside."""
        return any(
            each.aside
            for found in self._implementations.values()
            for each in found
            if each.name == plugin_name
        )

    def grown(self) -> list[tuple[str, str, int]]:
        """Plugin, hook and by how many bytes the process grew in its calls since it began; the largest first."""
        every = [(i.name, i.hook, i.grown_bytes()) for found in self._implementations.values() for i in found]
        return sorted((each for each in every if each[2]), key=lambda each: -each[2])

    def note_error(self, plugin_name: str, hook_name: str, error: str) -> None:
        """Count an answer that cannot be used as an error of its plugin, and show why."""
        words = mask(error[: 8 * LONGEST])[:LONGEST]
        logger.error("plugin_answer_unusable", plugin=plugin_name, hook=hook_name, error=words)
        for each in self._implementations[hook_name]:
            if each.name == plugin_name:
                each.note_error(words)

    def drain_timings(self) -> dict[tuple[str, str], Timing]:
        """Timings by (plugin, hook) since the last call."""
        drained = {
            (each.name, each.hook): each.drain() for found in self._implementations.values() for each in found
        }
        return {key: timing for key, timing in drained.items() if timing is not None}

    def _settings_model(self, plugin_name: str) -> type[BaseModel]:
        answer = self.ask_plugin("register_settings", plugin_name)
        if not isinstance(answer, Answer):
            raise cannot_start(plugin_name, f"register_settings failed: {answer.error if answer else ''}")
        if not (isinstance(answer.value, type) and issubclass(answer.value, BaseModel)):
            raise cannot_start(
                plugin_name, "register_settings answered something that is no model of settings."
            )
        return answer.value

    def _implementations_of(self, hook_name: str) -> list[Implementation]:
        """Who implements a hook, in order. Plugins come and go only with the process."""
        caller = getattr(self._manager.hook, hook_name)
        assert caller.spec is not None  # noqa: S101  (every hook of the contracts is in the catalogue)
        by_name = {impl.plugin_name: impl.function for impl in caller.get_hookimpls()}
        return [
            Implementation(
                plugin, hook_name, self.contracts[hook_name], by_name[plugin.name], caller.spec.argnames
            )
            for plugin in self.plugins
            if plugin.name in by_name
        ]
