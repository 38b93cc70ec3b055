"""What is kept about one person, handed out as files: the hub's own, and what each plugin keeps."""

import json
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.audiences import tables as audiences
from hub.errors import Conflict
from hub.journal import audit
from hub.lifecycle.find_mentions import find_mentions
from hub.lifecycle.subject import Subject
from hub.network.people.merges import absorbed_ids
from hub.network.people.person import read_appointments, read_person
from hub.network.tables import connection, identity_link
from hub.plugin_data.personal_data import export_from_plugins, personal_data_of
from hub.training.my_training.plan import read_plan

if TYPE_CHECKING:
    from hub.runtime import Hub
    from hub.store import UnitOfWork

PERSON, STATEMENTS = "person.json", "statements.ndjson"


def export_person(hub: "Hub", subject: Subject, person_id: str, folder: Path) -> dict[str, int]:
    """Write PERSON and STATEMENTS into ``folder``; how many records of what. Plugins are asked first: who raises stops it all.

    The statements are those whose actor the person is, as they were sent. Conflict ``already_there`` where a file is in the way.
    """
    for name in (PERSON, STATEMENTS):
        if (folder / name).exists():
            raise Conflict("already_there", f"{folder / name} is there already.", "Choose another folder.")
    with hub.reading() as uow:
        people = [person_id, *absorbed_ids(uow, person_id)]
    rows = export_from_plugins(hub, people)
    folder.mkdir(parents=True, exist_ok=True)
    with hub.reading() as uow:
        document = _document(uow, person_id, people)
        document["plugins"] = {
            plugin.name: {
                "keeps": [asdict(each) for each in personal_data_of(hub.hooks, plugin.name) or ()],
                "records": rows.get(plugin.name, []),
            }
            for plugin in hub.hooks.plugins
            if plugin.name in rows or personal_data_of(hub.hooks, plugin.name)
        }
        statements = _write_statements(uow, subject, folder / STATEMENTS)
    with _opened(folder / PERSON) as file:
        file.write(json.dumps(document, indent=2, ensure_ascii=False, default=_plain).encode() + b"\n")
    with hub.unit_of_work() as uow:
        audit(uow, "person_exported", person_id, detail={"plugins": sorted(rows)})
    return {
        "statements": statements,
        **{f"records of {plugin}": len(found) for plugin, found in rows.items()},
    }


def _document(uow: "UnitOfWork", person_id: str, people: list[str]) -> dict[str, Any]:
    person, link, plan = read_person(uow, person_id), identity_link, read_plan(uow, person_id)
    names = uow.connection.execute(
        sa.select(connection.c.slug, link.c.form, link.c.subject)
        .join(connection, connection.c.id == link.c.connection_id)
        .where(link.c.person_id == person_id)
        .order_by(connection.c.slug, link.c.form, link.c.subject)
    )
    appointments = [each for id in people for each in read_appointments(uow, id, every=True)]
    note = audiences.plugin_note
    about = uow.among(note.c.appointment_id, [each.id for each in appointments])
    columns = (note.c.plugin, note.c.appointment_id, note.c.value, note.c.noted_at)
    notes = uow.connection.execute(sa.select(*columns).where(about).order_by(*columns[:2]))
    return {
        "person": {**asdict(person), "roles": sorted(person.roles)},
        "known_as": [dict(row._mapping) for row in names],
        "appointments": [asdict(each) for each in appointments],
        "training": [asdict(line) for line in (*plan.open, *plan.done)],
        "notes_of_plugins": [dict(row._mapping) for row in notes],
    }


def _write_statements(uow: "UnitOfWork", subject: Subject, path: Path) -> int:
    written, after = 0, 0
    with _opened(path) as file:
        while True:
            found = find_mentions(uow, subject, after)
            for row in found.own:
                file.write(bytes(row.payload).replace(b"\n", b" ") + b"\n")
            written += len(found.own)
            if found.last is None:
                return written
            after = found.last


def _opened(path: Path) -> Any:
    """For its owner's eyes alone."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value)
