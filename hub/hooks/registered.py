"""Orders, fences, times and scopes the hook implementations that pluggy registered. Knows no area.

pluggy finds the plugins and checks their signatures. Its plain call stops at the first exception and runs the last
registered first, so the calls are made here, one implementation at a time, in the order of the configuration.
"""

import functools
import threading
import time
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pluggy
from pydantic import BaseModel, ValidationError

from hub.errors import BadInput, OutsideFailed, Problem
from hub.hooks.contract import PROJECT, HookContract
from hub.hooks.plugin import Answer, Failure, Plugin, cannot_start
from hub.hooks.timing import Timing
from hub.hooks.versions import API_VERSION, Deprecation, at_most, check_versions
from hub.logging import get_logger

logger = get_logger(__name__)


@dataclass
class _Timings:
    lock: threading.Lock = field(default_factory=threading.Lock)
    by_hook: dict[tuple[str, str], Timing] = field(default_factory=dict)


class Hooks:
    """Every plugin that is on, in the configured order.

    ``api`` is the version of the plugin API that is offered: of the catalogue, what had come by then. ``deprecations`` are
    the plugins that the next one refuses.
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
        self._found: dict[str, Sequence[tuple[Plugin, Callable[..., Any]]]] = {}
        self._register_all()
        self._timings = _Timings()

    def _implemented(self, instance: object) -> list[str]:
        """Names of the hooks that a plugin marks an answer to, whether or not there are such hooks."""
        marks = ((name, self._manager.parse_hookimpl_opts(instance, name)) for name in dir(instance))
        return [opts["specname"] or name for name, opts in marks if opts is not None]

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
        for plugin, implementation in self._implementations("register_settings"):
            try:
                model: type[BaseModel] = implementation()
                plugin.instance.settings = model.model_validate(tables.get(plugin.name, {}))
            except ValidationError as error:
                problems += [
                    Problem(e["msg"], ".".join(map(str, ("plugin", plugin.name, *e["loc"]))))
                    for e in error.errors()
                ]
            except Exception as error:
                raise cannot_start(plugin.name, f"register_settings failed: {error}") from error
        configured = {plugin.name for plugin, _ in self._implementations("register_settings")}
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
        register = self.implementation("register_settings", plugin_name)
        if register is None:
            return [Problem("takes no settings")] if values else []
        try:
            register().model_validate(values)
        except ValidationError as error:
            return [Problem(e["msg"], ".".join(map(str, e["loc"]))) for e in error.errors()]
        return []

    def implementers(self, hook_name: str) -> list[str]:
        """Names of the plugins that implement a hook, in order."""
        return [plugin.name for plugin, _ in self._implementations(hook_name)]

    def version_of(self, plugin_name: str) -> str | None:
        """The version of a plugin that is on, else None."""
        return next((p.version for p in self.plugins if p.name == plugin_name), None)

    def implementation(self, hook_name: str, plugin_name: str) -> Callable[..., Any] | None:
        """One plugin's implementation of a hook, as it wrote it."""
        return next((f for p, f in self._implementations(hook_name) if p.name == plugin_name), None)

    def ask_first(self, hook_name: str, **arguments: Any) -> Answer | Failure | None:
        """The first answer that is not None. A plugin that raises ends the search where its hook says ``stop``."""
        for plugin, implementation in self._implementations(hook_name):
            result = self._ask(plugin, hook_name, implementation, arguments)
            if isinstance(result, Failure) and self.contracts[hook_name].on_error == "skip":
                continue
            if isinstance(result, Failure) or result.value is not None:
                return result
        return None

    def ask_plugin(self, hook_name: str, plugin_name: str, **arguments: Any) -> Answer | Failure | None:
        """One plugin's answer; None when it does not implement the hook."""
        for plugin, implementation in self._implementations(hook_name):
            if plugin.name == plugin_name:
                return self._ask(plugin, hook_name, implementation, arguments)
        return None

    def show(self, hook_name: str, only: Collection[str], **arguments: Any) -> list[Answer | Failure]:
        """Panels of the named plugins; one that raises leaves a Failure in its place."""
        return [
            self._ask(plugin, hook_name, implementation, arguments)
            for plugin, implementation in self._implementations(hook_name)
            if plugin.name in only
        ]

    def tell(self, hook_name: str, plugin_name: str, **arguments: Any) -> None:
        """Tell one plugin what happened; what it raises reaches the caller, who tries again later."""
        for plugin, implementation in self._implementations(hook_name):
            if plugin.name == plugin_name:
                with self._timed(plugin, hook_name):
                    implementation(**_accepted(implementation, arguments))

    def fetch(self, hook_name: str, plugin_name: str, seconds: float = 60, **arguments: Any) -> Iterator[Any]:
        """Rows of one plugin, outside any unit of work. OutsideFailed ``plugin_slow`` when they take too long."""
        deadline = time.monotonic() + seconds
        for plugin, implementation in self._implementations(hook_name):
            if plugin.name != plugin_name:
                continue
            with self._timed(plugin, hook_name):
                for row in implementation(**_accepted(implementation, arguments)):
                    yield row
                    if time.monotonic() > deadline:
                        raise OutsideFailed(
                            "plugin_slow", f"{plugin_name} took more than {seconds:.0f} s to fetch."
                        )

    def note_error(self, plugin_name: str, hook_name: str, error: str) -> None:
        """Count an answer that cannot be used as an error of its plugin, and show why."""
        logger.error("plugin_answer_unusable", plugin=plugin_name, hook=hook_name, error=error)
        with self._timings.lock:
            timing = self._timings.by_hook.setdefault((plugin_name, hook_name), Timing())
            timing.errors += 1
            timing.last_error = error

    def drain_timings(self) -> dict[tuple[str, str], Timing]:
        """Timings by (plugin, hook) since the last call."""
        with self._timings.lock:
            drained, self._timings.by_hook = self._timings.by_hook, {}
        return drained

    def _ask(
        self, plugin: Plugin, hook_name: str, implementation: Callable[..., Any], arguments: Mapping[str, Any]
    ) -> Answer | Failure:
        try:
            with self._timed(plugin, hook_name):
                value = implementation(**_accepted(implementation, arguments))
                if isinstance(value, Iterator):
                    value = list(value)  # a generator runs here, inside the fence
                return Answer(plugin.name, plugin.version, value)
        except Exception as error:
            logger.exception("plugin_failed", plugin=plugin.name, hook=hook_name)
            return Failure(plugin.name, plugin.version, f"{type(error).__name__}: {error}")

    def _implementations(self, hook_name: str) -> Sequence[tuple[Plugin, Callable[..., Any]]]:
        """Who implements a hook, in order. Looked up once: plugins come and go only with the process."""
        known = self._found.get(hook_name)
        if known is None:
            caller = getattr(self._manager.hook, hook_name)
            by_name = {impl.plugin_name: impl.function for impl in caller.get_hookimpls()}
            known = [(plugin, by_name[plugin.name]) for plugin in self.plugins if plugin.name in by_name]
            self._found[hook_name] = known
        return known

    @contextmanager
    def _timed(self, plugin: Plugin, hook_name: str) -> Iterator[None]:
        started = time.perf_counter()
        problem = ""
        try:
            yield
        except SystemExit as error:
            problem = "SystemExit: a plugin must not end the process"
            raise RuntimeError(problem) from error
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            raise
        finally:
            seconds = time.perf_counter() - started
            with self._timings.lock:
                timing = self._timings.by_hook.setdefault((plugin.name, hook_name), Timing())
                timing.calls += 1
                timing.errors += bool(problem)
                timing.seconds += seconds
                timing.slowest = max(timing.slowest, seconds)
                timing.last_error = problem or timing.last_error


def _accepted(implementation: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Only the arguments the implementation names, as pluggy passes them."""
    return {name: arguments[name] for name in _argument_names(implementation) if name in arguments}


@functools.lru_cache(maxsize=1000)
def _argument_names(implementation: Callable[..., Any]) -> tuple[str, ...]:
    names, optional = pluggy._hooks.varnames(implementation)
    return (*names, *optional)
