"""LMS West, a platform, at a hub with courses of other LMSs: logins, crafted messages, and what became of them."""

from collections.abc import Mapping
from copy import copy
from typing import Any
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa
from flask.testing import FlaskClient
from joserfc import jws, jwt
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from hub.app import create_app
from hub.ids import new_id
from hub.journal import tables as journal
from hub.lti.tool.platform_deployments import State, decide_deployment
from hub.lti.tool.platforms import HubAsTool, connect_platform
from hub.lti.vocabulary import CLAIM, RESOURCE_LINK_REQUEST
from hub.network.people.identities import LTI_SUBJECT, link_identity
from hub.runtime import Hub
from hub.sso.tables import web_session
from hub.training import tables as training
from hub.training.courses.offerings import set_path
from tests.apps import app_of
from tests.lti.rig import Form, Keys, Record
from tests.world import World

ISSUER = "https://west.example"
CLIENT = "hub-at-west"
DEPLOYMENT = "1"
ANN = "7f-Ann"
INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"


class West:
    """LMS West launches the hub; Ann is known there by proof, nobody else is. Two more registrations have another id."""

    def __init__(self, hub: Hub, keys: Keys) -> None:
        self.hub, self.keys = hub, keys.begin()
        self.key = keys.private
        self.world = World(hub).begin()
        self.world.add_courses("north", "brakes", "batteries")
        with hub.unit_of_work() as uow:
            self.world.ids["safety"] = set_path(
                uow, "safety", "Safety", "Two courses", ["brakes", "batteries"]
            )
        for person in ("ann", "bob"):
            self.world.add_person(person)
        self.another_partner = new_id()
        self.west = self.connect("west", ISSUER, CLIENT, DEPLOYMENT)
        self.east = self.connect("east", ISSUER, "hub-at-east", "e-1")
        self.other = self.connect("other", "https://other.example", "hub-at-other", "o-1")
        self.know("ann", ANN)
        self.app = app_of(hub, create_app)
        self.base = hub.settings.public_url
        self.client: FlaskClient = self.app.test_client()

    def connect(
        self, slug: str, issuer: str, client_id: str, deployment_id: str, **settings: Any
    ) -> HubAsTool:
        address = f"http://127.0.0.1:9/{slug}"
        with self.hub.unit_of_work() as uow:
            return connect_platform(
                uow,
                slug,
                f"LMS {slug.capitalize()}",
                self.world.ids["partner"],
                issuer=issuer,
                client_id=client_id,
                authorize_url=f"{address}/authorize?tenant=1",
                token_url=f"{address}/token",
                jwks_url=f"{self.keys.address}/jwks",
                deployment_id=deployment_id,
                **settings,
            )

    def know(self, person: str, subject: str, platform: HubAsTool | None = None) -> None:
        """Let a subject of a platform mean a person, as a proof would."""
        with self.hub.unit_of_work() as uow:
            connection_id = (platform or self.west).connection_id
            link_identity(uow, connection_id, LTI_SUBJECT, subject, self.world.ids[person], "proof")

    def decide(self, deployment_id: str, state: State, partner_id: str | None = None) -> None:
        """Decide on a deployment of LMS West."""
        with self.hub.unit_of_work() as uow:
            decide_deployment(uow, self.west.connection_id, deployment_id, state, partner_id)

    def move_courses_to_west(self) -> None:
        """Let LMS West itself have all courses."""
        with self.hub.unit_of_work() as uow:
            uow.connection.execute(training.offering.update().values(connection_id=self.west.connection_id))

    def last_audit_detail(self) -> dict[str, Any]:
        """What the newest audit row tells beside its reason."""
        newest = sa.select(journal.audit.c.detail).order_by(journal.audit.c.position.desc()).limit(1)
        with self.hub.reading() as uow:
            return dict(uow.connection.scalar(newest) or {})

    def another_browser(self) -> "West":
        other = copy(self)
        other.client = self.app.test_client()
        return other

    # --- addresses ---

    def target(self, name: str = "home", kind: str = "offering") -> str:
        """The target_link_uri of ``home``, ``pick``, or of a course or path by name."""
        tail = name if name in {"home", "pick"} else f"{kind}/{self.world.ids[name]}"
        return f"{self.base}/lti/tool/open/{tail}"

    # --- login ---

    def login_request(self, **changes: Any) -> dict[str, Any]:
        """What LMS West sends to begin; None leaves a parameter out."""
        request = {
            "iss": ISSUER,
            "client_id": CLIENT,
            "login_hint": "hint",
            "lti_message_hint": "message",
            "target_link_uri": self.target(),
            "lti_deployment_id": DEPLOYMENT,
        } | changes
        return {name: value for name, value in request.items() if value is not None}

    def login(self, method: str = "GET", **changes: Any) -> TestResponse:
        request = self.login_request(**changes)
        given: dict[str, Any] = {"query_string": request} if method == "GET" else {"data": request}
        return self.client.open("/lti/tool/login", method=method, base_url=self.base, **given)

    def begin(self, **changes: Any) -> dict[str, str]:
        """The authentication request of a login that went well, by name."""
        answer = self.login(**changes)
        assert answer.status_code == 302, answer.text
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}

    # --- messages ---

    def claims(self, begun: Mapping[str, str], **changes: Any) -> dict[str, Any]:
        """A message of LMS West that is in order. ``x__name`` stands for the claim ``name`` of LTI; None leaves one out."""
        now = int(self.hub.clock.now().timestamp())
        claims = {
            "iss": ISSUER,
            "aud": begun["client_id"],
            "sub": ANN,
            "iat": now,
            "exp": now + 300,
            "nonce": begun["nonce"],
            CLAIM + "version": "1.3.0",
            CLAIM + "message_type": RESOURCE_LINK_REQUEST,
            CLAIM + "deployment_id": DEPLOYMENT,
            CLAIM + "target_link_uri": self.target(),
            CLAIM + "resource_link": {"id": "link-1", "title": "Training"},
            CLAIM + "roles": [LEARNER],
        }
        named = {
            name.replace("x__", CLAIM, 1) if name.startswith("x__") else name: v
            for name, v in changes.items()
        }
        return {name: value for name, value in (claims | named).items() if value is not None}

    def sign(self, claims: Mapping[str, Any], key: RSAKey | None = None, **header: Any) -> str:
        key = key or self.key
        full = {"alg": "RS256", "kid": key.kid} | header
        return jwt.encode(
            {n: v for n, v in full.items() if v is not None}, dict(claims), key, algorithms=["RS256"]
        )

    def sign_bytes(self, payload: bytes) -> str:
        """Any bytes as a signed message."""
        return jws.serialize_compact({"alg": "RS256", "kid": self.key.kid}, payload, self.key, ["RS256"])

    def post(self, state: str | None, token: str | None, path: str = "", **more: Any) -> TestResponse:
        own = {"Origin": self.base} if path == "/confirm" else {}
        headers = own | more.pop("headers", {})
        form = {"state": state, "id_token": token} | more
        form = {name: value for name, value in form.items() if value is not None}
        return self.client.post(f"/lti/tool/launch{path}", data=form, headers=headers, base_url=self.base)

    def launch(
        self, target: str | None = None, *, headers: Mapping[str, str] | None = None, **claims: Any
    ) -> TestResponse:
        """A login and its launch, the same target in both."""
        uri = target or self.target()
        begun = self.begin(target_link_uri=uri)
        token = self.sign(self.claims(begun, x__target_link_uri=uri, **claims))
        return self.post(begun["state"], token, headers=dict(headers or {}))

    def refused(self, reason: str, claims: Mapping[str, Any] | None = None, **header: Any) -> TestResponse:
        """A launch with these changes is refused for this reason, and leaves nothing behind."""
        begun = self.begin()
        return self.refuse(begun, self.sign(self.claims(begun, **(claims or {})), **header), reason)

    def refuse(self, begun: Mapping[str, str], token: str, reason: str, status: int = 400) -> TestResponse:
        record = Record(self.hub, self.keys)
        answer = self.post(begun["state"], token)
        record.assert_refused("lti_entry", reason)
        assert (answer.status_code, reason in answer.text) == (status, True)
        assert "hub_session" not in str(answer.headers)
        return answer

    # --- pages ---

    def get(self, address: str) -> TestResponse:
        return self.client.get(address, base_url=self.base)

    def open(self, answer: TestResponse) -> TestResponse:
        """Follow a launch that went well into the hub's own pages."""
        assert answer.status_code == 303, answer.text
        return self.get(answer.location)

    def press(self, page: TestResponse, **headers: str) -> TestResponse:
        """Press the one button of a page of the hub."""
        form = Form(page.text)
        return self.client.post(form.action, data=form.fields, headers=headers, base_url=self.base)

    def people_signed_in(self) -> list[str]:
        """Who has a session, by name."""
        names = {id: name for name, id in self.world.ids.items()}
        with self.hub.reading() as uow:
            return [names[id] for id in uow.connection.scalars(sa.select(web_session.c.person_id))]


def record(west: West) -> Record:
    """What the database holds now."""
    return Record(west.hub, west.keys)
