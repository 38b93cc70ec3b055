"""Deleting the files of deleted statements, after the unit of work that deleted these."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from hub.lifecycle.delete_statements import is_referred_to
from hub.xapi.storing.attachments import blob_key

if TYPE_CHECKING:
    from hub.runtime import Hub

ASIDE = "going"
"""Below this folder a blob lies while it is deleted, as ``going/CONNECTION/SHA2``."""
OLD = timedelta(minutes=10)
"""What is younger may be the copy of somebody who is deleting at this moment."""


def delete_files(hub: "Hub", keys: Iterable[str]) -> int:
    """Delete blobs of attachments, by key, unless a statement has come to refer to one meanwhile; how many are gone.

    Whoever stores the same bytes at this moment looks again after its own unit, as this does after deleting, so one of
    the two sees the other. Between deleting and looking again a copy lies aside: after a kill there, calling this again or
    ``settle_files`` looks again instead.
    OutsideFailed when the blob store does not do its part; what is left is deleted by calling this again.
    """
    gone = 0
    for key in keys:
        _, connection_id, sha2 = key.split("/")
        if not _is_needed(hub, connection_id, sha2):
            content = hub.blobs.get(key)
            if content is not None:
                hub.blobs.put(_aside(connection_id, sha2), content)
                hub.blobs.delete(key)
            gone += _settle(hub, connection_id, sha2, content)
        else:
            _settle(hub, connection_id, sha2, None)
    return gone


def settle_files(hub: "Hub") -> int:
    """End the deletions that were interrupted: put back what is needed; how many copies were aside."""
    before = hub.clock.now() - OLD
    aside = [found.key for found in hub.blobs.list_blobs(ASIDE) if found.modified < before]
    for key in aside:
        _, connection_id, sha2 = key.split("/")
        _settle(hub, connection_id, sha2, None)
    return len(aside)


def _settle(hub: "Hub", connection_id: str, sha2: str, content: bytes | None) -> bool:
    """Look whether deleted bytes are needed after all, and put them back then; whether they are gone."""
    aside = _aside(connection_id, sha2)
    is_needed = _is_needed(hub, connection_id, sha2)
    if is_needed:
        content = hub.blobs.get(aside) if content is None else content
        if content is not None:
            hub.blobs.put(blob_key(connection_id, sha2), content)
    hub.blobs.delete(aside)
    return not is_needed


def _aside(connection_id: str, sha2: str) -> str:
    return f"{ASIDE}/{connection_id}/{sha2}"


def _is_needed(hub: "Hub", connection_id: str, sha2: str) -> bool:
    with hub.reading() as uow:
        return is_referred_to(uow, connection_id, sha2)
