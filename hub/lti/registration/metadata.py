"""Reading what another system says about itself: strict JSON, plain types, lengths that a database and a page can bear."""

import json
from collections.abc import Mapping
from typing import Any

from hub.lti.refusals import Refused

MAX_BYTES = 64 * 1024
MAX_DEPTH = 8
MAX_ITEMS = 100
MAX_TEXT = 255

TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"


def read_json_object(body: bytes) -> dict[str, Any]:
    """A JSON object of at most MAX_BYTES, in UTF-8, without repeated members and not deep.

    Raises Refused ``bad_metadata`` with the error of RFC 7591, section 3.2.2.
    """
    if len(body) > MAX_BYTES:
        raise bad_metadata(f"It is longer than {MAX_BYTES // 1024} KB.")
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_no_repeated, parse_constant=_no_constant)
        # A lone surrogate, or the character NUL, is JSON but no text that a database keeps.
        json.dumps(value, ensure_ascii=False).encode()
        if _depth(value) > MAX_DEPTH or "\\u0000" in json.dumps(value):
            raise ValueError
    except (ValueError, RecursionError):
        raise bad_metadata("It is not JSON that the hub reads.") from None
    if not isinstance(value, dict):
        raise bad_metadata("It is not a JSON object.")
    return value


def text(given: Mapping[str, Any], name: str, *, needed: bool = False, longest: int = MAX_TEXT) -> str:
    """A text member, without spaces around it; empty when it is absent and not ``needed``. Refused ``bad_metadata``."""
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > longest or (needed and not value.strip()):
        raise bad_metadata(f"{name} must be a text of 1 to {longest} characters.")
    return value.strip()


def texts(given: Mapping[str, Any], name: str) -> list[str]:
    """A member that is a list of texts; empty when it is absent. Refused ``bad_metadata``."""
    value = given.get(name, [])
    if not isinstance(value, list) or len(value) > MAX_ITEMS or not all(isinstance(v, str) for v in value):
        raise bad_metadata(f"{name} must be a list of at most {MAX_ITEMS} texts.")
    return value


def parameters(given: Mapping[str, Any], name: str) -> dict[str, str]:
    """Custom parameters by name. The standard has an object; a list of ``{"name", "value"}`` is met in the field."""
    value = given.get(name) or {}
    if isinstance(value, list) and all(isinstance(each, dict) and "name" in each for each in value):
        value = {str(each["name"]): each.get("value", "") for each in value}
    if not isinstance(value, dict) or len(value) > MAX_ITEMS:
        raise bad_metadata(f"{name} must be an object of at most {MAX_ITEMS} members.")
    read = {str(key): str(each) for key, each in value.items() if isinstance(each, str | int | float | bool)}
    if len(read) != len(value) or any(len(each) > MAX_TEXT for each in (*read, *read.values())):
        raise bad_metadata(f"{name} must hold texts of at most {MAX_TEXT} characters.")
    return read


def bad_metadata(message: str) -> Refused:
    """The refusal of metadata that cannot be taken (RFC 7591, section 3.2.2)."""
    return Refused("bad_metadata", message, error="invalid_client_metadata")


def _no_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("repeated member")
    return members


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)
