"""A OneRoster 1.2 rostering service on loopback, as far as a consumer sees it.

After the 1EdTech OneRoster 1.2 REST binding: a bearer token by client credentials, collections with ``limit`` and ``offset``,
``X-Total-Count`` and ``Link``, and rows that are marked ``tobedeleted`` before they go.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import flask

from hub.testing.serve import serve

CLIENT, SECRET = "hub", "s3cret"
BASE = "/ims/oneroster/rostering/v1p2"
MODIFIED = "2026-05-01T09:00:00.000Z"


class Service:
    """``faults`` are answers given instead of the next pages; ``before_page`` runs before each page is cut."""

    def __init__(self, address: str) -> None:
        self.host = address.removeprefix("http://")
        self.address = f"{address}{BASE}"
        self.token_url = f"{address}/token"
        self.rows: dict[str, list[dict[str, Any]]] = {"courses": [], "classes": [], "users": []}
        self.tokens: list[str] = []
        self.asked: list[tuple[str, int]] = []
        self.faults: list[Callable[[], flask.Response | None]] = []
        self.before_page: Callable[[int], None] = lambda offset: None
        self.tells = {"total", "link"}
        self.largest_page = 1000

    def give_token(self) -> tuple[flask.Response, int]:
        """A token for the one client there is (RFC 6749, section 4.4)."""
        said = flask.request.authorization
        if said is None or (said.username, said.password) != (CLIENT, SECRET):
            return flask.jsonify(error="invalid_client"), 401
        if flask.request.form.get("grant_type") != "client_credentials":
            return flask.jsonify(error="unsupported_grant_type"), 400
        if not flask.request.form.get("scope", "").endswith("/roster-core.readonly"):
            return flask.jsonify(error="invalid_scope"), 400
        self.tokens.append(f"token-{len(self.tokens) + 1}")
        return flask.jsonify(access_token=self.tokens[-1], token_type="bearer", expires_in=3600), 200

    def collection(self, kind: str) -> flask.Response:
        """One page of ``/courses``, ``/classes`` or ``/users``."""
        if fault := (self.faults.pop(0)() if self.faults else None):
            return fault
        if not self.tokens or flask.request.headers.get("Authorization") != f"Bearer {self.tokens[-1]}":
            return flask.Response(status=401)
        limit = min(int(flask.request.args["limit"]), self.largest_page)
        offset = int(flask.request.args["offset"])
        self.asked.append((kind, offset))
        self.before_page(offset)
        rows = sorted(self.rows[kind], key=lambda row: row["sourcedId"])
        answer = flask.jsonify({kind: rows[offset : offset + limit]})
        if "total" in self.tells:
            answer.headers["X-Total-Count"] = str(len(rows))
        if "link" in self.tells and offset + limit < len(rows):
            answer.headers["Link"] = (
                f'<{self.address}/{kind}?limit={limit}&offset={offset + limit}>; rel="next"'
            )
        return answer


def course(number: int, title: str, **changes: Any) -> dict[str, Any]:
    """A course as a service lists it."""
    row = {"sourcedId": f"c{number:04}", "status": "active", "dateLastModified": MODIFIED, "title": title}
    return row | {"courseCode": f"C-{number}", "org": {"sourcedId": "o1", "type": "org"}} | changes


def user(number: int, identifier: str, **changes: Any) -> dict[str, Any]:
    """A user; ``identifier`` is what the network files call the person."""
    row = {"sourcedId": f"u{number:04}", "status": "active", "dateLastModified": MODIFIED}
    row |= {"enabledUser": "true", "username": f"user{number}", "identifier": identifier}
    return row | {"userIds": [{"type": "HR", "identifier": f"hr-{number}"}], "givenName": "A"} | changes


@contextmanager
def serve_oneroster() -> Iterator[Service]:
    """Run one, without rows."""
    app = flask.Flask("oneroster", static_folder=None)
    with serve(app) as address:
        service = Service(address)
        app.add_url_rule("/token", "token", service.give_token, methods=["POST"])
        app.add_url_rule(f"{BASE}/<kind>", "collection", service.collection)
        yield service
