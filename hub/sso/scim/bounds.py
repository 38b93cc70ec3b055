"""How much one request may ask: what is beyond is refused before anybody reads it (RFC 7644, 3.7.4 and 3.12).

The library reads a filter in time that grows with its length, and compares each value that a PATCH selects with each entry
of the attribute. So lengths and numbers are bounded wherever filters and paths stand: in addresses and in bodies.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from scim2_models import (
    InvalidFilterException,
    InvalidPathException,
    InvalidSyntaxException,
    PayloadTooLargeException,
)
from scim2_server.requests import ScimRequest

from hub.sso.scim.provider import MAX_BULK_BYTES

MAX_RESOURCE_BYTES = 64 * 1024
"""One user, or one group without its members."""
MAX_FILTER = 10_000
MAX_TERMS = 100
"""Comparisons in one filter."""
MAX_DEPTH = 50
"""Parentheses and negations within one another in a filter, which is read by calls within one another."""
MAX_PATH = 1000
MAX_PATHS = 64 * 1024
"""Characters of all paths in a request, and of names that are read as paths."""
MAX_SELECTIONS = 20
"""Comparisons in the paths of one PATCH, such as ``emails[type eq "work"]``; members are found otherwise and count less."""
MAX_MEMBER_SELECTIONS = 1000
MAX_ALL_SELECTIONS = 200
"""The same in all operations of a bulk request."""
MAX_VALUES = 100
MAX_EMAILS = 20
"""Values of one attribute of a user."""
_TERM = re.compile(r'"(?:[^"\\]|\\.)*+"|\b(?:and|or)\b', re.IGNORECASE)
_OF_MEMBERS = re.compile(r'(?:urn:[^\["]*:)?members\[', re.IGNORECASE)
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_PATHS = frozenset({"path", "sortby"})
_LISTS = frozenset({"attributes", "excludedattributes"})


def max_bytes(path: str) -> int:
    """How many bytes the body of a request to this path may have: a user's, or one with members or operations."""
    return MAX_RESOURCE_BYTES if path.lower().startswith("/users") else MAX_BULK_BYTES


def check_request(request: ScimRequest, *, reads_body: bool = True) -> None:
    """Refuse a request that is too much to read. ``reads_body`` says whether anybody will look at its body.

    PayloadTooLargeException, InvalidFilterException, InvalidPathException; InvalidSyntaxException for what is no JSON and
    for what no database keeps. RecursionError for a body that is nested too deeply.
    """
    texts = (request.path, *request.query.keys(), *request.query.values())
    if b"\\u0000" in request.body or any("\0" in text for text in texts):
        raise InvalidSyntaxException(detail="The request contains the character NUL.")
    asked = _Asked()
    asked.look_at(list(request.query.items()))
    if not reads_body or request.method.upper() not in _WITH_BODY:
        return
    if len(request.body) > max_bytes(request.path):
        size = max_bytes(request.path) // 1024
        raise PayloadTooLargeException(detail=f"The request has more than {size} KB.")
    if "json" not in (request.header("Content-Type") or "").lower():
        return  # the library refuses it without reading it
    try:
        json.loads(request.body.decode("utf-8", "replace"), object_pairs_hook=asked.look_at, strict=False)
    except ValueError as error:
        raise InvalidSyntaxException(detail="The request is not JSON.") from error


def check_resource(body: Mapping[str, Any]) -> None:
    """PayloadTooLargeException for a resource that is larger, or has more values, than the hub keeps."""
    if len(json.dumps(body, default=str)) > MAX_RESOURCE_BYTES:
        raise PayloadTooLargeException(detail=f"A resource has at most {MAX_RESOURCE_BYTES // 1024} KB.")
    for name, values in body.items():
        most = MAX_EMAILS if name == "emails" else MAX_VALUES
        if isinstance(values, list) and len(values) > most:
            raise PayloadTooLargeException(detail=f"{name} has at most {most} values.")


def check_filter(text: str) -> None:
    """InvalidFilterException for a filter that is too much to read."""
    if len(text) > MAX_FILTER or text.count("(") > MAX_DEPTH or _terms(text) > MAX_TERMS:
        raise InvalidFilterException(
            detail="The filter is too long, has too many terms or is nested too deeply."
        )


class _Asked:
    """What a request asks in all, as its objects are read from the innermost to the outermost."""

    def __init__(self) -> None:
        self._paths = 0
        self._selections = 0

    def look_at(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """One object of the body, or the query. Names are compared without case, as the library does."""
        for name, value in pairs:
            key = name.lower()
            if key == "filter" and isinstance(value, str):
                check_filter(value)
            elif key in _PATHS and isinstance(value, str):
                self._path(value)
            elif key in _LISTS:
                parts = value if isinstance(value, list) else [value or ""]
                self._path("".join(map(str, parts)), MAX_FILTER)
            elif key == "operations" and isinstance(value, list):
                self._operations(value)
            if "." in name or "[" in name or ":" in name:
                self._path(name)
        return {name.lower(): value for name, value in pairs}

    def _path(self, text: str, most: int = MAX_PATH) -> None:
        if len(text) > most:
            raise InvalidPathException(detail=f"A path has at most {MAX_PATH} characters.")
        self._paths += len(text)
        if self._paths > MAX_PATHS:
            raise PayloadTooLargeException(
                detail="The request names too many paths; send fewer operations at a time."
            )

    def _operations(self, operations: list[Any]) -> None:
        """The operations of one PATCH, or of a bulk request, whose paths select nothing."""
        others = members = 0
        for operation in operations:
            for path in _paths_of(operation):
                if _OF_MEMBERS.match(path):
                    members += _terms(path)
                elif "[" in path:
                    others += _terms(path)
        self._selections += others
        if (
            others > MAX_SELECTIONS
            or members > MAX_MEMBER_SELECTIONS
            or self._selections > MAX_ALL_SELECTIONS
        ):
            raise PayloadTooLargeException(
                detail="The request selects too many values; send fewer operations at a time."
            )


def _paths_of(operation: Any) -> list[str]:
    """The path of an operation, and the names in its value, which are paths where there is none."""
    if not isinstance(operation, dict):
        return []
    path, value = operation.get("path"), operation.get("value")
    return [*([path] if isinstance(path, str) else ()), *(value if isinstance(value, dict) else ())]


def _terms(text: str) -> int:
    """Comparisons in a filter or path: one more than there are ``and`` and ``or`` outside of quotes."""
    return 1 + sum(not match[0].startswith('"') for match in _TERM.finditer(text))
