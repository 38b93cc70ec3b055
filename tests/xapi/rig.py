"""Statements to send, and a client that sends them to a hub under test."""

import base64
import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast
from uuid import uuid4

import flask
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers

from hub.runtime import Hub
from hub.xapi.callers.credentials import READ_MINE, WRITE, create_credential
from hub.xapi.callers.oauth_routes import blueprint as oauth_blueprint
from hub.xapi.http.routes import blueprint
from tests.apps import app_of

GONE = object()
"""Takes a property away in ``changed``."""

VERBS = "http://adlnet.gov/expapi/verbs/"
AGENT = {"mbox": "mailto:ana@example.com"}
OTHER_AGENT = {"account": {"homePage": "https://lms.example", "name": "ben"}}
GROUP = {"objectType": "Group", "member": [AGENT]}
ACTIVITY = {"id": "https://lms.example/course/brakes"}
ATTACHMENT = {
    "usageType": "https://example.com/usage/certificate",
    "display": {"en": "Certificate"},
    "contentType": "application/pdf",
    "length": 4,
    "sha2": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "fileUrl": "https://example.com/certificate.pdf",
}


def new_uuid() -> str:
    """A random UUID, as senders make them."""
    return str(uuid4())


def statement(**parts: Any) -> dict[str, Any]:
    """A short valid statement with other or more parts."""
    return {"actor": AGENT, "verb": {"id": VERBS + "completed"}, "object": ACTIVITY} | parts


def sub_statement(**parts: Any) -> dict[str, Any]:
    """A statement about a SubStatement with other or more parts."""
    return statement(object={"objectType": "SubStatement"} | statement(**parts))


def full_statement() -> dict[str, Any]:
    """A valid statement that uses nearly everything both versions have."""
    return statement(
        id=new_uuid(),
        actor={
            "objectType": "Agent",
            "name": "Ana",
            "account": {"homePage": "https://lms.example", "name": "ana"},
        },
        verb={
            "id": VERBS + "answered",
            "display": {"en-US": "answered", "sr-Latn-RS": "odgovorila", "cmn": "答"},
        },
        object={
            "objectType": "Activity",
            "id": "https://lms.example/question/1",
            "definition": {
                "name": {"en": "Which?"},
                "description": {"de-DE": "Welche?"},
                "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
                "moreInfo": "https://lms.example/about",
                "interactionType": "choice",
                "correctResponsesPattern": ["a[,]b"],
                "choices": [{"id": "a", "description": {"en": "A"}}, {"id": "b"}],
                "extensions": {"https://example.com/x": {"deep": [None, 1, {"é": ""}]}},
            },
        },
        result={
            "score": {"scaled": -0.5, "raw": 3.5, "min": 0, "max": 10},
            "success": True,
            "completion": False,
            "response": "a",
            "duration": "P3Y1M29DT4H35M59.145S",
            "extensions": {"https://example.com/null": None},
        },
        context={
            "registration": new_uuid(),
            "instructor": {"objectType": "Group", "openid": "https://id.example/coaches", "member": [AGENT]},
            "team": GROUP,
            "contextActivities": {
                "parent": ACTIVITY,
                "grouping": [ACTIVITY, ACTIVITY],
                "category": [],
                "other": ACTIVITY,
            },
            "revision": "2",
            "platform": "LMS South",
            "language": "en-GB",
            "statement": {"objectType": "StatementRef", "id": new_uuid()},
            "extensions": {},
        },
        timestamp="2026-05-03T23:30:00.123456789+02:00",
        stored="2026-05-03T21:30:00Z",
        authority=AGENT,
        version="1.0.0",
        attachments=[ATTACHMENT],
    )


def changed(told: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy with values at places such as ``context.contextActivities.parent[0].id`` put in, or taken away by GONE."""
    result = copy.deepcopy(dict(told))
    for place, value in changes.items():
        *above, last = [
            int(key) if key.isdigit() else key for key in re.split(r"[.\[\]]+", place.rstrip("]"))
        ]
        target: Any = result
        for key in above:
            target = target.setdefault(key, {}) if isinstance(target, dict) else target[key]
        if value is GONE:
            del target[last]
        else:
            target[last] = value
    return result


class Answer(Protocol):
    """What a test looks at in an answer."""

    status_code: int
    headers: Headers
    mimetype: str | None
    data: bytes
    text: str
    json: Any


@dataclass
class Store:
    """The record store of a hub, as one system with a credential sees it."""

    client: FlaskClient
    connection_id: str
    key: str
    secret: str
    version: str = "1.0.3"
    headers: dict[str, str] = field(default_factory=dict)

    def post(self, body: Any, **options: Any) -> Answer:
        """Send statements; ``body`` is bytes or something to encode."""
        return self.send("POST", data=body if isinstance(body, bytes) else json.dumps(body), **options)

    def put(self, id: str, body: Any, **options: Any) -> Answer:
        """Send one statement under an id."""
        data = body if isinstance(body, bytes) else json.dumps(body)
        return self.send("PUT", data=data, query_string={"statementId": id}, **options)

    def get(self, **parameters: Any) -> Answer:
        """Ask for statements."""
        return self.send("GET", query_string=parameters)

    def ids(self, **parameters: Any) -> list[str]:
        """The ids of one page of a list."""
        return [each["id"] for each in self.page(**parameters)["statements"]]

    def page(self, **parameters: Any) -> dict[str, Any]:
        """One page of a list."""
        answer = self.get(**parameters)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json
        return page

    def follow(self, page: Mapping[str, Any]) -> dict[str, Any]:
        """The page after one."""
        answer = self.send("GET", page["more"])
        assert answer.status_code == 200, answer.text
        next_page: dict[str, Any] = answer.json
        return next_page

    def send(self, method: str, path: str = "/xapi/statements", **options: Any) -> Answer:
        """Any request with this system's credential, version and JSON."""
        options.setdefault("content_type", "application/json")
        headers: dict[str, str | None] = {
            "X-Experience-API-Version": self.version,
            "Authorization": self.authorization,
            **self.headers,
        }
        headers |= options.pop("headers", {})
        sent = {name: value for name, value in headers.items() if value is not None}
        return cast(Answer, self.client.open(path, method=method, headers=sent, **options))

    @property
    def authorization(self) -> str:
        """The value of the Authorization header."""
        return basic(self.key, self.secret)


def basic(key: str, secret: str) -> str:
    """HTTP Basic credentials as a header has them."""
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


def make_app(hub: Hub) -> flask.Flask:
    """A web application with nothing but the record store."""
    app = flask.Flask("xapi-under-test")
    app.extensions["hub"] = hub
    app.register_blueprint(blueprint)
    app.register_blueprint(oauth_blueprint)
    return app


def open_store(
    hub: Hub, connection_id: str, scopes: tuple[str, ...] = (WRITE, READ_MINE), version: str = "1.0.3"
) -> Store:
    """The store as a new credential of a connection sees it."""
    with hub.unit_of_work() as uow:
        key, secret = create_credential(uow, connection_id, scopes)
    return Store(app_of(hub, make_app).test_client(), connection_id, key, secret, version)


def problems_of(answer: Answer) -> dict[str, str]:
    """Messages by place of an error."""
    return {problem["place"]: problem["message"] for problem in answer.json["problems"]}
