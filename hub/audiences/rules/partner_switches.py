"""Switching plugins off, and on again, for one partner inside the audiences for which they are on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.remote.remote_plugins import is_remote_plugin
from hub.audiences.rules.lock import lock_configuration
from hub.errors import BadInput, Missing
from hub.ids import is_id
from hub.journal import Change, audit, record_changes
from hub.network import tables as network
from hub.network.validity.intervals import Interval, Intervals
from hub.store import UnitOfWork

PARTNER_SWITCHED = "plugin_switched_for_partner"
SWITCHED_HOOKS = ("decide_assignments", "plan_panels")
"""The hooks of subject scope: who implements one of them is switched per audience and per partner."""


def is_switchable(uow: UnitOfWork, plugin: str) -> bool:
    """Whether a plugin can be switched on: it is on in the settings with a hook of subject scope, or runs elsewhere."""
    is_local = any(plugin in uow.hooks.implementers(hook) for hook in SWITCHED_HOOKS)
    return is_local or is_remote_plugin(uow, plugin)


def switch_for_partner(
    uow: UnitOfWork, partner_id: str, plugin: str, *, on: bool, actor_id: str | None = None
) -> bool:
    """Switch a plugin off at a partner's locations, or on again, from now; False when it already was so.

    Raises BadInput ``no_plugin`` for one that cannot be switched on, unless it is off for this partner and comes back; Missing
    ``no_partner``.
    """
    if not is_id(partner_id) or uow.find(network.partner, id=partner_id) is None:
        raise Missing("no_partner", "There is no such partner.")
    lock_configuration(uow)
    table = tables.plugin_off
    mine = (table.c.partner_id == partner_id, table.c.plugin == plugin, table.c.valid_to.is_(None))
    is_off = uow.connection.execute(sa.select(table).where(*mine)).first() is not None
    if not is_off and not is_switchable(uow, plugin):
        raise BadInput(
            "no_plugin", f"No plugin {plugin} that can be switched per partner is on in the settings."
        )
    if is_off != on:
        return False
    body = {"partner_id": partner_id, "plugin": plugin, "on": on, "at": uow.now.isoformat()}
    apply_partner_switch(uow, body)
    record_changes(uow, [Change(PARTNER_SWITCHED, f"{partner_id}/{plugin}", body, actor_id=actor_id)])
    audit(uow, PARTNER_SWITCHED, plugin, actor_id=actor_id, partner_id=partner_id, detail={"on": on})
    return True


def apply_partner_switch(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Begin or end the time in which a plugin is off for a partner, as such a change says (also used by a rebuild)."""
    table, at = tables.plugin_off, datetime.fromisoformat(body["at"])
    mine = sa.and_(table.c.partner_id == body["partner_id"], table.c.plugin == body["plugin"])
    if body["on"]:
        is_open = sa.and_(mine, table.c.valid_to.is_(None))
        uow.connection.execute(sa.delete(table).where(is_open, table.c.valid_from == at))
        uow.connection.execute(sa.update(table).where(is_open).values(valid_to=at))
        return
    uow.insert(table, partner_id=body["partner_id"], plugin=body["plugin"], valid_from=at, valid_to=None)


def read_off_times(uow: UnitOfWork) -> dict[str, dict[str, Intervals]]:
    """When plugins are and were off for partners: by plugin and partner id."""
    found: dict[str, dict[str, list[Interval]]] = {}
    table = tables.plugin_off
    for row in uow.connection.execute(sa.select(table).order_by(table.c.valid_from)):
        times = found.setdefault(row.plugin, {}).setdefault(row.partner_id, [])
        times.append((row.valid_from, row.valid_to))
    return {
        plugin: {partner: tuple(times) for partner, times in by_partner.items()}
        for plugin, by_partner in found.items()
    }
