"""A request as granian tells it, for WSGI (PEP 3333). Of what can be read in two ways, nothing gets through."""

import sys
from collections.abc import Iterable, Mapping
from typing import IO, Any, Protocol

COMPLETE = "hub.body_is_complete"
"""In the environment of a request: its body can be read without waiting."""


class Scope(Protocol):
    """What granian tells of a request."""

    proto: str
    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str  # unquoted
    query_string: str
    headers: Any


class UnclearLength(Exception):
    """The headers tell more than one length of the body."""


def join_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers by their names in lower case; of those that come more than once, all values (RFC 9110, section 5.3).

    Names with an underscore are left out: in WSGI they would be those of other headers, which proxies set. Raises
    UnclearLength where a request could be taken for two (RFC 9112, section 6.3).
    """
    joined: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        if "_" in key:
            continue
        between = "; " if key == "cookie" else ","
        joined[key] = f"{joined[key]}{between}{value}" if key in joined else value
    length = joined.get("content-length")
    if length is not None and (
        "transfer-encoding" in joined or not (length.isascii() and length.isdecimal() and len(length) < 19)
    ):
        raise UnclearLength
    return joined


def make_environ(scope: Scope, headers: Mapping[str, str], body: IO[bytes]) -> dict[str, Any]:
    """The request as WSGI has it (PEP 3333)."""
    host, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        COMPLETE: True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return environ
