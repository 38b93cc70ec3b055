"""Statements with the bytes of their attachments, as multipart/mixed (xAPI 1.0.3 Communication 1.5.2 and 2.1.3)."""

import secrets
from collections.abc import Iterator, Sequence

import flask

from hub.errors import OutsideFailed
from hub.logging import get_logger
from hub.store.blobs import BlobStore
from hub.xapi.storing.attachments import StoredFile
from hub.xapi.storing.sent import HASH

logger = get_logger(__name__)


def multipart_answer(json: bytes, files: Sequence[StoredFile], blobs: BlobStore) -> flask.Response:
    """The statements as the first part, then each file. What is sent is read while it is sent, a piece at a time.

    OutsideFailed ``blob_lost``, before anything is sent, when the blob store does not have a file.
    """
    boundary = secrets.token_hex(16)
    first = _head(boundary, "Content-Type: application/json") + json
    heads = [_file_head(boundary, file) for file in files]
    last = f"\r\n--{boundary}--\r\n".encode()
    sizes = [_size(blobs, file) for file in files]

    def pieces() -> Iterator[bytes]:
        yield first[2:]
        for head, file in zip(heads, files, strict=True):
            yield head
            yield from blobs.chunks(file.key)
        yield last

    answer = flask.Response(pieces(), content_type=f"multipart/mixed; boundary={boundary}")
    answer.content_length = len(first) - 2 + sum(map(len, heads)) + sum(sizes) + len(last)
    return answer


def _file_head(boundary: str, file: StoredFile) -> bytes:
    return _head(
        boundary,
        f"Content-Type: {file.content_type}",
        "Content-Transfer-Encoding: binary",
        f"{HASH}: {file.hash}",
    )


def _head(boundary: str, *headers: str) -> bytes:
    return "\r\n".join(["", f"--{boundary}", *headers, "", ""]).encode()


def _size(blobs: BlobStore, file: StoredFile) -> int:
    size = blobs.size(file.key)
    if size is None:
        logger.error("attachment_lost", key=file.key)
        raise OutsideFailed(
            "blob_lost",
            f"The bytes of the attachment {file.sha2} are gone from the store's files.",
            "Ask without attachments=true, and tell the hub's administrators to restore it from a backup.",
            retryable=False,
        )
    return size
