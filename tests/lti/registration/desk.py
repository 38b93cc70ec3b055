"""A hub with two partners at the moment an LMS is connected, and the LMS at the other end: tool, platform or both."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import flask
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.ids import new_id
from hub.journal import tables as journal
from hub.lti.registration.drafts import NewDraft, open_draft
from hub.lti.registration.metadata import PLATFORM_CONFIGURATION, TOOL_CONFIGURATION
from hub.lti.vocabulary import AGS_SCOPES, NRPS_SCOPE
from hub.network import tables as network
from hub.runtime import Hub
from hub.testing.serve import serve
from tests.apps import app_of
from tests.lti.rig import Keys, Record, small_app

TOOL = "https://tool.example"


@dataclass
class Outside:
    """A platform on loopback that answers registrations as it is told, and counts who calls."""

    address: str = ""
    configuration: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    registered_status: int = 201
    raw: bytes | None = None
    location: str = ""
    delay: float = 0.0
    calls: list[str] = field(default_factory=list)
    received: dict[str, Any] = field(default_factory=dict)
    token: str = ""
    hooks: dict[str, Callable[[], flask.Response]] = field(default_factory=dict)

    def begin(self) -> "Outside":
        """As a test finds it: all is well, and nobody has called."""
        url = self.address
        self.configuration = {
            "issuer": url,
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "jwks_uri": f"{url}/jwks",
            "registration_endpoint": f"{url}/register",
            "scopes_supported": ["openid", *AGS_SCOPES, NRPS_SCOPE],
            "id_token_signing_alg_values_supported": ["RS256"],
            PLATFORM_CONFIGURATION: {"product_family_code": "west"},
        }
        self.answer = {"client_id": "hub-at-west", TOOL_CONFIGURATION: {"deployment_id": "1"}}
        self.status, self.registered_status, self.raw, self.location = 200, 201, None, ""
        self.calls, self.received, self.token = [], {}, ""
        self.hooks, self.delay = {}, 0.0
        return self

    @property
    def configuration_url(self) -> str:
        return f"{self.address}/configuration"

    def _configuration(self) -> flask.Response:
        self.calls.append("configuration")
        time.sleep(self.delay)
        body = self.raw if self.raw is not None else json.dumps(self.configuration).encode()
        response = flask.Response(body, self.status, content_type="application/json")
        if self.location:
            response.headers["Location"] = self.location
        return response

    def _register(self) -> flask.Response:
        self.calls.append("register")
        self.token = flask.request.headers.get("Authorization", "")
        self.received = flask.request.get_json()
        return flask.make_response(self.answer, self.registered_status)

    def _other(self, path: str) -> flask.Response:
        self.calls.append(path)
        return self.hooks[path]()


@contextmanager
def serve_outside() -> Iterator[Outside]:
    """The other end, over real HTTP."""
    outside, app = Outside(), flask.Flask(__name__)
    app.add_url_rule("/configuration", "configuration", outside._configuration)
    app.add_url_rule("/register", "register", outside._register, methods=["POST"])
    app.add_url_rule("/<path:path>", "other", outside._other, methods=["GET", "POST"])
    with serve(app) as url:
        outside.address = url
        yield outside.begin()


class Desk:
    """Whoever connects systems at a hub with the partners ``riverside`` and ``lakeside``."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.partners = {"riverside": new_id(), "lakeside": new_id()}
        with hub.unit_of_work() as uow:
            for name, partner_id in self.partners.items():
                uow.connection.execute(sa.insert(network.partner).values(id=partner_id, name=name))
        self.client: FlaskClient = app_of(hub, small_app).test_client()

    @property
    def base(self) -> str:
        return self.hub.settings.public_url

    def open(self, direction: str = "tool", slug: str = "west", **more: Any) -> NewDraft:
        """A registration of riverside, unless told otherwise."""
        values: dict[str, Any] = {
            "partner_id": self.partners["riverside"],
            "name": "LMS West",
            "created_by": None,
            "registration_url": f"{TOOL}/register?x=1" if direction == "tool" else "",
        }
        with self.hub.unit_of_work() as uow:
            return open_draft(uow, direction=cast(Any, direction), slug=slug, **{**values, **more})

    def metadata(self, **changes: Any) -> dict[str, Any]:
        """What a good tool sends; None leaves a member out. ``configuration`` changes its LTI part."""
        inner = {
            "domain": "tool.example",
            "target_link_uri": f"{TOOL}/launch",
            "claims": ["iss", "sub", "name"],
            "custom_parameters": {"level": "1"},
            "messages": [
                {"type": "LtiResourceLinkRequest"},
                {"type": "LtiDeepLinkingRequest", "target_link_uri": f"{TOOL}/pick"},
            ],
        }
        inner = {k: v for k, v in {**inner, **changes.pop("configuration", {})}.items() if v is not None}
        outer = {
            "application_type": "web",
            "response_types": ["id_token"],
            "grant_types": ["implicit", "client_credentials"],
            "initiate_login_uri": f"{TOOL}/login",
            "redirect_uris": [f"{TOOL}/launch", f"{TOOL}/pick"],
            "client_name": "Course Tool",
            "jwks_uri": f"{TOOL}/jwks",
            "token_endpoint_auth_method": "private_key_jwt",
            "scope": f"{' '.join(AGS_SCOPES)} {NRPS_SCOPE} https://scopes.example/unknown",
            TOOL_CONFIGURATION: inner,
        }
        return {name: value for name, value in {**outer, **changes}.items() if value is not None}

    def register(
        self, code: str | None, body: Any = None, *, draft_id: str = "", **headers: str
    ) -> TestResponse:
        """A tool's registration request; ``body`` is sent as it is if it is bytes."""
        data = body if isinstance(body, bytes) else json.dumps(self.metadata() if body is None else body)
        if code is not None:
            headers.setdefault("Authorization", f"Bearer {code}")
        query = {"registration": draft_id} if draft_id else {}
        return self.client.post(
            "/lti/register",
            data=data,
            query_string=query,
            headers=headers,
            content_type="application/json",
            base_url=self.base,
        )

    def visit(self, draft: NewDraft, address: str, token: str = "token-of-west") -> TestResponse:
        """The platform's administrator opens the registration address."""
        query = {"openid_configuration": address, "registration_token": token}
        return self.client.get(urlsplit(draft.address).path, query_string=query, base_url=self.base)

    def confirm(self, draft: NewDraft, address: str, token: str = "token-of-west") -> TestResponse:
        """... and presses the button."""
        form = {"openid_configuration": address, "registration_token": token}
        return self.client.post(urlsplit(draft.address).path, data=form, base_url=self.base)

    def record(self) -> Record:
        return Record(self.hub, cast(Keys, None))

    def last_audit(self) -> Mapping[str, Any]:
        """The newest row of the audit trail."""
        query = sa.select(journal.audit).order_by(journal.audit.c.position.desc()).limit(1)
        with self.hub.reading() as uow:
            return dict(uow.connection.execute(query).one()._mapping)


def token_in(draft: NewDraft) -> str:
    """The registration token in the address that a tool is opened with."""
    return parse_qs(urlsplit(draft.address).query)["registration_token"][0]
