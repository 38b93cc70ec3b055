"""Logos as they are uploaded: only pictures made of pixels, small ones, and told by their bytes instead of their names."""

import hashlib
import struct
from dataclasses import dataclass

from hub.errors import BadInput, Problem

MAX_BYTES = 256 * 1024
MAX_SIDE = 2000
"""Pixels."""
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of JPEG that hold its size (ITU-T T.81, table B.1)."""


@dataclass(frozen=True)
class Image:
    """A picture that was checked."""

    hash: str
    media_type: str
    width: int
    height: int
    content: bytes


def read_image(content: bytes, place: str = "logo") -> Image:
    """The picture in these bytes. BadInput ``bad_image`` for anything but PNG, JPEG and WebP, and for one that is too large.

    SVG is refused: it may hold scripts, and draw what nobody has seen.
    """
    if len(content) > MAX_BYTES:
        raise _bad(f"is larger than {MAX_BYTES // 1024} KiB", place)
    kind, size = _measure(content)
    if kind is None:
        hint = (
            "is SVG, which may hold scripts: save it as PNG"
            if b"<svg" in content[:1000]
            else "is no PNG, JPEG or WebP"
        )
        raise _bad(hint, place)
    if size is None or not all(0 < side <= MAX_SIDE for side in size):
        raise _bad(f"is damaged, or wider or higher than {MAX_SIDE} pixels", place)
    return Image(hashlib.sha256(content).hexdigest(), kind, *size, content)


def _measure(content: bytes) -> tuple[str | None, tuple[int, int] | None]:
    """Media type, and width and height where they can be read."""
    if content.startswith(_PNG):
        is_whole = content[12:16] == b"IHDR" and len(content) >= 24
        return "image/png", struct.unpack(">II", content[16:24]) if is_whole else None
    if content.startswith(_JPEG):
        return "image/jpeg", _size_of_jpeg(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp", _size_of_webp(content)
    return None, None


def _size_of_jpeg(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, (length,) = content[at + 1], struct.unpack(">H", content[at + 2 : at + 4])
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        if length < 2:
            return None
        at += 2 + length
    return None


def _size_of_webp(content: bytes) -> tuple[int, int] | None:
    """Of the three kinds there are: lossy, lossless and extended (RFC 9649)."""
    kind, body = content[12:16], content[20:]
    if kind == b"VP8X" and len(body) >= 10:
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L" and len(body) >= 5 and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and len(body) >= 10 and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _bad(why: str, place: str) -> BadInput:
    return BadInput("bad_image", f"This logo {why}.", "Use a PNG, JPEG or WebP.", [Problem(why, place)])
