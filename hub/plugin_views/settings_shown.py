"""The settings of a plugin as they are shown: never a value of a field whose name or type is secret."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from hub.hooks import Hooks
from hub.hooks.rendering import MASKED, mask

_SECRET_NAME = re.compile(
    r"secret|token|passw|passphrase|credential|authorization|cookie|private"
    r"|^key$|(^|_)(pin|auth|salt)$|(api|access|signing|shared|encryption)_?key",
    re.IGNORECASE,
)
_SECRET_TYPE = re.compile(r"\bSecret(Str|Bytes)?\b")
NOT_SET = "not set"


@dataclass(frozen=True)
class SettingShown:
    """One setting in words. ``default`` is empty for one that has to be given."""

    name: str
    value: str
    default: str
    is_default: bool
    is_secret: bool
    description: str


def shown_settings(hooks: Hooks, plugin: str) -> list[SettingShown]:
    """All settings of a plugin that is on, in the order of its model."""
    register = hooks.implementation("register_settings", plugin)
    if register is None:
        return []
    instance = next(each.instance for each in hooks.plugins if each.name == plugin)
    settings = getattr(instance, "settings", None)
    model: type[BaseModel] = type(settings) if isinstance(settings, BaseModel) else register()
    return [_shown(name, field, settings) for name, field in model.model_fields.items()]


def _shown(name: str, field: FieldInfo, settings: object) -> SettingShown:
    is_secret = is_secret_field(name, field)
    default = field.get_default(call_default_factory=True, validated_data={})
    value = getattr(settings, name, default)
    return SettingShown(
        name,
        _masked(value) if is_secret else as_words(value),
        "" if default is PydanticUndefined else _masked(default) if is_secret else as_words(default),
        is_default=value == default,
        is_secret=is_secret,
        description=field.description or "",
    )


def is_secret_field(name: str, field: FieldInfo) -> bool:
    """Whether a value of this field must not be shown."""
    return bool(_SECRET_NAME.search(name) or _SECRET_TYPE.search(repr(field.annotation)))


def as_words(value: object) -> str:
    """A value without what is secret in it."""
    if value is PydanticUndefined or value is None:
        return NOT_SET
    if isinstance(value, str):
        return mask(value) or '""'
    return json.dumps(_plain(value), ensure_ascii=False)


def _masked(value: object) -> str:
    if isinstance(value, SecretStr | SecretBytes):
        value = value.get_secret_value()
    return NOT_SET if value is PydanticUndefined or value is None or value in ("", b"") else MASKED


def _plain(value: object) -> Any:
    if isinstance(value, SecretStr | SecretBytes):
        return _masked(value)
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {
            str(name): _masked(inner) if _SECRET_NAME.search(str(name)) else _plain(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, bool | int | float | None) else mask(str(value))
