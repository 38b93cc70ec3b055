"""Bytes that are too large for the database: attachments and course packages, in a folder or in S3.

What lies under a key never changes: keys are made of what is stored (a SHA-2) or of an id that is used once. So a blob
is put before the unit of work that refers to it commits; what a failed unit leaves behind harms nobody.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, S3Store

from hub.config import Settings
from hub.errors import OutsideFailed
from hub.ids import random_id

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import ObjectStore

CHUNK = 256 * 1024
"""Bytes read at a time."""
_PATIENCE = timedelta(seconds=20)


@dataclass(frozen=True)
class BlobInfo:
    """A stored blob: its key, its size in bytes, and since when it lies there (aware UTC)."""

    key: str
    size: int
    modified: datetime


class BlobStore:
    """Where blobs lie. Keys are relative paths such as ``attachments/ID/SHA2``. Threads may share it.

    Every method raises OutsideFailed ``blob_store_failed`` when the folder or the service does not do its part.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._named: set[Path] = set()
        """Folders whose names the disk has, and the names of those above them."""

    @property
    def folder(self) -> Path | None:
        """The folder, if it is one."""
        parts = urlsplit(self._settings.storage_url)
        return Path(parts.path) if parts.scheme == "file" else None

    @property
    def place(self) -> str:
        """Where blobs lie, for people."""
        return str(self.folder or self._settings.storage_url)

    def put(self, key: str, content: bytes | memoryview) -> bool:
        """Store a blob for good, unless there is one under this key: then it stays, and the answer is False.

        When it returns, the bytes are on disk, whoever wrote them.
        """
        with self._explained():
            created = self._create(key, content)
            if not created and self.folder is not None and self._is_torn(key, content):
                obstore.put(self._store, key, memoryview(content), mode="overwrite")
            if self.folder is not None:
                self._sync(self.folder / key)
        return created

    def get(self, key: str) -> bytes | None:
        """All bytes of a blob; None when there is none."""
        with self._explained():
            try:
                return bytes(obstore.get(self._store, key).bytes())
            except FileNotFoundError:
                return None

    def chunks(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes of a blob, some at a time: all, or those from ``start`` up to but not including ``stop``.

        The part must begin within the blob and must not be empty. OutsideFailed ``blob_lost`` when there is no blob.
        """
        part: GetOptions = {}
        if stop is not None:
            part["range"] = (start, stop)
        elif start:
            part["range"] = {"offset": start}
        with self._explained():
            try:
                for chunk in obstore.get(self._store, key, options=part).stream(min_chunk_size=CHUNK):
                    yield bytes(chunk)
            except FileNotFoundError:
                raise OutsideFailed(
                    "blob_lost",
                    "A file that was stored is gone.",
                    "Restore it from a backup.",
                    retryable=False,
                ) from None

    def size(self, key: str) -> int | None:
        """How many bytes a blob has; None when there is none."""
        with self._explained():
            try:
                return int(obstore.head(self._store, key)["size"])
            except FileNotFoundError:
                return None

    def delete(self, key: str) -> None:
        """Take a blob away; nothing happens when there is none."""
        with self._explained():
            try:
                obstore.delete(self._store, key)
            except FileNotFoundError:
                return

    def list_blobs(self, prefix: str = "") -> Iterator[BlobInfo]:
        """Every blob whose key begins with ``prefix`` (whole folders: ``attachments``), in no order."""
        with self._explained():
            if self.folder is not None and not self.folder.is_dir():
                return
            for batch in obstore.list(self._store, prefix or None):
                for found in batch:
                    yield BlobInfo(found["path"], found["size"], found["last_modified"])

    def check(self) -> None:
        """Write, read and delete a blob of a few bytes; OutsideFailed when that does not work."""
        key, content = f"checks/{random_id()}", b"written by hub doctor"
        self.put(key, content)
        read = self.get(key)
        self.delete(key)
        if read != content:
            raise OutsideFailed("blob_store_failed", f"{self.place} gave back other bytes than were written.")

    @cached_property
    def _store(self) -> "ObjectStore":
        """Made at the first use: a command that stores nothing makes no folder and needs no credentials."""
        settings = self._settings
        if self.folder is not None:
            folder = self.folder.resolve()
            new = [folder, *(above for above in folder.parents if not above.exists())]
            store = LocalStore(folder, mkdir=True)
            for made in new:
                _fsync(made.parent)
            return store
        secrets = {
            "access_key_id": settings.storage_key.get_secret_value(),
            "secret_access_key": settings.storage_secret.get_secret_value(),
            "region": settings.storage_region,
            "endpoint": settings.storage_endpoint,
        }
        return S3Store.from_url(
            settings.storage_url,
            config={name: value for name, value in secrets.items() if value},  # type: ignore[arg-type]
            client_options={
                "timeout": _PATIENCE,
                "allow_http": settings.storage_endpoint.startswith("http://"),
            },
            retry_config={"max_retries": 3, "retry_timeout": _PATIENCE},
        )

    def _create(self, key: str, content: bytes | memoryview) -> bool:
        try:
            obstore.put(self._store, key, memoryview(content), mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        return True

    def _is_torn(self, key: str, content: bytes | memoryview) -> bool:
        """Whether a machine that lost power wrote only some of it."""
        return self.size(key) != memoryview(content).nbytes

    def _sync(self, file: Path) -> None:
        """Let the disk have a file and its name, and once the name of each folder on the way to it."""
        _fsync(file)
        _fsync(file.parent)
        new: list[Path] = []
        for folder in (file.parent, *file.parent.parents):
            if folder == self.folder or folder in self._named:
                break
            _fsync(folder.parent)
            new.append(folder)
        self._named.update(new)  # all at once: other threads stop at the first they find here

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            # The first line alone: the rest is for whoever debugs the library.
            reason = str(error).strip().partition("\n")[0]
            raise OutsideFailed(
                "blob_store_failed",
                f"Files cannot be stored or read in {self.place}: {reason}",
                "Check storage_url, and that there is room and the right to write; `hub doctor` tries it.",
            ) from error


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
