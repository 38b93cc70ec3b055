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
from pydantic import BaseModel
from werkzeug.exceptions import HTTPException

from hub.access.reach import Sight, sight_of
from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.rest.caller import current_caller, let_in
from hub.rest.once import Answered, answer_again
from hub.rest.problems import MEDIA_TYPE, refuse, refuse_http, report_failure
from hub.rest.reading import read_body, read_parameters, read_query
from hub.rest.writing import WriteAsked, WriteHeaders, write

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
    "413": "The body is too large.",
    "429": "There were too many requests in a short time.",
}
REFUSALS: Any = {
    status: {
        "description": words,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, words in _WORDS.items()
}
_CONFLICT = "Something else is already there, or what would be changed is not what the plan said: `plan` is the new one."
CONFLICTS: Any = {"409": {**REFUSALS["400"], "description": _CONFLICT}}
"""What only requests that write are answered."""


class Api(APIBlueprint):
    """Routes with their shapes and scopes."""

    scopes: dict[str, str]

    def reads(
        self, rule: str, answer: type[BaseModel], scope: str, tag: str, *, by_post: bool = False
    ) -> Callable[[View], View]:
        """A route that reads; ``scope`` is what a token needs. ``by_post``: what is asked comes as a body."""

        def add(view: View) -> View:
            self.scopes[f"{self.name}.{view.__name__}"] = scope
            route = (self.post if by_post else self.get)(
                rule,
                responses={200: answer},
                security=[{TOKEN: [scope]}],
                tags=[Tag(name=tag)],
                operation_id=view.__name__,
            )
            added: View = route(view)
            return added

        return add

    def writes(self, rule: str, answer: type[BaseModel], scope: str, tag: str) -> Callable[[View], View]:
        """A route (POST) that writes in one unit (``hub.rest.writing``); it may be tried first and repeated safely."""

        def add(view: View) -> View:
            self.scopes[f"{self.name}.{view.__name__}"] = scope

            @wraps(view)
            def documented(**asked: Any) -> Any:
                return view(**asked)

            documented.__dict__["in_unit"] = True
            documented.__annotations__ = {**view.__annotations__, "query": WriteAsked, "header": WriteHeaders}
            self.post(
                rule,
                responses={200: answer, **CONFLICTS},
                security=[{TOKEN: [scope]}],
                tags=[Tag(name=tag)],
                operation_id=view.__name__,
            )(documented)
            return view

        return add

    def runs(
        self, rule: str, answer: type[BaseModel], scope: str, tag: str, *, form: type[BaseModel] | None = None
    ) -> Callable[[View], View]:
        """A route (POST) whose view opens units itself and makes the whole answer; ``form`` is the shape of one that it reads."""

        def add(view: View) -> View:
            self.scopes[f"{self.name}.{view.__name__}"] = scope
            if form is not None:
                view.__annotations__["form"] = form
            view.__annotations__["header"] = WriteHeaders
            self.post(
                rule,
                responses={200: answer, **CONFLICTS},
                security=[{TOKEN: [scope]}],
                tags=[Tag(name=tag)],
                operation_id=view.__name__,
            )(view)
            return view

        return add

    @staticmethod
    def create_view_func(
        func: Callable[..., Any],
        header: Any,
        cookie: Any,
        path: type[BaseModel] | None,
        query: type[BaseModel] | None,
        form: Any,
        body: type[BaseModel] | None,
        *_: Any,
        **__: Any,
    ) -> Callable[..., flask.Response]:
        """The view as Flask calls it, with path, query and body read into their shapes."""

        @wraps(func)
        def view(**names: str) -> flask.Response:
            asked: dict[str, BaseModel] = {}
            if path is not None:
                asked["path"] = read_parameters(path, names)
            parameters = read_query(query)
            if body is not None:
                asked["body"] = read_body(body)
            if isinstance(parameters, WriteAsked) and "in_unit" in func.__dict__:
                return write(func, asked, dry_run=parameters.dry_run)
            if parameters is not None:
                asked["query"] = parameters
            answered: BaseModel | flask.Response = func(**asked)
            if isinstance(answered, flask.Response):
                return answered
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


blueprint.register_error_handler(Answered, answer_again)
blueprint.register_error_handler(HubError, refuse)
blueprint.register_error_handler(HTTPException, refuse_http)
blueprint.register_error_handler(Exception, report_failure)
