"""What setting a plugin aside, or taking it back, is about: said before anybody does it. Reads only."""

from dataclasses import dataclass

from hub.access.reach import OPERATOR
from hub.audiences.assigning.unasked import list_unasked
from hub.audiences.told.sizes import read_size
from hub.audiences.views import list_switches
from hub.config import Settings
from hub.errors import Missing
from hub.hooks import Hooks
from hub.journal.aside import Aside, list_aside, not_aside
from hub.journal.views import Undelivered, count_deliveries_to
from hub.plugin_data.remove import TELLINGS
from hub.plugin_views.installed import list_not_on
from hub.store import UnitOfWork


@dataclass(frozen=True)
class AsidePlan:
    """``waiting`` deliveries are for the plugin, and it decides for so many people of ``audiences`` by key.

    ``missed``: it could not be asked about some of them, and is asked again once it is back.
    """

    aside: Aside | None
    waiting: int
    audiences: tuple[tuple[str, int], ...]
    missed: bool


def check_there(hooks: Hooks, settings: Settings, plugin: str) -> None:
    """Missing ``no_plugin`` for a name that no plugin has, on or not."""
    if hooks.version_of(plugin) is None and plugin not in {
        each.name for each in list_not_on(hooks, settings)
    }:
        raise Missing("no_plugin", f"There is no plugin {plugin}.", "`hub plugins` lists those there are.")


def plan_aside(uow: UnitOfWork, plugin: str) -> AsidePlan:
    """What ``set_plugin_aside`` holds up from then on."""
    on = [each.key for each in list_switches(uow) if plugin in each.on_since]
    return AsidePlan(
        next((each for each in list_aside(uow) if each.plugin == plugin), None),
        count_deliveries_to(uow, TELLINGS).get(plugin, Undelivered(0, 0)).waiting,
        tuple((key, read_size(uow, OPERATOR, key).people or 0) for key in on),
        plugin in list_unasked(uow),
    )


def plan_taking_back(uow: UnitOfWork, plugin: str) -> AsidePlan:
    """What ``take_plugin_back`` lets go on. Missing ``plugin_not_aside`` as there."""
    plan = plan_aside(uow, plugin)
    if plan.aside is None:
        raise not_aside(plugin)
    return plan
