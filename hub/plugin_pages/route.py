"""Where a plugin's pages are, and who may see each: signed in, unless the route says in words why not."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hub.errors import BadInput
from hub.hooks import Hooks, cannot_start
from hub.plugin_data.ownership import NAME
from hub.plugin_pages.page import PageAnswer
from hub.plugin_pages.request import ROLES, Request

HOOK = "register_routes"
METHODS = {"GET", "POST"}
_PATH = re.compile(r"(?:(?:[a-z0-9_-]+|<[a-z_]+>)(?:/|$))*")


@dataclass(frozen=True)
class Route:
    """One page, below ``/plugins/YOUR_NAME/``; ``<word>`` in ``path`` stands for a value, which the request has by that name.

    ``may`` names who gets in: ``learner`` (everybody who is signed in), ``manager`` (``manager:KEY`` in one dimension alone),
    ``partner_admin``, ``operator``. It also says of whom the request tells: nobody else. ``menu`` is the title of a link in the
    menu of these. ``open_because`` lets everybody in without signing in, and says why that is right.
    """

    path: str
    view: Callable[[Request], PageAnswer]
    may: Sequence[str] = ("learner",)
    methods: Sequence[str] = ("GET",)
    menu: str = ""
    open_because: str = ""


@lru_cache(maxsize=8)
def registered_routes(hooks: Hooks) -> dict[str, tuple[Route, ...]]:
    """The routes of every plugin that is on. BadInput ``bad_plugin`` for one that cannot be used."""
    found = {}
    for plugin in hooks.implementers(HOOK):
        register = hooks.implementation(HOOK, plugin)
        assert register is not None  # noqa: S101  (it is among the implementers)
        try:
            routes = tuple(register())
        except Exception as error:
            raise cannot_start(plugin, f"{HOOK} failed: {error}") from error
        problem = _problem(plugin, routes)
        if problem:
            raise cannot_start(plugin, problem)
        found[plugin] = routes
    return found


def _problem(plugin: str, routes: Sequence[object]) -> str:
    if not NAME.fullmatch(plugin):
        return "a plugin with pages has a name of at most 30 letters, digits and _."
    taken: set[tuple[str, str]] = set()
    for route in routes:
        if not isinstance(route, Route):
            return f"{HOOK} answered {type(route).__name__}, not a Route."
        problem = _problem_of(route)
        if problem:
            return f"the route {route.path!r} {problem}"
        shape = re.sub(r"<[a-z_]+>", "<>", route.path)
        if taken & {(shape, method) for method in route.methods}:
            return f"two routes answer {route.path!r}."
        taken |= {(shape, method) for method in route.methods}
    return ""


def _problem_of(route: Route) -> str:
    view: object = route.view  # of any type: nobody checks a plugin's types before it runs
    if not callable(view) or not _PATH.fullmatch(route.path) or not METHODS.issuperset(route.methods):
        return "has no view, or a path or method that cannot be."
    roles = tuple(route.may)
    if not {role.partition(":")[0] for role in roles} <= set(ROLES):
        return f"is for {route.may!r}; roles are {', '.join(ROLES)}."
    if not roles and not route.open_because.strip():
        return "is for nobody: say who may, or in open_because why everybody may."
    if route.menu and "<" in route.path:
        return "cannot stand in a menu: its path has a value."
    return ""


def check_routes(hooks: Hooks) -> None:
    """At start: BadInput ``bad_plugin`` for routes that cannot be used."""
    try:
        registered_routes(hooks)
    except BadInput:
        registered_routes.cache_clear()
        raise
