"""Audiences and the plugins that are switched for them, for the admin pages. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.assigning.opinions import HOOK as OPINIONS
from hub.audiences.panels import HOOK as PANELS
from hub.audiences.profiles.profile import WORKFLOW
from hub.audiences.remote.remote_plugins import PREFIX, remote_names
from hub.store import UnitOfWork


@dataclass(frozen=True)
class AudienceSwitches:
    """An audience, since when which plugins are on for it, and the modes by which people come into it: none for all."""

    key: str
    name: str
    on_since: Mapping[str, datetime]
    provisioning: Sequence[str]


def switchable_plugins(uow: UnitOfWork) -> list[str]:
    """Names of the plugins that are switched per audience, in their order."""
    remote = (PREFIX + name for name in remote_names(uow))
    return list(dict.fromkeys([*uow.hooks.implementers(OPINIONS), *uow.hooks.implementers(PANELS), *remote]))


def list_switches(uow: UnitOfWork) -> list[AudienceSwitches]:
    """Every audience with the plugins that are on for it now."""
    audience, switch = tables.audience, tables.audience_plugin
    on_since: dict[str, dict[str, datetime]] = {}
    for row in uow.connection.execute(sa.select(switch).where(switch.c.valid_to.is_(None))):
        if not row.plugin.startswith(WORKFLOW):
            on_since.setdefault(row.audience, {})[row.plugin] = row.valid_from
    columns = (audience.c.key, audience.c.name, audience.c.provisioning)
    rows = uow.connection.execute(sa.select(*columns).order_by(audience.c.name))
    return [
        AudienceSwitches(row.key, row.name, on_since.get(row.key, {}), tuple(row.provisioning))
        for row in rows
    ]
