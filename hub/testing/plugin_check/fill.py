"""Values for the settings of a plugin that make it do something, guessed from names and types."""

import enum
import re
import types
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from annotated_types import Ge, Gt
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
"""The present of every trial: a Monday."""
ADDRESS = re.compile(
    r"url|uri|address|endpoint|screen|server|site|hook|channel|link|host|receiver", re.IGNORECASE
)
MAILBOX = re.compile(r"(^|_)(to|recipients?|e?mails?|e?mail_address(es)?)$", re.IGNORECASE)
OUTSIDE = "{outside}"
"""In ``check.toml``: the address of the simulated system."""


def fill(model: type[BaseModel], outside: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings to try a plugin with: what its author gave, and for the rest what looks right."""
    said = {name: _put_in(value, outside) for name, value in given.items()}
    guessed = {
        name: value
        for name, field in model.model_fields.items()
        if name not in said and (value := _guess(name, field, outside)) is not None
    }
    return guessed | said


def _put_in(value: Any, outside: str) -> Any:
    if isinstance(value, str):
        return value.replace(OUTSIDE, outside)
    if isinstance(value, list):
        return [_put_in(each, outside) for each in value]
    if isinstance(value, dict):
        return {key: _put_in(each, outside) for key, each in value.items()}
    return value


def _guess(name: str, field: FieldInfo, outside: str) -> Any:
    """None keeps the default."""
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    bound = next((m for m in field.metadata if isinstance(m, Ge | Gt)), None)
    least = bound.ge if isinstance(bound, Ge) else bound.gt + 1 if isinstance(bound, Gt) else 1  # type: ignore[operator]
    return _of_type(name, field.annotation, default, least, outside)


def _of_type(name: str, annotation: Any, default: Any, least: Any, outside: str) -> Any:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        inner = [each for each in typing.get_args(annotation) if each is not type(None)]
        return _of_type(name, inner[0], default, least, outside)
    if typing.get_origin(annotation) in (list, tuple, frozenset, set):
        value = _of_type(name, typing.get_args(annotation)[0], None, least, outside)
        return default if default or value is None else [value]
    if typing.get_origin(annotation) is typing.Literal:
        return default or typing.get_args(annotation)[0]
    return _of_class(name, annotation, default, least, outside) if isinstance(annotation, type) else default


def _of_class(name: str, cls: type, default: Any, least: Any, outside: str) -> Any:
    if issubclass(cls, str | SecretStr):
        plain = default.get_secret_value() if isinstance(default, SecretStr) else default
        if MAILBOX.search(name):
            return plain or "check@riverside.example"
        address = f"{outside}/in" if ADDRESS.search(name) else f"check-{name.replace('_', '-')}"
        return plain or ("for-the-check-only-0123456789" if cls is SecretStr else address)
    if issubclass(cls, enum.Enum):
        return default or next(iter(cls))
    if default is not None:
        return default
    if issubclass(cls, datetime):
        return NOW + timedelta(days=30)
    if issubclass(cls, BaseModel):
        return fill(cls, outside, {})
    by_class = {bool: True, int: least, float: float(least), date: (NOW + timedelta(days=30)).date()}
    by_class |= {timedelta: timedelta(days=1), time: time(9)}
    return by_class.get(cls)
