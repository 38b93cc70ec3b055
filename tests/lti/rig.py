"""A hub with two tools, as one of them sees it: launches, tokens, services, and a look at what was written."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any, cast
from uuid import uuid4

import flask
import sqlalchemy as sa
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.test import TestResponse

from hub.errors import HubError
from hub.ids import new_id
from hub.journal import tables as journal
from hub.lti.launch import LoginInitiation, start_launch
from hub.lti.resource_links import default_line_item_id, place_offering
from hub.lti.routes import blueprint
from hub.lti.tools import ToolRegistration, add_tool
from hub.lti.vocabulary import AGS_SCOPES, JWT_BEARER_ASSERTION, SCORE_TYPE
from hub.runtime import Hub
from hub.store import metadata
from hub.testing.keys import new_key
from hub.testing.serve import serve
from hub.training import tables as training
from hub.web.language import install_languages
from tests.apps import app_of
from tests.world import LONG_AGO, World

BEARER = JWT_BEARER_ASSERTION


@dataclass
class Keys:
    """A tool's private key and the server of its JWKS."""

    private: RSAKey
    address: str = ""
    published: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    calls: int = 0
    instead: Callable[[], flask.typing.ResponseReturnValue] | None = None
    """What the server answers in place of the keys."""

    def publish(self, *keys: RSAKey) -> None:
        self.published = [dict(key.as_dict(private=False)) for key in keys]

    def begin(self) -> "Keys":
        """As a test finds it: the key published, nothing fetched yet."""
        self.publish(self.private)
        self.status, self.calls, self.instead = 200, 0, None
        return self


@contextmanager
def serve_keys() -> Iterator[Keys]:
    keys = Keys(new_key())
    app = flask.Flask(__name__)

    def jwks() -> flask.typing.ResponseReturnValue:
        keys.calls += 1
        if keys.instead:
            return keys.instead()
        return flask.jsonify(keys=keys.published), keys.status

    app.add_url_rule("/jwks", "jwks", jwks)
    with serve(app) as url:
        keys.address = url
        yield keys


@dataclass(frozen=True)
class Session:
    """A web session, as the hub's pages put it into ``flask.g``."""

    person_id: str
    connection_id: str
    token_hash: str


def small_app(hub: Hub) -> flask.Flask:
    """The LTI endpoints alone, with the hub's own pages as JSON; the cookie says who is signed in."""
    app = flask.Flask(__name__)
    app.extensions["hub"] = hub
    app.register_blueprint(blueprint)
    install_languages(app)

    def load_session() -> None:
        person_id, _, token_hash = flask.request.cookies.get("who", "").partition("|")
        flask.g.session = Session(person_id, "", token_hash) if person_id else None

    def on_error(error: HubError) -> tuple[flask.Response, int]:
        return flask.jsonify(code=error.code, message=error.message), error.status

    app.before_request(load_session)
    app.register_error_handler(HubError, on_error)
    return app


class Form(HTMLParser):
    """The one form of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given["action"]
        elif tag == "input":
            self.fields[given["name"]] = given["value"]


class Rig:
    """LMS north (and south, another tool) at a hub where ann has goals on brakes and batteries of north."""

    def __init__(self, hub: Hub, keys: Keys) -> None:
        self.hub, self.keys = hub, keys.begin()
        self.world = World(hub).begin()
        self.world.add(brands=["A"], positions=["technician"])
        self.world.add_location("Riverside", brands={"A": ["service"]})
        self.world.add_courses("north", "brakes", "batteries")
        self.world.add_courses("south", "tires")
        self.appointments: dict[str, str] = {}
        self._contexts: dict[str, str] = {}
        self._launched: dict[tuple[str, str], str] = {}
        for person in ("ann", "bob", "cid"):
            self.world.add_person(person)
            self.appointments[person] = self.world.appoint(person, "technician", "Riverside", brands=["A"])
        for person in ("ann", "bob"):
            for course in ("brakes", "batteries", "tires"):
                self.assign(person, course)
        self.north = self.connect("north")
        self.south = self.connect("south")
        self.app = app_of(hub, small_app)
        self.client: FlaskClient = self.app.test_client()
        self.sign_in("ann")

    def assign(self, person: str, target: str, kind: str = "offering") -> None:
        """A live goal, as a rule would make it; rules themselves are tried elsewhere."""
        goal_id, ids = new_id(), self.world.ids
        with self.hub.unit_of_work() as uow:
            uow.connection.execute(
                sa.insert(training.goal).values(
                    id=goal_id,
                    person_id=ids[person],
                    target_kind=kind,
                    target_id=ids[target],
                    kind="brand",
                    dimension="service",
                )
            )
            uow.connection.execute(
                sa.insert(training.goal_source).values(
                    id=new_id(),
                    goal_id=goal_id,
                    kind="rule",
                    source_key="technicians",
                    version="1",
                    appointment_id=self.appointments[person],
                    reason={},
                    valid_from=LONG_AGO,
                )
            )

    def withdraw(self, person: str) -> None:
        """End all goals of a person now."""
        source = training.goal_source
        mine = source.c.appointment_id == self.appointments[person]
        with self.hub.unit_of_work() as uow:
            uow.connection.execute(sa.update(source).where(mine).values(valid_to=uow.now))

    def connect(self, lms: str, **settings: Any) -> ToolRegistration:
        url = f"http://127.0.0.1:9/{lms}"
        with self.hub.unit_of_work() as uow:
            return add_tool(
                uow,
                self.world.ids[lms],
                login_url=f"{url}/login?tenant=1",
                launch_url=f"{url}/launch",
                jwks_url=f"{self.keys.address}/jwks",
                **settings,
            )

    def another_client(self) -> "Rig":
        """The same rig with a browser or program of its own, for a thread of its own."""
        other = copy(self)
        other.client = self.app.test_client()
        return other

    # --- launches ---

    def sign_in(self, person: str, session: str = "session-1") -> None:
        self.client.set_cookie("who", f"{self.world.ids[person]}|{session}", domain="127.0.0.1")

    def sign_out(self) -> None:
        self.client.delete_cookie("who", domain="127.0.0.1")

    def start(
        self, person: str = "ann", course: str = "brakes", session: str = "session-1"
    ) -> LoginInitiation:
        return start_launch(self.hub, self.world.ids[person], self.world.ids[course], session)

    def request_for(self, login: LoginInitiation, **changes: str | None) -> dict[str, str]:
        """The authentication request a tool makes of a login initiation; None leaves a parameter out."""
        request = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": login.fields["client_id"],
            "redirect_uri": login.fields["target_link_uri"],
            "login_hint": login.fields["login_hint"],
            "lti_message_hint": login.fields["lti_message_hint"],
            "state": "state-1",
            "nonce": "nonce-1",
        }
        return {name: value for name, value in {**request, **changes}.items() if value is not None}

    def authorize(self, request: Mapping[str, Any], method: str = "GET") -> TestResponse:
        if method == "GET":
            return self.client.get("/lti/authorize", query_string=request, base_url=self.base)
        return self.client.post("/lti/authorize", data=request, base_url=self.base)

    def launch(self, person: str = "ann", course: str = "brakes") -> dict[str, Any]:
        """A whole launch; the claims of its id_token, verified with the hub's JWKS."""
        self.sign_in(person)
        answer = self.authorize(self.request_for(self.start(person, course)))
        return self.claims(Form(answer.text).fields["id_token"])

    def newcomer(self) -> str:
        """A person nobody else knows, with a goal on brakes."""
        person = f"newcomer-{len(self.appointments)}"
        self.world.add_person(person)
        self.appointments[person] = self.world.appoint(person, "technician", "Riverside", brands=["A"])
        self.assign(person, "brakes")
        return person

    def subject(self, person: str, course: str) -> str:
        """The person's subject at the course's LMS; the first call launches the course."""
        if (person, course) not in self._launched:
            self._launched[person, course] = str(self.launch(person, course)["sub"])
        return self._launched[person, course]

    def claims(self, id_token: str) -> dict[str, Any]:
        published = self.client.get("/lti/jwks", base_url=self.base).json
        assert published is not None
        keys = KeySet.import_key_set({"keys": published["keys"]})
        return jwt.decode(id_token, keys, algorithms=["RS256"]).claims

    # --- tokens ---

    def assertion(
        self, header: Mapping[str, Any] | None = None, key: Any = None, drop: str = "", **claims: Any
    ) -> str:
        """A client assertion of north, good unless told otherwise."""
        now = int(self.hub.clock.now().timestamp())
        client_id = self.north.client_id
        body = {
            "iss": client_id,
            "sub": client_id,
            "aud": self.north.token_url,
            "iat": now,
            "exp": now + 60,
            "jti": str(uuid4()),
        } | claims
        body.pop(drop, None)
        head = {"alg": "RS256", "kid": self.keys.private.kid} | dict(header or {})
        head = {name: value for name, value in head.items() if value is not None}
        signer = self.keys.private if key is None else key
        return jwt.encode(head, body, signer, algorithms=[head["alg"]])

    def ask_token(self, **changes: Any) -> TestResponse:
        """A token request of north; None leaves a field out."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": BEARER,
            "scope": " ".join(AGS_SCOPES),
        } | changes
        if "client_assertion" not in form:
            form["client_assertion"] = self.assertion()
        form = {name: value for name, value in form.items() if value is not None}
        return self.client.post("/lti/token", data=form, base_url=self.base)

    def token(self, *scopes: str, tool: ToolRegistration | None = None) -> str:
        of = tool or self.north
        assertion = self.assertion(iss=of.client_id, sub=of.client_id)
        answer = self.ask_token(client_assertion=assertion, scope=" ".join(scopes or AGS_SCOPES))
        assert answer.status_code == 200, answer.text
        return str(answer.json and answer.json["access_token"])

    # --- services ---

    def context(self, course: str = "brakes") -> str:
        if course not in self._contexts:
            with self.hub.unit_of_work() as uow:
                self._contexts[course] = place_offering(uow, self.world.ids[course]).id
        return self._contexts[course]

    def line_items_path(self, course: str = "brakes") -> str:
        return f"/lti/contexts/{self.context(course)}/lineitems"

    def line_item_path(self, course: str = "brakes") -> str:
        context = self.context(course)
        return f"/lti/contexts/{context}/lineitems/{default_line_item_id(context)}"

    def call(
        self,
        method: str,
        path: str,
        token: str | None,
        body: object = None,
        media_type: str | None = None,
        **options: Any,
    ) -> TestResponse:
        """Call a service; ``body`` is made JSON unless it is bytes."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return self.client.open(
            path,
            method=method,
            data=data,
            headers=headers,
            content_type=media_type,
            base_url=self.base,
            **options,
        )

    def score(self, user_id: str, **changes: Any) -> dict[str, Any]:
        """A score of 80 of 100, completed and fully graded; None leaves a member out."""
        score = {
            "userId": user_id,
            "scoreGiven": 80,
            "scoreMaximum": 100,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            "timestamp": self.hub.clock.now().isoformat(timespec="milliseconds"),
        } | changes
        return {name: value for name, value in score.items() if value is not None}

    def post_score(
        self, path: str, token: str | None, score: object, media_type: str = SCORE_TYPE
    ) -> TestResponse:
        return self.call("POST", f"{path}/scores", token, score, media_type)

    @property
    def base(self) -> str:
        return self.hub.settings.public_url

    # --- what was written ---

    def statements(self, subject: str | None = None) -> list[dict[str, Any]]:
        """All statements in the journal, or those about one learner, as the hub gives them back."""
        query = sa.select(journal.statement.c.payload).order_by(journal.statement.c.position)
        with self.hub.reading() as uow:
            told = [json.loads(payload) for payload in uow.connection.scalars(query)]
        return [s for s in told if subject in {None, s["actor"]["account"]["name"]}]

    def record(self) -> "Record":
        return Record(self.hub, self.keys)


_CACHED = {"jwks", "jwks_at", "jwks_tried_at"}
_CONTENT = {
    table.name: ", ".join(f'"{c.name}"' for c in table.c if c.name not in _CACHED)
    for table in metadata.sorted_tables
    if table.name not in {"audit", "request_count"}
}
"""Columns by table: everything but the audit trail, how often something was asked, and the cache of tools' keys."""


def _rows(connection: sa.Connection) -> Iterator[tuple[str, str]]:
    """Table and text of every row. By the driver itself: many tests look at the whole database."""
    cursor = cast(Any, connection.connection.driver_connection).cursor()
    if connection.dialect.name == "sqlite":
        for table, columns in _CONTENT.items():
            for row in cursor.execute(f"SELECT {columns} FROM {table}"):
                yield table, str(row)
    else:
        each = (
            f"SELECT '{table}', r::text FROM (SELECT {columns} FROM {table}) AS r"
            for table, columns in _CONTENT.items()
        )
        yield from cursor.execute(" UNION ALL ".join(each))


class Record:
    """What the database held at one moment, to compare with what it holds later."""

    def __init__(self, hub: Hub, keys: Keys) -> None:
        self._hub = hub
        self._rows = self._read()
        self._audited = len(self._audit())

    def audited(self) -> list[tuple[str, str, str]]:
        """Action, outcome and reason of every audit row since."""
        return self._audit()[self._audited :]

    def changed(self) -> set[str]:
        """Tables whose content differs, but for the audit trail and the cache of tools' keys."""
        now = self._read()
        return {name for name in now if now[name] != self._rows[name]}

    def assert_refused(self, action: str, reason: str) -> None:
        """Nothing written but exactly one audit row with the reason."""
        assert self.audited() == [(action, "refused", reason)]
        assert self.changed() == set()

    def assert_nothing(self) -> None:
        """Nothing written at all."""
        assert self.audited() == []
        assert self.changed() == set()

    def _read(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {table: [] for table in _CONTENT}
        with self._hub.reading() as uow:
            for table, row in _rows(uow.connection):
                found[table].append(row)
        return {table: sorted(rows) for table, rows in found.items()}

    def _audit(self) -> list[tuple[str, str, str]]:
        columns = (journal.audit.c.action, journal.audit.c.outcome, journal.audit.c.reason)
        with self._hub.reading() as uow:
            rows = uow.connection.execute(sa.select(*columns).order_by(journal.audit.c.position))
            return [(row.action, row.outcome, row.reason) for row in rows]


def later(rig: Rig, **delta: float) -> str:
    """A timestamp so much after the hub's clock."""
    return (rig.hub.clock.now() + timedelta(**delta)).isoformat(timespec="milliseconds")


def with_other_tool(login: LoginInitiation, tool: ToolRegistration, launch_url: str) -> LoginInitiation:
    """The same hints, brought by another tool."""
    return replace(login, fields={**login.fields, "client_id": tool.client_id, "target_link_uri": launch_url})
