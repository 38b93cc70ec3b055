"""A platform with a gradebook on loopback: tokens, line items, scores, results and members, as strict as the standard."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import flask
from joserfc import jwt
from joserfc.jwk import KeySet

from hub.testing.serve import serve

SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
MEMBERS_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"


@dataclass(frozen=True)
class Posted:
    """One score as it came."""

    item: str
    query: str
    body: bytes
    client_id: str

    @property
    def told(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def points(self) -> tuple[Any, Any]:
        return self.told.get("scoreGiven"), self.told.get("scoreMaximum")


@dataclass
class Gradebook:
    """What it has, what it was sent, and what is wrong with it at the moment."""

    address: str = ""
    keys: Mapping[str, Any] = field(default_factory=dict)
    """The hub's JWKS."""
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: list[dict[str, Any]] = field(default_factory=list)
    page_size: int = 100
    posts: list[Posted] = field(default_factory=list)
    """Scores that were accepted."""
    attempts: int = 0
    """Scores that were sent, accepted or not."""
    assertions: list[dict[str, Any]] = field(default_factory=list)
    tokens: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    """Client and scopes by token."""
    answers: dict[str, tuple[int, Any, dict[str, str]]] = field(default_factory=dict)
    """By endpoint: what it answers instead of doing its part."""
    calls: list[str] = field(default_factory=list)
    hanging: threading.Event | None = None
    """Scores wait for it."""
    meanwhile: dict[str, Callable[[], None]] = field(default_factory=dict)
    """By endpoint: what happens elsewhere, once, while it takes its time to answer."""
    reached: threading.Event = field(default_factory=threading.Event)
    """Set when a score has come in."""

    def begin(self, keys: Mapping[str, Any]) -> "Gradebook":
        """As a test finds it: at work, with one column out of 100."""
        self.__init__(self.address, keys)  # type: ignore[misc]
        self.items = {"1": {"label": "Tires", "scoreMaximum": 100}}
        return self

    def item_url(self, item: str = "1") -> str:
        return f"{self.address}/items/{item}"

    def fail(self, endpoint: str, status: int, body: Any = "", **headers: str) -> None:
        """Answer like this until ``recover``."""
        self.answers[endpoint] = (status, body, {k.replace("_", "-"): v for k, v in headers.items()})

    def recover(self) -> None:
        self.answers.clear()

    @property
    def points(self) -> list[tuple[Any, Any]]:
        return [post.points for post in self.posts]


@contextmanager
def serve_gradebook() -> Iterator[Gradebook]:
    book = Gradebook()
    with serve(_app(book)) as url:
        book.address = url
        yield book
        if book.hanging:
            book.hanging.set()


def _app(book: Gradebook) -> flask.Flask:
    app = flask.Flask(__name__)

    @app.before_request
    def misbehave() -> Any:
        endpoint = flask.request.endpoint or ""
        book.calls.append(endpoint)
        if endpoint == "scores":
            book.attempts += 1
            book.reached.set()
            if book.hanging:
                book.hanging.wait(20)
        book.meanwhile.pop(endpoint, lambda: None)()
        if endpoint in book.answers:
            status, body, headers = book.answers[endpoint]
            return body if isinstance(body, str) else json.dumps(body), status, headers
        return None

    app.add_url_rule("/token", "token", lambda: _token(book), methods=["POST"])
    app.add_url_rule("/items", "items", lambda: _items(book), methods=["GET", "POST"])
    app.add_url_rule("/items/<item>", "item", lambda item: _item(book, item))
    app.add_url_rule("/items/<item>/scores", "scores", lambda item: _score(book, item), methods=["POST"])
    app.add_url_rule("/items/<item>/results", "results", lambda item: _results(book, item))
    app.add_url_rule("/Members", "members", lambda: _members(book))
    return app


def _token(book: Gradebook) -> Any:
    form = flask.request.form
    try:
        keys = KeySet.import_key_set(dict(book.keys))  # type: ignore[arg-type]
        claims = jwt.decode(form["client_assertion"], keys, algorithms=["RS256"]).claims
    except (KeyError, ValueError):
        return flask.jsonify(error="invalid_client"), 401
    assert form["grant_type"] == "client_credentials"
    assert form["client_assertion_type"].endswith(":jwt-bearer")
    assert claims["iss"] == claims["sub"]
    assert claims["aud"] == f"{book.address}/token"
    assert claims["jti"] not in [seen["jti"] for seen in book.assertions]
    book.assertions.append(claims)
    token = f"{claims['iss']}.{uuid4()}"
    book.tokens[token] = (claims["iss"], frozenset(form["scope"].split()))
    return flask.jsonify(access_token=token, token_type="Bearer", expires_in=3600, scope=form["scope"])


def _client(book: Gradebook, scope: str) -> str:
    """Whose token it is; 401 without one, 403 without the scope."""
    token = flask.request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token not in book.tokens:
        flask.abort(401)
    client_id, scopes = book.tokens[token]
    if not any(granted.endswith(tuple(scope.split("|"))) for granted in scopes):
        flask.abort(403)
    return client_id


def _items(book: Gradebook) -> Any:
    _client(book, "/lineitem")
    if flask.request.method == "GET":
        wanted = flask.request.args.get("resource_id")
        found = [
            {"id": book.item_url(id), **item}
            for id, item in book.items.items()
            if wanted is None or item.get("resourceId") == wanted
        ]
        return flask.jsonify(found)
    assert flask.request.content_type == LINE_ITEM_TYPE
    id = str(len(book.items) + 1)
    book.items[id] = json.loads(flask.request.data)
    return flask.jsonify({"id": book.item_url(id), **book.items[id]}), 201


def _item(book: Gradebook, item: str) -> Any:
    _client(book, "/lineitem|/lineitem.readonly")
    if item not in book.items:
        return "there is no such column", 404
    return flask.jsonify({"id": book.item_url(item), **book.items[item]})


def _score(book: Gradebook, item: str) -> Any:
    client_id = _client(book, "/score")
    if item not in book.items:
        return "there is no such column", 404
    assert flask.request.content_type == SCORE_TYPE
    query = flask.request.query_string.decode()
    book.posts.append(Posted(item, query, flask.request.data, client_id))
    return "", 204


def _results(book: Gradebook, item: str) -> Any:
    _client(book, "/result.readonly")
    user = flask.request.args.get("user_id")
    told = [post.told for post in book.posts if post.item == item and user in {None, post.told["userId"]}]
    return flask.jsonify([{"userId": t["userId"], "resultScore": t["scoreGiven"]} for t in told])


def _members(book: Gradebook) -> Any:
    _client(book, "/contextmembership.readonly")
    start = int(flask.request.args.get("From", 0))
    page = book.members[start : start + book.page_size]
    answer = flask.Response(json.dumps({"id": "x", "members": page}), content_type=MEMBERS_TYPE)
    if start + book.page_size < len(book.members):
        mark = quote("Some+Mixed/Case=")
        following = f"{book.address}/Members?From={start + book.page_size}&Mark={mark}"
        answer.headers["Link"] = f'<{following}>; rel="next"'
    return answer
