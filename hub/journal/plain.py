"""One text for one content, to hash it."""

import json
from datetime import UTC, datetime
from typing import Any


def canonical_json(content: Any) -> bytes:
    """JSON without spaces, with sorted keys and instants in UTC: the same for the same content on every database."""
    text = json.dumps(content, default=_plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    raise TypeError(f"{type(value).__name__} has no canonical form")
