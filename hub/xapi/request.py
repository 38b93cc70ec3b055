"""A request to the record store, as its resources see it."""

from dataclasses import dataclass

import flask
from werkzeug.datastructures import Headers

from hub.errors import BadInput
from hub.xapi.parameters import Values
from hub.xapi.refusals import TooLarge
from hub.xapi.versions import HEADER, ApiVersion, read_version

MAX_BODY = 10 * 1024 * 1024
"""Bytes of one request."""


@dataclass(frozen=True)
class Request:
    """Method, parameters and headers as they are meant, wherever the request carries them."""

    method: str
    parameters: Values
    headers: Headers

    @property
    def version(self) -> ApiVersion:
        """The version of xAPI that is spoken; BadInput ``bad_version``."""
        return read_version(self.headers.get(HEADER))

    def body(self) -> bytes:
        """What was sent, whatever it is. TooLarge over ``MAX_BODY``."""
        request = flask.request
        request.max_content_length = MAX_BODY
        if (request.content_length or 0) > MAX_BODY:
            raise TooLarge(
                "too_large",
                f"The body is larger than {MAX_BODY} bytes.",
                "Send fewer statements at a time.",
            )
        return request.get_data(cache=False)

    def json_body(self) -> bytes:
        """The body of a request that says it is JSON in UTF-8; BadInput ``bad_content_type`` otherwise."""
        if flask.request.mimetype != "application/json":
            raise BadInput("bad_content_type", "The Content-Type must be application/json.")
        if flask.request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
            raise BadInput("bad_content_type", "The body must be UTF-8.")
        return self.body()


def read_request() -> Request:
    """The request that Flask is answering."""
    return Request(flask.request.method, dict(flask.request.args.lists()), flask.request.headers)
