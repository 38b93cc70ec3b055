"""The settings as TOML text: the example with every setting explained, and the file a new hub begins with."""

import json
import textwrap

from pydantic.fields import FieldInfo

from hub.config import Settings

_WIDTH = 100
_HEAD = """\
# Every setting of the hub, with its default. Copy what you want to change to config/hub.toml.
# An environment variable HUB_NAME (in capitals) overrides the setting `name`.
# A secret may stand elsewhere: "env:NAME" reads an environment variable, "file:PATH" a file.
#
# This file is written by `hub config example > config/hub.example.toml`.
"""
_BEGINNING = """\
# The settings of this hub. `hub config example` explains all there are.
# Keep this file to yourself: whoever has the secret key can sign in as anybody and read stored secrets.

public_url = "http://127.0.0.1:8000"
database_url = "sqlite:///var/hub.sqlite"
secret_key = {secret_key}
"""


def example_settings() -> str:
    """``config/hub.example.toml``: every setting with its description and default; those without one stand open."""
    fields = [_setting(name, field) for name, field in Settings.model_fields.items() if name != "plugin"]
    plugin = _comment(f"{Settings.model_fields['plugin'].description}") + "# [plugin.webhooks]\n"
    return "\n".join([_HEAD, *fields, plugin])


def first_settings(secret_key: str) -> str:
    """The file that ``hub init`` writes."""
    return _BEGINNING.format(secret_key=json.dumps(secret_key))


def _setting(name: str, field: FieldInfo) -> str:
    described = _comment(str(field.description))
    if field.is_required():
        return f'{described}{name} = ""\n'
    default = field.get_default(call_default_factory=True, validated_data={})
    value = default.get_secret_value() if hasattr(default, "get_secret_value") else default
    return f"{described}# {name} = {json.dumps(value, ensure_ascii=False)}\n"


def _comment(text: str) -> str:
    return "".join(f"# {line}\n" for line in textwrap.wrap(text, _WIDTH - 2))
