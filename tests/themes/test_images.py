"""Logos are small pictures of pixels, whatever their names say."""

import struct
import zlib

import pytest

from hub.errors import BadInput
from hub.themes.images import MAX_BYTES, read_image


def png(width: int = 120, height: int = 40) -> bytes:
    """A picture of one color."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + b"\x34\x52\xc7" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


JPEG = (
    b"\xff\xd8\xff\xe0\x00\x04JF\xff\xc0\x00\x0b\x08"
    + struct.pack(">HH", 30, 90)
    + b"\x01\x01\x11\x00\xff\xd9"
)
LOSSLESS = (
    b"RIFF\x20\0\0\0WEBPVP8L\x0a\0\0\0\x2f" + ((90 - 1) | (30 - 1) << 14).to_bytes(4, "little") + b"\0" * 5
)
EXTENDED = (
    b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (89).to_bytes(3, "little") + (29).to_bytes(3, "little")
)
LOSSY = b"RIFF\x20\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 90, 30)


@pytest.mark.parametrize(
    ("content", "kind", "size"),
    [
        (png(), "image/png", (120, 40)),
        (JPEG, "image/jpeg", (90, 30)),
        (LOSSLESS, "image/webp", (90, 30)),
        (EXTENDED, "image/webp", (90, 30)),
        (LOSSY, "image/webp", (90, 30)),
    ],
)
def test_pictures_are_told_by_their_bytes(content: bytes, kind: str, size: tuple[int, int]) -> None:
    image = read_image(content)
    assert (image.media_type, (image.width, image.height), len(image.hash)) == (kind, size, 64)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "SVG"),
        (b"GIF89a" + b"\0" * 50, "no PNG"),
        (b"", "no PNG"),
        (png(2001, 1), "wider"),
        (png()[:20], "damaged"),
        (JPEG[:12], "damaged"),
        (b"\xff\xd8\xff\xe0\x00\x00" + b"\0" * 20, "damaged"),
        (LOSSY[:24], "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * MAX_BYTES, "larger"),
    ],
)
def test_everything_else_is_refused_with_a_reason(content: bytes, why: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_image(content, "certificate_logo")
    assert why in refused.value.message
    assert refused.value.problems[0].place == "certificate_logo"
