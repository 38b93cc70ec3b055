"""Reading what came with a request: parameters and bodies, strictly, and every problem at once."""

import json
from typing import Any, TypeVar

import flask
from pydantic import BaseModel, ValidationError

from hub.errors import BadInput, Problem

MAX_BODY = 1024 * 1024
Shape = TypeVar("Shape", bound=BaseModel)


def read_parameters(shape: type[Shape], values: Any, place: str = "") -> Shape:
    """The values in their shape; BadInput ``bad_request`` with every problem, at its place."""
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        problems = [
            Problem(each["msg"].removeprefix("Value error, "), ".".join(map(str, each["loc"])) or place)
            for each in error.errors(include_url=False, include_input=False, include_context=False)
        ]
    raise bad(problems)


def read_query(shape: type[Shape] | None) -> Shape | None:
    """The parameters in the address, each at most once; where there are none, None."""
    given = flask.request.args.to_dict(flat=False)
    if shape is None:
        if given:
            raise bad([Problem("is no parameter here", name) for name in given])
        return None
    repeated = [Problem("is given more than once", name) for name, values in given.items() if len(values) > 1]
    if repeated:
        raise bad(repeated)
    return read_parameters(shape, {name: values[0] for name, values in given.items()})


def read_body(shape: type[Shape]) -> Shape:
    """The JSON body (RFC 8259), at most MAX_BODY long. BadInput ``bad_request``; 413 for a longer one."""
    request = flask.request
    request.max_content_length = MAX_BODY
    if request.mimetype != "application/json":
        raise bad([Problem("must be application/json", "Content-Type")])
    try:
        said = json.loads(request.get_data(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise bad([Problem("is no JSON", "body")]) from None
    if not _is_plain(said):
        raise bad([Problem("has letters that cannot be kept, such as NUL", "body")])
    return read_parameters(shape, said, "body")


def bad(problems: list[Problem]) -> BadInput:
    """What is told of a request that is not understood."""
    help = "The document at /api/v1/openapi.json says what may be asked."
    return BadInput("bad_request", "The hub does not understand this request.", help, problems)


def _refuse(word: str) -> None:
    raise ValueError(word)  # NaN and Infinity are no JSON


def _is_plain(said: Any) -> bool:
    """Whether databases take every text in it."""
    left = [said]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            left += [*each.keys(), *each.values()]
        elif isinstance(each, list):
            left += each
        elif isinstance(each, str) and (
            "\0" in each or any("\ud800" <= letter <= "\udfff" for letter in each)
        ):
            return False
    return True
