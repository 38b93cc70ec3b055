"""The blueprint of all resources: each says what it answers and which scope it needs, and the document says the same.

flask-openapi3 makes the document; requests are read here, so that what is wrong becomes a problem like any other, with 400.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import flask
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from hub.access.reach import Sight, sight_of
from hub.errors import BadInput, HubError, Problem
from hub.flask_hub import current_hub
from hub.rest.caller import current_caller, let_in
from hub.rest.problems import MEDIA_TYPE, refuse, refuse_http, report_failure

if TYPE_CHECKING:
    from hub.store import UnitOfWork

PREFIX = "/api/v1"
TOKEN = "token"  # noqa: S105  (the name of the way to sign in, in the document)
View = TypeVar("View", bound=Callable[..., Any])
_WORDS = {
    "400": "A parameter is wrong: every problem is named.",
    "401": "There is no token, or it is not good any more.",
    "403": "The token is not for this.",
    "404": "There is no such thing, or the token does not see it: the two answer alike.",
    "405": "This address cannot be used like that.",
    "429": "There were too many requests in a short time.",
}
REFUSALS: Any = {
    status: {
        "description": words,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, words in _WORDS.items()
}


class Api(APIBlueprint):
    """Routes with their shapes and scopes."""

    scopes: dict[str, str]

    def reads(self, rule: str, answer: type[BaseModel], scope: str, tag: str) -> Callable[[View], View]:
        """A route that reads; ``scope`` is what a token needs."""

        def add(view: View) -> View:
            self.scopes[f"{self.name}.{view.__name__}"] = scope
            route = self.get(
                rule,
                responses={200: answer},
                security=[{TOKEN: [scope]}],
                tags=[Tag(name=tag)],
                operation_id=view.__name__,
            )
            added: View = route(view)
            return added

        return add

    @staticmethod
    def create_view_func(
        func: Callable[..., Any],
        header: Any,
        cookie: Any,
        path: type[BaseModel] | None,
        query: type[BaseModel] | None,
        *_: Any,
        **__: Any,
    ) -> Callable[..., flask.Response]:
        """The view as Flask calls it, with path and query read into their shapes."""

        @wraps(func)
        def view(**names: str) -> flask.Response:
            asked: dict[str, BaseModel] = {}
            if path is not None:
                asked["path"] = _read(path, names)
            if query is not None:
                asked["query"] = _read(query, _single(flask.request.args.to_dict(flat=False)))
            elif flask.request.args:
                raise _bad([Problem("is no parameter here", name) for name in flask.request.args])
            answered: BaseModel = func(**asked)
            response = flask.Response(answered.model_dump_json(), mimetype="application/json")
            response.headers["Cache-Control"] = "no-store"
            return response

        return view


blueprint = Api("rest", __name__, url_prefix=PREFIX, abp_responses=REFUSALS)
blueprint.scopes = {}
"""By endpoint, what a token needs."""


@blueprint.before_request
def _let_in() -> None:
    scope = blueprint.scopes.get(flask.request.endpoint or "")
    if scope is not None:
        let_in(scope)


@contextmanager
def looking() -> "Iterator[tuple[UnitOfWork, Sight]]":
    """A reading unit, and what the caller sees in it."""
    with current_hub().reading() as uow:
        yield uow, sight_of(uow, current_caller().reach)


blueprint.register_error_handler(HubError, refuse)
blueprint.register_error_handler(HTTPException, refuse_http)
blueprint.register_error_handler(Exception, report_failure)


def _read(shape: type[BaseModel], values: dict[str, str]) -> BaseModel:
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        problems = [
            Problem(each["msg"].removeprefix("Value error, "), ".".join(map(str, each["loc"])))
            for each in error.errors(include_url=False, include_input=False, include_context=False)
        ]
    raise _bad(problems)


def _single(values: dict[str, list[str]]) -> dict[str, str]:
    repeated = [Problem("is given more than once", name) for name, given in values.items() if len(given) > 1]
    if repeated:
        raise _bad(repeated)
    return {name: given[0] for name, given in values.items()}


def _bad(problems: list[Problem]) -> BadInput:
    help = "The document at /api/v1/openapi.json says what may be asked."
    return BadInput("bad_request", "The hub does not understand this request.", help, problems)
