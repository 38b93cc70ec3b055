"""What plugins keep in mind about appointments: facts of the journal, handed back whenever a plugin is asked.

An answer must come from arguments alone, or a replay would get another one. So what somebody decided on a plugin's page reaches
the plugin as an argument: it notes the decision here, and is asked again about that person.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.audiences import tables
from hub.errors import BadInput, Missing
from hub.ids import is_id
from hub.journal import Change, audit, record_changes
from hub.network import tables as network
from hub.store import UnitOfWork

PLUGIN_NOTED = "plugin_noted"
PLUGIN_REMOVED = "plugin_removed"
_OF_PLUGINS = (tables.plugin_note, tables.opinion, tables.asked, tables.audience_plugin, tables.plugin_off)
NOTE_BYTES = 2_000
"""A note is what is decided by, and no place to keep things: for those a plugin has tables."""


def set_notes(
    uow: UnitOfWork, plugin: str, notes: Mapping[str, Mapping[str, Any] | None], actor_id: str | None = None
) -> int:
    """Note something about appointments (by id), instead of what was noted before; None forgets. How many changed.

    What somebody does is audited, too. Missing ``no_appointment``; BadInput ``bad_note`` for what is no JSON object, or too long.
    """
    given = {id: _checked(value) for id, value in notes.items()}
    a = network.appointment
    known = [id for id in given if is_id(id)]
    owners = {
        row.id: row.person_id
        for row in uow.connection.execute(sa.select(a.c.id, a.c.person_id).where(uow.among(a.c.id, known)))
    }
    if given.keys() - owners.keys():
        raise Missing("no_appointment", "There is no such appointment.")
    before = read_notes(uow, plugin, list(given))
    bodies = [
        {
            "plugin": plugin,
            "appointment_id": id,
            "value": value,
            "at": uow.now.isoformat(),
            "by": actor_id,
        }
        for id, value in given.items()
        if before.get(id) != value
    ]
    apply_notes(uow, bodies)
    for body in bodies if actor_id is not None else ():
        audit(uow, PLUGIN_NOTED, body["appointment_id"], actor_id=actor_id, detail={"plugin": plugin})
    record_changes(
        uow,
        [
            Change(
                PLUGIN_NOTED, b["appointment_id"], b, person_id=owners[b["appointment_id"]], actor_id=actor_id
            )
            for b in bodies
        ],
    )
    return len(bodies)


def read_notes(uow: UnitOfWork, plugin: str, appointment_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """What a plugin noted about these appointments, by id."""
    table = tables.plugin_note
    about = uow.among(table.c.appointment_id, appointment_ids)
    rows = uow.connection.execute(
        sa.select(table.c.appointment_id, table.c.value).where(table.c.plugin == plugin, about)
    )
    return {row.appointment_id: row.value for row in rows}


def apply_notes(uow: UnitOfWork, bodies: Sequence[Mapping[str, Any]]) -> None:
    """Write notes as changes of kind ``plugin_noted`` have them; the last about an appointment counts (also used by a rebuild)."""
    table = tables.plugin_note
    last = {(body["plugin"], body["appointment_id"]): body for body in bodies}
    for plugin, appointment_id in last:
        uow.connection.execute(sa.delete(table).filter_by(plugin=plugin, appointment_id=appointment_id))
    uow.execute_many(
        sa.insert(table),
        [
            {
                "plugin": body["plugin"],
                "appointment_id": body["appointment_id"],
                "value": body["value"],
                "noted_at": datetime.fromisoformat(body["at"]),
                "noted_by": body["by"],
            }
            for body in last.values()
            if body["value"] is not None
        ],
    )


def forget_notes(uow: UnitOfWork, appointment_ids: Collection[str]) -> int:
    """Delete what all plugins noted about appointments; how much that was. The journal is the caller's to clear."""
    table = tables.plugin_note
    about = uow.among(table.c.appointment_id, appointment_ids)
    return uow.connection.execute(sa.delete(table).where(about)).rowcount


def apply_removed_plugin(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Take away all that the hub keeps of a plugin as a change of kind ``plugin_removed`` says (also used by a rebuild)."""
    for table in _OF_PLUGINS:
        uow.connection.execute(sa.delete(table).where(table.c.plugin == body["plugin"]))


def _checked(value: Any) -> Any:
    """As JSON gives it back, so that the same note is the same."""
    if value is None:
        return None
    try:
        text = json.dumps(value, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError):
        text = ""
    if not isinstance(value, Mapping) or not text or len(text.encode()) > NOTE_BYTES:
        raise BadInput(
            "bad_note", f"A note is a JSON object of at most {NOTE_BYTES:,} bytes, without texts of people."
        )
    return json.loads(text)
