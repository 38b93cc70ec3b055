"""Configuration of the simulated systems: frozen dataclasses that come from JSON and go back to it."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec


@dataclass(frozen=True, kw_only=True)
class OutsideConfig:
    """What every simulated system is told.

    `base_url` has no slash at the end; a process that is told none uses its own address and port.
    `private_key_pem` is an RSA key in PKCS #8 form; without one the system makes its own at start.
    `slow_seconds` is the delay of the faults that answer late.
    """

    base_url: str = ""
    private_key_pem: str = ""
    slow_seconds: float = 5.0


C = TypeVar("C", bound=OutsideConfig)
Item = TypeVar("Item")


def load_config(config_class: type[C], path: Path, base_url: str = "") -> C:
    """Read one configuration from the JSON object in `path`.

    `base_url` is used where the file names none. Raises ValueError for unknown keys, missing keys and wrong types,
    naming the file.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        raise ValueError(f"{path}: a JSON object is expected")
    unknown = sorted(data.keys() - {field.name for field in dataclasses.fields(config_class)})
    if unknown:
        raise ValueError(f"{path}: unknown keys {', '.join(unknown)}")
    if not data.get("base_url"):
        data["base_url"] = base_url
    try:
        return msgspec.convert(data, config_class)
    except msgspec.ValidationError as error:
        raise ValueError(f"{path}: {error}") from error


def dump_config(config: OutsideConfig) -> str:
    """The configuration as JSON that `load_config` reads back."""
    return json.dumps(msgspec.to_builtins(config), indent=2)


def load_items(item_class: type[Item], path: str, inline: tuple[Item, ...]) -> tuple[Item, ...]:
    """The items given inline, followed by those of the JSON array in the file `path`, which may be "".

    Raises ValueError, naming the file, where it does not hold such items.
    """
    if not path:
        return inline
    try:
        items = msgspec.convert(json.loads(Path(path).read_text(encoding="utf-8")), list[item_class])  # type: ignore[valid-type]
    except msgspec.ValidationError as error:
        raise ValueError(f"{path}: {error}") from error
    return inline + tuple(items)
