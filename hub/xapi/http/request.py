"""A request to the record store, as its resources see it."""

from collections.abc import Mapping
from dataclasses import dataclass

import flask
from werkzeug.datastructures import Headers
from werkzeug.http import parse_options_header

from hub.errors import BadInput
from hub.flask_hub import current_hub
from hub.xapi.http.parameter_kinds import Values
from hub.xapi.http.refusals import TooLarge
from hub.xapi.http.versions import HEADER, ApiVersion, read_version

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Request:
    """Method, parameters and headers as they are meant, wherever the request carries them.

    ``content`` is what the alternate request syntax carries in its form; None for a request in the usual syntax.
    """

    method: str
    parameters: Values
    headers: Headers
    content: bytes | None = None

    @property
    def version(self) -> ApiVersion:
        """The version of xAPI that is spoken; BadInput ``bad_version``."""
        return read_version(self.headers.get(HEADER))

    @property
    def media_type(self) -> tuple[str, Mapping[str, str]]:
        """The type of the body in lower case, empty if the request names none, and the parameters of the type."""
        name, parameters = parse_options_header(self.headers.get("Content-Type"))
        return name.lower(), parameters

    def body(self) -> bytes:
        """What was sent, whatever it is; it can be read once. TooLarge over the largest that the settings allow."""
        return _read_body() if self.content is None else self.content

    def json_body(self) -> bytes:
        """The body of a request that says it is JSON in UTF-8; BadInput ``bad_content_type`` otherwise."""
        name, parameters = self.media_type
        if name != "application/json":
            raise BadInput("bad_content_type", "The Content-Type must be application/json.")
        if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
            raise BadInput("bad_content_type", "The body must be UTF-8.")
        return self.body()


def max_body() -> int:
    """Bytes of the largest request."""
    return current_hub().settings.xapi_max_megabytes * MEGABYTE


def _read_body() -> bytes:
    request, limit = flask.request, max_body()
    request.max_content_length = limit
    if (request.content_length or 0) > limit:
        raise TooLarge("too_large", f"The body is larger than {limit} bytes.", "Send less at a time.")
    return request.get_data(cache=False)
