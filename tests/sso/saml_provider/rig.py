"""A system behind the hub that knows only SAML: what it asks, what it is told, and a look at what was written."""

import base64
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import flask
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from lxml import etree
from werkzeug.test import TestResponse

from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.sso.saml.assertion import Asserted, Expected, NameId
from hub.sso.saml.names import PERSISTENT, POST, REDIRECT, tag
from hub.sso.saml.redirect_binding import redirect_address
from hub.sso.saml.requests import logout_request
from hub.sso.saml.response import Trust, read_response
from hub.sso.saml.routes import blueprint as saml
from hub.sso.saml.sp_metadata import add_endpoint, add_key
from hub.sso.saml.times import write_instant
from hub.sso.saml_provider.routes import blueprint
from hub.sso.saml_provider.system_metadata import SystemMetadata, read_system_metadata
from hub.sso.saml_provider.systems import add_system
from hub.sso.sessions import Proved, start_session
from hub.sso.tokens import new_token
from hub.testing.saml_signing import Signer, sign
from tests.apps import app_of
from tests.sso.rig import HUB, Browser, small_app

ENTITY = "https://old-lms.example.com/saml"
ACS = "https://old-lms.example.com/acs"
OTHER_ACS = "https://old-lms.example.com/other-acs"
SLO = "https://old-lms.example.com/slo"
SSO, HUB_SLO, HUB_ENTITY = f"{HUB}/saml/sso", f"{HUB}/saml/slo", f"{HUB}/saml/metadata"
_SPACES = {
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
}


def saml_app(hub: Hub) -> flask.Flask:
    """The sign-in alone, and the hub as SAML identity provider."""
    app = small_app(hub)
    app.register_blueprint(saml)  # its templates
    app.register_blueprint(blueprint)
    return app


class SamlBrowser(Browser):
    """A browser of somebody who uses systems that know only SAML."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub)
        self.client = app_of(hub, saml_app).test_client()

    def sit_down(self, person_id: str, connection_id: str, **proved: Any) -> str:
        """Sign somebody in without a provider; the session's token."""
        with self.hub.unit_of_work() as uow:
            token = start_session(uow, person_id, Proved(connection_id, "sub", "sub-tess", **proved))
        self.client.set_cookie("hub_session", token, domain=urlsplit(self.base_url).hostname or "")
        return token


@dataclass
class Posted:
    """What the hub's page posts to the system."""

    address: str
    raw: bytes
    relay_state: str

    @property
    def root(self) -> Any:
        return etree.fromstring(self.raw)

    @property
    def statuses(self) -> list[str]:
        return statuses_in(self.root)


@dataclass
class Lms:
    """One system and the browser of somebody who uses it. Signs its requests with ``signer`` where it is told to."""

    hub: Hub
    browser: SamlBrowser
    signer: Signer
    client_id: str = ""
    connection_id: str = ""
    entity_id: str = ENTITY
    keys: list[Any] = field(default_factory=list)

    def request(self, id: str = "_r1", leave_out: str = "", inside: str = "", **changes: str) -> bytes:
        """An AuthnRequest; ``changes`` are attributes."""
        attributes = {
            "ID": id,
            "Version": "2.0",
            "IssueInstant": write_instant(self.hub.clock.now()),
            "Destination": SSO,
            "AssertionConsumerServiceURL": ACS,
            **changes,
        }
        written = "".join(f' {name}="{value}"' for name, value in attributes.items() if name != leave_out)
        return (
            f'<samlp:AuthnRequest xmlns:samlp="{_SPACES["samlp"]}" xmlns:saml="{_SPACES["saml"]}"{written}>'
            f"<saml:Issuer>{self.entity_id}</saml:Issuer>{inside}</samlp:AuthnRequest>"
        ).encode()

    def ask(self, xml: bytes = b"", relay_state: str = "st&te", *, signed: bool = False) -> TestResponse:
        """Ask by redirect."""
        address = redirect_address(
            SSO, "SAMLRequest", xml or self.request(), relay_state, self.key if signed else None
        )
        return self.browser.get(address.removeprefix(HUB))

    def ask_by_form(self, xml: bytes = b"", *, signed: bool = False) -> TestResponse:
        """Ask by form; browsers bring no cookie then."""
        root = etree.fromstring(xml or self.request())
        if signed:
            sign(root, self.signer)
        client = self.browser.client.application.test_client()
        posted = base64.b64encode(etree.tostring(root)).decode()
        return client.post(
            "/saml/sso", base_url=HUB, data={"SAMLRequest": posted, "RelayState": "from a form"}
        )

    @property
    def key(self) -> RSAPrivateKey:
        key = self.signer.key
        assert isinstance(key, RSAPrivateKey)
        return key

    def answer(self, xml: bytes = b"", **how: Any) -> Posted:
        return posted(self.ask(xml, **how))

    def verified(self, answer: Posted, request_id: str | None = "_r1", acs: str = ACS) -> Asserted:
        """What the answer proves, by the strict reading of the hub as service provider."""
        with_keys = Trust(self.hub_certificates(), "assertion", self.keys)
        expected = Expected(HUB_ENTITY, self.entity_id, acs, self.hub.clock.now(), request_id, PERSISTENT)
        return read_response(answer.raw, with_keys, expected)

    def hub_certificates(self) -> tuple[str, ...]:
        """From the hub's metadata, verified by one of them."""
        root = etree.fromstring(self.browser.get("/saml/metadata").data)
        return tuple(str(one.text) for one in root.findall(f".//{tag('ds:X509Certificate')}"))[1:]

    def wish_logout(
        self, name: str, index: str = "", id: str = "_l1", *, signed: bool = True
    ) -> TestResponse:
        """Ask the hub by redirect to sign somebody out."""
        request = logout_request(
            id=id,
            issuer=self.entity_id,
            destination=HUB_SLO,
            now=self.hub.clock.now(),
            name_id=NameId(name, PERSISTENT),
            session_index=index,
        )
        address = redirect_address(HUB_SLO, "SAMLRequest", request, "bye", self.key if signed else None)
        return self.browser.get(address.removeprefix(HUB))


def sp_metadata(
    entity_id: str = ENTITY,
    certificate: str = "",
    *,
    encryption: str = "",
    consumers: Mapping[str, str] | None = None,
    slo: str = SLO,
    **attributes: str,
) -> bytes:
    """What a system says about itself."""
    root = etree.Element(tag("md:EntityDescriptor"), {"entityID": entity_id}, nsmap=_SPACES)
    role = etree.SubElement(root, tag("md:SPSSODescriptor"), {"protocolSupportEnumeration": _SPACES["samlp"]})
    for name, value in attributes.items():
        role.set(name, value)
    for use, one in (("signing", certificate), ("encryption", encryption)):
        if one:
            add_key(role, use, one)
    if slo:
        add_endpoint(role, "md:SingleLogoutService", REDIRECT, slo)
    for index, location in (consumers or {"0": ACS, "1": OTHER_ACS}).items():
        add_endpoint(role, "md:AssertionConsumerService", POST, location).set("index", index)
    return etree.tostring(root)


def connect_lms(
    lms: Lms,
    raw: bytes = b"",
    slug: str = "old-lms",
    partner_id: str | None = None,
    **settings: Any,
) -> Lms:
    """Let people sign in there; the system with its ids."""
    metadata: SystemMetadata = read_system_metadata(
        raw or sp_metadata(lms.entity_id, lms.signer.encoded), lms.hub.clock.now()
    )
    with lms.hub.unit_of_work() as uow:
        connection_id = create_connection(uow, slug, "lms", slug.title(), partner_id)
        client_id = add_system(uow, connection_id, metadata, **{"name": "Old LMS", **settings})
    return replace(lms, client_id=client_id, connection_id=connection_id)


def posted(answer: TestResponse) -> Posted:
    """The form of the hub's page; fails for any other answer."""
    assert answer.status_code == 200, answer.text
    action = re.search(r'action="([^"]*)"', answer.text)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', answer.text))
    assert action
    return Posted(
        html.unescape(action[1]),
        base64.b64decode(fields["SAMLResponse"]),
        html.unescape(fields.get("RelayState", "")),
    )


def code_of(answer: TestResponse) -> str:
    """The reason of a refusal."""
    assert answer.json, answer.text
    return str(answer.json["code"])


def statuses_in(root: etree._Element) -> list[str]:
    """Statuses from the outermost in, their last words."""
    return [str(one.get("Value")).rpartition(":")[2] for one in root.iter(tag("samlp:StatusCode"))]


def query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


def random_id() -> str:
    return f"_{new_token()}"
