"""Which bytes of a file are asked for: all, or one range of them (RFC 9110, section 14)."""

from werkzeug.datastructures import IfRange, Range


class NotWithin(Exception):
    """The range begins after the end (416)."""


def wanted_range(
    asked: Range | None, only_if: IfRange | None, etag: str, size: int
) -> tuple[int, int] | None:
    """The first byte and the one after the last; None for the whole file.

    Units and lists of ranges that are not served, and ranges of a version that is no more, mean the whole file, as the
    standard lets a server choose. Raises NotWithin.
    """
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    if only_if is not None and (only_if.date is not None or only_if.etag not in (None, etag)):
        return None
    start, stop = asked.ranges[0]
    if start < 0:  # the last bytes
        start, stop = max(size + start, 0), size
    if start >= size:
        raise NotWithin
    return start, size if stop is None else min(stop, size)
