"""What goes to and comes from plugins, in words short enough to show, without secrets.

Nothing of a plugin's own is run for it: of a type nobody knows only the name is shown.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum
from types import NoneType
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr

from hub.http import OutgoingHttp

MASKED = "[masked]"
LONGEST = 500
_TEXT, _ITEMS, _DEPTH, _BITS = 80, 3, 4, 128
_SECRET_NAME = re.compile(
    r"secret|token|password|passwd|api_?key|authorization|cookie|credential", re.IGNORECASE
)
_SECRET_TEXT = re.compile(
    r"""(?P<before>
        \b(?:bearer|basic)\s+                                                    # Authorization: Bearer …
        | //[^/\s:@]*:(?=[^/\s@]+@)                                              # https://user:…@host
        | ["']?[\w-]*(?:secret|token|password|passwd|api[_-]?key|authorization|cookie|credential)[\w-]*["']?\s*[=:]\s*["']?(?:(?:bearer|basic)\s+)?
    )(?P<secret>[^\s"'&,;@)}\]]+)""",
    re.IGNORECASE | re.VERBOSE,
)


def render(value: object, depth: int = 0) -> str:
    """A value in a few words."""
    if type(value) in (NoneType, bool, float) or (type(value) is int and value.bit_length() <= _BITS):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bytes | bytearray):
        return f"{len(value)} bytes"
    if isinstance(value, datetime | date | time | timedelta):
        return str(value) if type(value).__module__ == "datetime" else type(value).__name__
    if isinstance(value, Enum | type):
        return value.__name__ if isinstance(value, type) else f"{type(value).__name__}.{value.name}"
    if isinstance(value, SecretStr | SecretBytes):
        return MASKED
    return _composed(value, depth)


def _composed(value: object, depth: int) -> str:
    name = type(value).__name__
    if isinstance(value, OutgoingHttp) or depth >= _DEPTH:
        return name
    if dataclasses.is_dataclass(value):
        return f"{name}({_fields(vars(value).items() if hasattr(value, '__dict__') else (), depth)})"
    if isinstance(value, BaseModel):
        return f"{name}({_fields(vars(value).items(), depth)})"
    if type(value) is dict:
        shown = [f"{_key(k)}: {_named(k, v, depth)}" for k, v in list(value.items())[:_ITEMS]]
        return "{" + ", ".join([*shown, *_more(len(value))]) + "}"
    if type(value) in (list, tuple, set, frozenset):
        items: Any = value
        shown = [render(item, depth + 1) for item, _ in zip(items, range(_ITEMS), strict=False)]
        return "[" + ", ".join([*shown, *_more(len(items))]) + "]"
    return name


def _fields(items: Iterable[tuple[str, object]], depth: int) -> str:
    shown = ((name, value) for name, value in items if not name.startswith("_"))
    return ", ".join(f"{name}={_named(name, value, depth)}" for name, value in shown)


def _named(name: object, value: object, depth: int) -> str:
    is_secret = (
        type(name) is str
        and _SECRET_NAME.search(name)
        and value is not None
        and not (type(value) is str and not value)
    )
    return MASKED if is_secret else render(value, depth + 1)


def _key(key: object) -> str:
    return _text(key) if isinstance(key, str) else render(key, _DEPTH)


def _more(count: int) -> list[str]:
    return [f"… {count:,} in all"] if count > _ITEMS else []


def _text(text: str) -> str:
    text = str.__str__(text)
    cut = mask(text[: _TEXT * 4])
    return repr(cut if len(text) <= _TEXT else cut[:_TEXT]) + (
        f"… ({len(text):,})" if len(text) > _TEXT else ""
    )


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """A text without these secrets, and without what looks like one."""
    for secret in secrets:
        text = text.replace(secret, MASKED)
    return _SECRET_TEXT.sub(lambda m: m["before"] + MASKED, text)


def words_of(error: BaseException, secrets: Iterable[str] = ()) -> str:
    """The type of an exception and what it says, without secrets, and not too much of it."""
    try:
        said = str(error)
    except Exception:  # noqa: BLE001  (an exception of a plugin may fail at anything)
        said = "(it cannot say what went wrong)"
    return mask(f"{type(error).__name__}: {said[: 8 * LONGEST]}", secrets)[:LONGEST]


def secrets_in(*values: object) -> frozenset[str]:
    """The texts in settings and arguments that are secrets by their names or types."""
    found: set[str] = set()
    for value in values:
        _collect(value, found, 0)
    return frozenset(found)


def _collect(value: object, found: set[str], depth: int) -> None:
    items: Iterable[tuple[object, object]] = ()
    if isinstance(value, SecretStr):
        found.update({value.get_secret_value()} - {""})
    elif depth < _DEPTH and isinstance(value, Mapping):
        items = list(value.items())[:100]
    elif (
        depth < _DEPTH
        and not isinstance(value, type | OutgoingHttp)
        and (dataclasses.is_dataclass(value) or isinstance(value, BaseModel))
    ):
        items = list(getattr(value, "__dict__", {}).items())
    for name, inner in items:
        if type(inner) is str and type(name) is str and len(inner) >= 4 and _SECRET_NAME.search(name):
            found.add(inner)
        else:
            _collect(inner, found, depth + 1)
