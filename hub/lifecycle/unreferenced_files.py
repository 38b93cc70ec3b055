"""Files of attachments that no statement refers to: of requests that were refused, or whose deletion did not come to its end."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.journal import audit
from hub.lifecycle.delete_files import delete_files
from hub.store.blobs import BlobInfo
from hub.xapi.tables import statement_attachment

if TYPE_CHECKING:
    from hub.runtime import Hub

OLD = timedelta(days=1)
"""What is younger may belong to a request that is still on its way."""
_AT_ONCE = 500


def find_unreferenced(hub: "Hub") -> Iterator[BlobInfo]:
    """The files that are older than OLD and belong to no statement. OutsideFailed when the blob store fails."""
    before = hub.clock.now() - OLD
    old = (found for found in hub.blobs.list_blobs("attachments") if found.modified < before)
    while some := list(islice(old, _AT_ONCE)):
        yield from _unreferenced(hub, some)


def sweep_files(hub: "Hub") -> int:
    """Delete them; how many. One audit row says so if there were any."""
    count = delete_files(hub, (found.key for found in find_unreferenced(hub)))
    if count:
        with hub.unit_of_work() as uow:
            audit(uow, "files_swept", detail={"files": count})
    return count


def _unreferenced(hub: "Hub", blobs: Sequence[BlobInfo]) -> list[BlobInfo]:
    table = statement_attachment
    names = {tuple(found.key.split("/")[1:]): found for found in blobs if found.key.count("/") == 2}
    query = sa.select(table.c.connection_id, table.c.sha2).where(
        table.c.sha2.in_(sorted({sha2 for _, sha2 in names}))
    )
    with hub.reading() as uow:
        needed = {(row.connection_id, row.sha2) for row in uow.connection.execute(query)}
    return [found for name, found in names.items() if name not in needed]
