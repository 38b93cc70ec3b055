"""What the hub answers a system: a Response with one assertion, or a status (SAML Profiles 2.0, section 4.1.4)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from lxml import etree

from hub.sso.saml.assertion import MAX_VALUE
from hub.sso.saml.names import ASSERTION, BEARER, PERSISTENT, PROTOCOL, RESPONDER, SUCCESS, tag
from hub.sso.saml.sign import signed
from hub.sso.saml.times import SKEW, write_instant
from hub.sso.saml_provider.encrypt import encrypted
from hub.sso.tokens import new_token

LIFETIME = timedelta(minutes=5)
"""How long an assertion can be used."""
UNSPECIFIED_ACR = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"
_STATUS = "urn:oasis:names:tc:SAML:2.0:status"
_ATTRIBUTE_NAMES = "urn:oasis:names:tc:SAML:2.0:attrname-format"
_SPACES = {"samlp": PROTOCOL, "saml": ASSERTION}
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no document can hold (XML 1.0, section 2.2); other spaces and joiners belong to names."""


@dataclass(frozen=True)
class Signing:
    """The key that signs, and its certificate in bare base64."""

    key: RSAPrivateKey
    certificate: str


@dataclass(frozen=True)
class Envelope:
    """For whom an answer is. ``request_id`` is empty where nothing was asked."""

    issuer: str
    audience: str
    recipient: str
    request_id: str
    now: datetime


@dataclass(frozen=True)
class Told:
    """What an assertion says about a person and a session. ``attributes`` are texts under the system's own names."""

    subject: str
    session_index: str
    session_ends_at: datetime
    authenticated_at: datetime
    acr: str
    attributes: Mapping[str, str] = field(default_factory=dict)


def success(envelope: Envelope, told: Told, signing: Signing, encrypt_for: str = "") -> bytes:
    """A signed Response with one signed assertion, encrypted for a certificate where one is given."""
    assertion = signed(_assertion(envelope, told), signing.key, signing.certificate)
    response = _response(envelope, SUCCESS)
    response.append(encrypted(assertion, encrypt_for) if encrypt_for else assertion)
    return etree.tostring(signed(response, signing.key, signing.certificate))


def failure(envelope: Envelope, status: str, message: str, signing: Signing) -> bytes:
    """A signed Response that says why there is no assertion: the name of a second-level status, and a text."""
    response = _response(envelope, RESPONDER, f"{_STATUS}:{status}", message)
    return etree.tostring(signed(response, signing.key, signing.certificate))


def _response(envelope: Envelope, status: str, inside: str = "", message: str = "") -> etree._Element:
    response = etree.Element(tag("samlp:Response"), _head(envelope), nsmap=_SPACES)
    response.set("Destination", envelope.recipient)
    if envelope.request_id:
        response.set("InResponseTo", envelope.request_id)
    etree.SubElement(response, tag("saml:Issuer")).text = envelope.issuer
    told = etree.SubElement(response, tag("samlp:Status"))
    code = etree.SubElement(told, tag("samlp:StatusCode"), {"Value": status})
    if inside:
        etree.SubElement(code, tag("samlp:StatusCode"), {"Value": inside})
    if message:
        etree.SubElement(told, tag("samlp:StatusMessage")).text = message
    return response


def _assertion(envelope: Envelope, told: Told) -> etree._Element:
    assertion = etree.Element(tag("saml:Assertion"), _head(envelope), nsmap={"saml": ASSERTION})
    etree.SubElement(assertion, tag("saml:Issuer")).text = envelope.issuer
    _subject(assertion, envelope, told)
    window = {
        "NotBefore": write_instant(envelope.now - SKEW),
        "NotOnOrAfter": write_instant(envelope.now + LIFETIME),
    }
    conditions = etree.SubElement(assertion, tag("saml:Conditions"), window)
    restriction = etree.SubElement(conditions, tag("saml:AudienceRestriction"))
    etree.SubElement(restriction, tag("saml:Audience")).text = envelope.audience
    statement = etree.SubElement(
        assertion,
        tag("saml:AuthnStatement"),
        {
            "AuthnInstant": write_instant(told.authenticated_at),
            "SessionIndex": told.session_index,
            "SessionNotOnOrAfter": write_instant(told.session_ends_at),
        },
    )
    context = etree.SubElement(statement, tag("saml:AuthnContext"))
    etree.SubElement(context, tag("saml:AuthnContextClassRef")).text = told.acr or UNSPECIFIED_ACR
    if told.attributes:
        _attributes(assertion, told.attributes)
    return assertion


def _subject(assertion: etree._Element, envelope: Envelope, told: Told) -> None:
    subject = etree.SubElement(assertion, tag("saml:Subject"))
    qualified = {
        "Format": PERSISTENT,
        "NameQualifier": envelope.issuer,
        "SPNameQualifier": envelope.audience,
    }
    etree.SubElement(subject, tag("saml:NameID"), qualified).text = told.subject
    confirmation = etree.SubElement(subject, tag("saml:SubjectConfirmation"), {"Method": BEARER})
    data = {"Recipient": envelope.recipient, "NotOnOrAfter": write_instant(envelope.now + LIFETIME)}
    if envelope.request_id:
        data["InResponseTo"] = envelope.request_id
    etree.SubElement(confirmation, tag("saml:SubjectConfirmationData"), data)


def _attributes(assertion: etree._Element, attributes: Mapping[str, str]) -> None:
    """Names with a colon are addresses (section 8.2 of SAML Core 2.0), as in the profiles for LDAP names."""
    statement = etree.SubElement(assertion, tag("saml:AttributeStatement"))
    for name, value in attributes.items():
        form = f"{_ATTRIBUTE_NAMES}:{'uri' if ':' in name else 'basic'}"
        one = etree.SubElement(statement, tag("saml:Attribute"), {"Name": name, "NameFormat": form})
        etree.SubElement(one, tag("saml:AttributeValue")).text = _writable(value)


def _writable(value: str) -> str:
    """Without what XML cannot hold: a name with such a letter must not keep a person out."""
    return _NOT_XML.sub("", value)[:MAX_VALUE]


def _head(envelope: Envelope) -> dict[str, str]:
    return {"ID": f"_{new_token()}", "Version": "2.0", "IssueInstant": write_instant(envelope.now)}
