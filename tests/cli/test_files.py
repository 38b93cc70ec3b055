"""Files that belong to no statement are found, and deleted when that is asked for."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.journal.tables import audit
from hub.runtime import Hub
from hub.xapi.storing.attachments import blob_key
from hub.xapi.tables import statement_attachment
from tests.cli.conftest import Command


@pytest.fixture
def keys(inside: Hub) -> dict[str, str]:
    """Files of two days ago: one that a statement refers to, one like it of another system, one of a course; and a new one."""
    connection_id, sha2 = new_id(), "a" * 64
    keys = {
        "needed": blob_key(connection_id, sha2),
        "left": blob_key(new_id(), sha2),
        "course": "packages/x/index.html",
        "new": blob_key(connection_id, "b" * 64),
    }
    for name, key in keys.items():
        inside.blobs.put(key, b"x")
        file = (inside.blobs.folder or Path()) / key
        then = (inside.clock.now() - timedelta(days=0 if name == "new" else 2)).timestamp()
        os.utime(file, (then, then))
    with inside.unit_of_work() as uow:
        uow.connection.execute(
            sa.insert(statement_attachment).values(position=1, sha2=sha2, connection_id=connection_id)
        )
    return keys


def test_what_belongs_to_no_statement_is_deleted(
    hub_command: Command, inside: Hub, keys: dict[str, str]
) -> None:
    assert "1 files (0.0 MB) belong to no statement" in hub_command("files", "sweep", "--dry-run").stdout
    assert {found.key for found in inside.blobs.list_blobs()} == set(keys.values())
    assert "Deleted 1 files" in hub_command("files", "sweep").stdout
    assert {found.key for found in inside.blobs.list_blobs()} == set(keys.values()) - {keys["left"]}
    assert "Deleted 0 files" in hub_command("files", "sweep").stdout
    with inside.reading() as uow:
        rows = uow.connection.execute(sa.select(audit).where(audit.c.action == "files_swept")).all()
    assert [row.detail for row in rows] == [{"files": 1}]
