"""Files of packages, for those who have the key of a session that runs from the package."""

import mimetypes
from dataclasses import dataclass

import sqlalchemy as sa

from hub.errors import Missing
from hub.ids import content_hash
from hub.runtime import Hub
from hub.xapi.cmi5 import tables
from hub.xapi.cmi5.courses import blob_key

_TYPES = {
    ".css": "text/css",
    ".htm": "text/html",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".m4a": "audio/mp4",
    ".mjs": "text/javascript",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".svg": "image/svg+xml",
    ".vtt": "text/vtt",
    ".wasm": "application/wasm",
    ".webm": "video/webm",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xhtml": "application/xhtml+xml",
    ".xml": "application/xml",
}
"""Types that must not depend on the machine the hub runs on."""


@dataclass(frozen=True)
class ContentFile:
    """A file of a package: where it lies, its size in bytes, and what is its content's alone, for an ETag."""

    key: str
    size: int
    etag: str


def find_content(hub: Hub, key: str, name: str) -> ContentFile:
    """A file of the package a session was launched from; Missing ``no_file``, whatever is wrong."""
    table = tables.cmi5_session
    with hub.reading() as uow:
        query = sa.select(table.c.package_hash).where(
            table.c.content_hash == content_hash(key.encode()), table.c.expires_at > uow.now
        )
        package_hash = uow.connection.scalar(query)
    place = blob_key(package_hash, name) if package_hash else ""
    size = hub.blobs.size(place) if place else None
    if size is None:
        raise Missing("no_file", "There is no such file.", "Open the course again from My training.")
    # The hash of a package covers what is in its files, so this changes with the content.
    return ContentFile(place, size, content_hash(place.encode()))


def media_type(name: str) -> str:
    """The media type of a file by its name."""
    suffix = f".{name.rpartition('.')[2].lower()}"
    return _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
