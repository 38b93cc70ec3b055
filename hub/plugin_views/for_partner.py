"""What the admins of a partner are told of plugins: which take part in their people's training. Nothing of others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.audiences.views import list_partners_off, list_switches, switchable_plugins
from hub.plugin_views.overview import summary_of
from hub.store import UnitOfWork


@dataclass(frozen=True)
class PartnerPlugin:
    """A plugin that is on for somebody; ``off_since`` where it is off for this partner. One that runs elsewhere has no summary."""

    name: str
    summary: str
    off_since: datetime | None


def list_for_partner(uow: UnitOfWork, partner_id: str) -> Sequence[PartnerPlugin]:
    """The plugins that are switched, and on for any audience, in their order."""
    on = {name for audience in list_switches(uow) for name in audience.on_since}
    off = list_partners_off(uow)
    summaries = {plugin.name: summary_of(plugin) for plugin in uow.hooks.plugins}
    return [
        PartnerPlugin(
            name,
            summaries.get(name, ""),
            next((one.since for one in off.get(name, ()) if one.partner_id == partner_id), None),
        )
        for name in switchable_plugins(uow)
        if name in on
    ]
