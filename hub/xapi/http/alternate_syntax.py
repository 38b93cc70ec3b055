"""Requests of browsers that can send nothing but a form: the alternate request syntax (xAPI 1.0.3 Communication 1.3).

A POST with the method in the address carries parameters, headers and content as fields of a form. It came with
xAPI 1.0 for browsers of that time, and xAPI 2.0 took it out.
"""

from urllib.parse import parse_qsl

import flask
from werkzeug.datastructures import Headers

from hub.errors import BadInput, Problem
from hub.xapi.http.parameter_kinds import parse_parameters
from hub.xapi.http.request import Request
from hub.xapi.http.versions import HEADER, ApiVersion, find_version

METHODS = ("GET", "PUT", "POST", "DELETE")
AS_HEADERS = ("Authorization", HEADER, "Content-Type", "Content-Length", "If-Match", "If-None-Match")
"""Fields of the form that stand for headers; all others but ``content`` stand for parameters."""

_FORM_TYPES = ("application/x-www-form-urlencoded", "text/plain", "")
"""What those browsers say of a form: not all of them can say what it is."""
_MAX_FIELDS = 100


def read_request() -> Request:
    """The request that Flask is answering, as it is meant. BadInput if it cannot be told what that is."""
    request = Request(flask.request.method, dict(flask.request.args.lists()), flask.request.headers)
    if request.method == "POST" and "method" in request.parameters:
        return _unwrap(request)
    return request


def _unwrap(request: Request) -> Request:
    _refuse_2(request.headers)
    method = parse_parameters(
        {"method": _method},
        request.parameters,
        [
            Problem("must be a field of the form in the alternate request syntax", name[:60])
            for name in request.parameters
            if name != "method"
        ],
    )["method"]
    fields = _read_form(request)
    problems = [
        Problem("stands twice", name) for name in ("content", *AS_HEADERS) if len(fields.get(name, ())) > 1
    ]
    problems += [
        Problem("must be the value of a header", name)
        for name in AS_HEADERS
        if not all(value.isprintable() for value in fields.get(name, ()))
    ]
    has_content = method in ("PUT", "POST")
    if has_content != ("content" in fields):
        problems.append(Problem("is missing" if has_content else "is for PUT and POST", "content"))
    if problems:
        raise BadInput("bad_form", "The form of the request cannot be used.", problems=problems)
    headers = Headers(request.headers)
    # What the form is, is not what its content is; which is JSON unless the form says something else.
    headers["Content-Type"] = "application/json"
    for name in AS_HEADERS:
        if name in fields:
            headers[name] = fields[name][0]
    _refuse_2(headers)
    parameters = {
        name: values for name, values in fields.items() if name != "content" and name not in AS_HEADERS
    }
    content = fields["content"][0].encode() if has_content else b""
    return Request(method, parameters, headers, content)


def _refuse_2(headers: Headers) -> None:
    if find_version(headers.get(HEADER)) is ApiVersion.V2:
        problem = Problem("is a parameter of xAPI 1.0.3 only", "method")
        raise BadInput(
            "no_alternate_syntax",
            "xAPI 2.0 has no alternate request syntax.",
            "Send the request with its own method and headers.",
            [problem],
        )


def _method(text: str) -> str:
    if text not in METHODS:
        raise ValueError(f"must be one of {', '.join(METHODS)}")
    return text


def _read_form(request: Request) -> dict[str, list[str]]:
    if request.media_type[0] not in _FORM_TYPES:
        raise BadInput("bad_content_type", f"The Content-Type must be {_FORM_TYPES[0]}.")
    fields: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(
            request.body().decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError:
        raise BadInput(
            "bad_form", f"The form must be URL encoded UTF-8 with at most {_MAX_FIELDS} fields."
        ) from None
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields
