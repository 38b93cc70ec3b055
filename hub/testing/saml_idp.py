"""A partner's sign-in by SAML: an identity provider that a demo or a test runs on the loopback address.

``python -m hub.testing.saml_idp --port 8111 --config saml.json``
"""

import base64
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from flask import Flask, Response, abort, make_response, redirect, render_template, request
from lxml import etree

from hub.testing.configuration import OutsideConfig, load_items
from hub.testing.faults import Faults
from hub.testing.idp_store import Clock, Person
from hub.testing.outside import create_outside_app, message_page
from hub.testing.saml_messages import (
    SAML,
    Facts,
    assertion_of,
    instant,
    logout_response_xml,
    response_of,
)
from hub.testing.saml_signing import MORE, Signer, new_signer, sign, signer_from_pem
from hub.testing.serve import run_as_process

BINDINGS = "urn:oasis:names:tc:SAML:2.0:bindings:"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
CHANGES: dict[str, dict[str, object]] = {
    "wrong_audience": {"audience": "https://other.example/saml"},
    "wrong_recipient": {"recipient": "https://other.example/acs"},
    "wrong_destination": {"destination": "https://other.example/acs"},
    "wrong_issuer": {"issuer": "https://other.example/idp"},
    "expired": {"not_on_or_after": -120, "confirmed_until": -120},
    "not_yet_valid": {"not_before": 3600},
    "unsolicited": {"request_id": None},
    "refuses": {"status": "urn:oasis:names:tc:SAML:2.0:status:Responder"},
    "transient_name": {"name_format": TRANSIENT},
}
"""Faults that change what an answer says."""
SAML_FAULTS: dict[str, str] = {
    **{name: f"Answers are changed: {', '.join(change)}." for name, change in CHANGES.items()},
    "unsigned": "Answers are not signed.",
    "other_key": "Answers are signed with another key than the metadata has.",
    "response_signed": "The response is signed instead of the assertion.",
    "metadata_500": "The metadata answers 500.",
    "metadata_expired": "The metadata's validUntil has passed.",
    "metadata_other_entity": "The metadata is about another provider.",
}


@dataclass(frozen=True, kw_only=True)
class SamlIdpConfig(OutsideConfig):
    """One provider for the hubs at these addresses, where it is known by ``slug``; people as in the OpenID provider.

    ``posts_logout`` is for one that takes logout messages by form post alone.
    """

    slug: str
    hubs: tuple[str, ...]
    name: str = "Lakeside Motors"
    people: tuple[Person, ...] = ()
    people_file: str = ""
    posts_logout: bool = False


@dataclass(frozen=True)
class Asked:
    """An AuthnRequest or LogoutRequest: its ID, who sent it, and what the hub's address there is."""

    id: str
    issuer: str
    hub: str
    subject: str = ""


@dataclass
class SamlIdp:
    """The provider inside an app: tests change its keys, and let it make messages."""

    config: SamlIdpConfig
    people: tuple[Person, ...]
    faults: Faults
    clock: Clock
    signer: Signer
    published: tuple[Signer, ...] = ()
    rogue: Signer = field(default_factory=new_signer)

    @property
    def entity_id(self) -> str:
        """Its name, and the address of its metadata."""
        return f"{self.config.base_url}/metadata"

    @property
    def now(self) -> datetime:
        """The instant by its clock."""
        return datetime.fromtimestamp(self.clock(), UTC)

    def path(self, hub: str, end: str) -> str:
        """An address of one of the hubs."""
        return f"{hub}/sso/saml/{self.config.slug}/{end}"

    def facts(self, person: Person, asked: Asked | None = None, hub: str = "") -> Facts:
        """What a right answer about this person says."""
        home = asked.hub if asked else hub
        return Facts(
            issuer=self.entity_id,
            audience=self.path(home, "metadata"),
            acs_url=self.path(home, "acs"),
            now=self.now,
            subject=person.sub,
            request_id=asked.id if asked else None,
            session_index=f"session-{person.username}",
            attributes={
                "mail": (person.email,),
                "givenName": (person.given_name,),
                "sn": (person.family_name,),
            },
        )

    def answer(self, facts: Facts) -> str:
        """The posted form's SAMLResponse, with the faults that are on."""
        for fault, change in CHANGES.items():
            if fault in self.faults:
                facts = replace(facts, **change)  # type: ignore[arg-type]
        response = response_of(facts)
        signer = self.rogue if "other_key" in self.faults else self.signer
        if "unsigned" not in self.faults:
            sign(response if "response_signed" in self.faults else assertion_of(response), signer)
        return base64.b64encode(etree.tostring(response)).decode()

    def metadata(self, signer: Signer | None = None) -> bytes:
        """Its metadata, signed where a signer is given."""
        certificates = "".join(
            f'<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{one.encoded}'
            "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            for one in self.published or (self.signer,)
        )
        is_over = "metadata_expired" in self.faults
        until = instant(self.now + timedelta(days=-1 if is_over else 30))
        entity_id = self.entity_id + ("/other" if "metadata_other_entity" in self.faults else "")
        redirect_binding = f'Binding="{BINDINGS}HTTP-Redirect"'
        logout_binding = f'Binding="{BINDINGS}HTTP-POST"' if self.config.posts_logout else redirect_binding
        root = etree.fromstring(
            '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"'
            f' xmlns:ds="http://www.w3.org/2000/09/xmldsig#" ID="_metadata" validUntil="{until}" entityID="{entity_id}">'
            '<md:IDPSSODescriptor WantAuthnRequestsSigned="true"'
            f' protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{certificates}'
            f'<md:SingleLogoutService {logout_binding} Location="{self.config.base_url}/slo"/>'
            f'<md:SingleSignOnService {redirect_binding} Location="{self.config.base_url}/sso"/>'
            "</md:IDPSSODescriptor></md:EntityDescriptor>"
        )
        if signer:
            sign(root, signer)
        return etree.tostring(root)

    def redirect_to(self, location: str, kind: str, xml: str, relay_state: str = "") -> str:
        """An address that carries a signed message."""
        compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = compressor.compress(xml.encode()) + compressor.flush()
        query = f"{kind}={quote(base64.b64encode(packed).decode(), safe='')}"
        if relay_state:
            query += f"&RelayState={quote(relay_state, safe='')}"
        query += f"&SigAlg={quote(f'{MORE}rsa-sha256', safe='')}"
        key = self.signer.key
        if not isinstance(key, RSAPrivateKey):
            raise TypeError("an RSA key is expected")
        signature = key.sign(query.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{location}?{query}&Signature={quote(base64.b64encode(signature).decode(), safe='')}"

    def read_request(self, packed: str, *, is_posted: bool = False) -> Asked:
        """What the hub asks. Its own signature is looked at by tests, which have the hub's keys."""
        message = base64.b64decode(packed)
        root = etree.fromstring(message if is_posted else zlib.decompress(message, -15))
        issuer = root.findtext(f"{{{SAML}}}Issuer") or ""
        hub = next((one for one in self.config.hubs if self.path(one, "metadata") == issuer), "")
        if not hub:
            raise ValueError(f"{issuer} is not known here")
        return Asked(str(root.get("ID")), issuer, hub, root.findtext(f"{{{SAML}}}NameID") or "")


def create_saml_idp(config: SamlIdpConfig, clock: Clock = time.time) -> Flask:
    """A SAML provider for one partner: sign-in by form post, single logout, and faults to switch on."""
    faults = Faults(SAML_FAULTS, config.slow_seconds)
    app = create_outside_app(f"{config.name} sign-in", f"saml-{config.slug}", faults)
    people = load_items(Person, config.people_file, config.people)
    idp = SamlIdp(config, people, faults, clock, signer_from_pem(config.private_key_pem))
    app.extensions["saml_idp"] = idp
    _add_sign_in(app, idp)
    _add_others(app, idp)
    return app


def saml_idp_of(app: Flask) -> SamlIdp:
    """The provider inside an app that ``create_saml_idp`` made."""
    idp = app.extensions["saml_idp"]
    if not isinstance(idp, SamlIdp):
        raise TypeError("this app is no SAML provider")
    return idp


def _add_sign_in(app: Flask, idp: SamlIdp) -> None:
    def sso() -> Response:
        return _login_page(idp, request.args, "", "", 200)

    def login() -> Response:
        username, form = request.form.get("username", ""), request.form
        asked = _asked(idp, form)
        if form.get("decision") == "cancel":
            return message_page("Cancelled", "Nobody was signed in.", back_url=asked.hub)
        password = form.get("password", "")
        found = [p for p in idp.people if username in {p.username, p.email} and p.password == password]
        if not found:
            text = "User name or password is wrong. Nobody was signed in."
            return _login_page(idp, form, username, text, 401)
        fields = {"SAMLResponse": idp.answer(idp.facts(found[0], asked)), "RelayState": form["RelayState"]}
        return _post_page(idp.path(asked.hub, "acs"), fields)

    app.add_url_rule("/sso", "sso", sso)
    app.add_url_rule("/login", "login", login, methods=["POST"])


def _add_others(app: Flask, idp: SamlIdp) -> None:
    def home() -> Response:
        return message_page(
            "Sign-in", "Sign-in starts at the training hub. Open the hub and type your work e-mail."
        )

    def metadata() -> Response:
        if "metadata_500" in idp.faults:
            abort(500, "The metadata is broken (a switched-on fault).")
        response = make_response(idp.metadata())
        response.mimetype = "application/samlmetadata+xml"
        return response

    def slo() -> Response:
        is_posted = request.method == "POST"
        carried = request.form if is_posted else request.args
        if "SAMLResponse" in carried:
            return message_page("Signed out", "You are signed out.")
        asked = _asked(idp, carried, is_posted=is_posted)
        location = idp.path(asked.hub, "slo")
        xml = logout_response_xml(
            issuer=idp.entity_id, destination=location, request_id=asked.id, now=idp.now
        )
        relay_state = carried.get("RelayState", "")
        if is_posted:
            answer = etree.fromstring(xml)
            sign(answer, idp.signer)
            message = base64.b64encode(etree.tostring(answer)).decode()
            return _post_page(location, {"SAMLResponse": message, "RelayState": relay_state})
        return make_response(redirect(idp.redirect_to(location, "SAMLResponse", xml, relay_state), 303))

    app.add_url_rule("/", "home", home)
    app.add_url_rule("/metadata", "metadata", metadata)
    app.add_url_rule("/slo", "slo", slo, methods=["GET", "POST"])


def _asked(idp: SamlIdp, carried: Mapping[str, str], *, is_posted: bool = False) -> Asked:
    try:
        return idp.read_request(carried.get("SAMLRequest", ""), is_posted=is_posted)
    except (ValueError, zlib.error, etree.XMLSyntaxError) as error:
        abort(400, f"This sign-in request is not valid: {error}")


def _login_page(idp: SamlIdp, given: Mapping[str, str], username: str, problem: str, status: int) -> Response:
    carried = {"SAMLRequest": given.get("SAMLRequest", ""), "RelayState": given.get("RelayState", "")}
    where = _asked(idp, carried).hub.partition("//")[2]
    page = render_template("login.html", username=username, problem=problem, carried=carried, where=where)
    return make_response(page, status, {"Cache-Control": "no-store"})


def _post_page(url: str, fields: Mapping[str, str]) -> Response:
    return make_response(render_template("west_post.html", url=url, fields=fields))


if __name__ == "__main__":
    run_as_process(SamlIdpConfig, create_saml_idp)
