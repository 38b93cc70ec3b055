"""How many entries a zip file has, before anything takes them apart: a list of a million takes minutes to read."""

import struct

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_ENTRY = b"PK\x01\x02"
_LONGEST_COMMENT = 0xFFFF


def count_entries(content: bytes) -> int:
    """At least as many as a reader of the file would find, 0 when it is no zip file.

    Read from the record at the end of the central directory, the one of the 64-bit format included (APPNOTE 4.3.14, 4.3.16).
    What it says may be untrue, so that the entries that begin in the directory count as well.
    """
    at = _find_end(content)
    if at < 0:
        return 0
    _, _, _, _, told, size, _, _ = _END.unpack_from(content, at)
    at_64 = at - _LOCATOR_64.size - _END_64.size
    if at_64 >= 0 and content[at - _LOCATOR_64.size :].startswith(b"PK\x06\x07"):
        found = _END_64.unpack_from(content, at_64)
        if found[0] == b"PK\x06\x06":
            told, size = max(told, found[7]) if told != 0xFFFF else found[7], found[8]
            at = at_64
    return max(int(told), content.count(_ENTRY, max(at - size, 0), at))


def _find_end(content: bytes) -> int:
    """Where the record at the end lies, as zipfile finds it; -1 when there is none."""
    last = len(content) - _END.size
    if last >= 0 and content.startswith(b"PK\x05\x06", last) and content.endswith(b"\0\0"):
        return last
    at = content.rfind(b"PK\x05\x06", max(last - _LONGEST_COMMENT, 0))
    return at if 0 <= at <= last else -1
