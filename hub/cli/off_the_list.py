"""Taking a plugin off the list in a settings file, with its table of settings; every other line stays as it was written."""

import re
import tomllib
from typing import Any

_LIST = re.compile(r"^plugins[ \t]*=[ \t]*\[(.*?)\][ \t]*(?:#[^\n]*)?$", re.MULTILINE | re.DOTALL)


def without_plugin(text: str, plugin: str) -> str | None:
    """The file's text without the plugin; None where it is written in a way that only a person can change."""
    before = tomllib.loads(text)
    wanted = _wanted(before, plugin)
    if wanted == before:
        return text
    quoted = rf"(?:\"{re.escape(plugin)}\"|'{re.escape(plugin)}')"
    found = _LIST.search(text)
    if found and plugin in before.get("plugins", []):
        # With the comma behind it, or, of the last one, that before it.
        inner = re.sub(rf"{quoted}[ \t]*,[ \t]*|,?\s*{quoted}", "", found[1], count=1)
        text = text[: found.start(1)] + inner + text[found.end(1) :]
    header = rf"\[plugin\.(?:{quoted}|{re.escape(plugin)})(?:\.[^\]\n]*)?\]"
    text = re.sub(
        rf"^{header}[^\n]*\n(?:[^\n]*\n)*?(?=(?:[ \t]*#[^\n]*\n)*\[|\Z)", "", text, flags=re.MULTILINE
    )
    try:
        return text if tomllib.loads(text) == wanted else None
    except tomllib.TOMLDecodeError:
        return None


def _wanted(settings: dict[str, Any], plugin: str) -> dict[str, Any]:
    wanted = dict(settings)
    if "plugins" in wanted:
        wanted["plugins"] = [name for name in wanted["plugins"] if name != plugin]
    if plugin in wanted.get("plugin", {}):
        wanted["plugin"] = {name: table for name, table in wanted["plugin"].items() if name != plugin}
        if not wanted["plugin"]:
            del wanted["plugin"]
    return wanted
