"""Messages of the simulated SAML provider, one fact after the other, so that each can be wrong."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape

from lxml import etree

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"


def message_id() -> str:
    """A new ID: no number may stand in front (xs:ID)."""
    return f"_{secrets.token_hex(16)}"


def instant(at: datetime) -> str:
    """An instant as SAML writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.123Z")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything a Response says. None leaves a thing out; times are offsets from ``now`` in seconds."""

    issuer: str | None
    audience: str | None
    acs_url: str
    now: datetime
    subject: str
    request_id: str | None = None
    response_id: str = field(default_factory=message_id)
    assertion_id: str = field(default_factory=message_id)
    response_issuer: str | None = ""
    destination: str | None = ""
    recipient: str | None = ""
    response_request_id: str | None = ""
    name_format: str | None = PERSISTENT
    name_inside: str = ""
    method: str = BEARER
    status: str = SUCCESS
    not_before: int | None = -5
    not_on_or_after: int | None = 300
    confirmed_not_before: int | None = None
    confirmed_until: int | None = 300
    issued: int = 0
    session_index: str = "session-1"
    session_until: int | None = None
    acr: str = PASSWORD
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    inside_conditions: str = ""
    head: str = ""

    def at(self, seconds: int) -> str:
        """The instant so many seconds after ``now``."""
        return instant(self.now + timedelta(seconds=seconds))


def _attribute(name: str, value: str | None) -> str:
    return "" if value is None else f' {name}="{escape(value)}"'


def _time(facts: Facts, name: str, seconds: int | None) -> str:
    return "" if seconds is None else f' {name}="{facts.at(seconds)}"'


def _issuer(issuer: str | None) -> str:
    return "" if issuer is None else f"<saml:Issuer>{escape(issuer)}</saml:Issuer>"


def _or(given: str | None, otherwise: str | None) -> str | None:
    """An empty text stands for the right value."""
    return otherwise if given == "" else given


def assertion_xml(facts: Facts) -> str:
    """The Assertion, not signed."""
    restriction = (
        ""
        if facts.audience is None
        else f"<saml:AudienceRestriction><saml:Audience>{escape(facts.audience)}</saml:Audience></saml:AudienceRestriction>"
    )
    values = "".join(
        f'<saml:Attribute Name="{escape(name)}">'
        + "".join(f"<saml:AttributeValue>{escape(text)}</saml:AttributeValue>" for text in texts)
        + "</saml:Attribute>"
        for name, texts in facts.attributes.items()
    )
    return (
        f'<saml:Assertion xmlns:saml="{SAML}" ID="{facts.assertion_id}" Version="2.0" IssueInstant="{facts.at(facts.issued)}">'
        f"{_issuer(facts.issuer)}<saml:Subject>"
        f"<saml:NameID{_attribute('Format', facts.name_format)}>{facts.name_inside or escape(facts.subject)}</saml:NameID>"
        f'<saml:SubjectConfirmation Method="{facts.method}"><saml:SubjectConfirmationData'
        f"{_attribute('InResponseTo', facts.request_id)}{_attribute('Recipient', _or(facts.recipient, facts.acs_url))}"
        f"{_time(facts, 'NotBefore', facts.confirmed_not_before)}{_time(facts, 'NotOnOrAfter', facts.confirmed_until)}/>"
        f"</saml:SubjectConfirmation></saml:Subject>"
        f"<saml:Conditions{_time(facts, 'NotBefore', facts.not_before)}{_time(facts, 'NotOnOrAfter', facts.not_on_or_after)}>"
        f"{restriction}{facts.inside_conditions}</saml:Conditions>"
        f'<saml:AuthnStatement AuthnInstant="{facts.at(facts.issued)}" SessionIndex="{escape(facts.session_index)}"'
        f"{_time(facts, 'SessionNotOnOrAfter', facts.session_until)}><saml:AuthnContext>"
        f"<saml:AuthnContextClassRef>{facts.acr}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>"
        + (f"<saml:AttributeStatement>{values}</saml:AttributeStatement>" if values else "")
        + "</saml:Assertion>"
    )


def response_xml(facts: Facts, inside: str) -> str:
    """The Response around ``inside``, not signed."""
    request_id = _or(facts.response_request_id, facts.request_id)
    return (
        f'{facts.head}<samlp:Response xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="{facts.response_id}" Version="2.0"'
        f' IssueInstant="{facts.at(facts.issued)}"{_attribute("Destination", _or(facts.destination, facts.acs_url))}'
        f"{_attribute('InResponseTo', request_id)}>{_issuer(_or(facts.response_issuer, facts.issuer))}"
        f'<samlp:Status><samlp:StatusCode Value="{facts.status}"/></samlp:Status>{inside}</samlp:Response>'
    )


def response_of(facts: Facts) -> etree._Element:
    """The Response with its Assertion, not signed."""
    return etree.fromstring(response_xml(facts, assertion_xml(facts)))


def assertion_of(response: etree._Element) -> etree._Element:
    """The Assertion inside."""
    found = response.find(f"{{{SAML}}}Assertion")
    if found is None:
        raise ValueError("the response has no assertion")
    return found


def logout_request_xml(
    *,
    issuer: str,
    destination: str,
    subject: str,
    now: datetime,
    session_index: str = "",
    name_format: str = PERSISTENT,
    id: str = "",
    lifetime: int | None = 300,
) -> str:
    """A LogoutRequest, not signed. ``lifetime`` in seconds."""
    until = _attribute(
        "NotOnOrAfter", None if lifetime is None else instant(now + timedelta(seconds=lifetime))
    )
    index = f"<samlp:SessionIndex>{escape(session_index)}</samlp:SessionIndex>" if session_index else ""
    return (
        f'<samlp:LogoutRequest xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="{id or message_id()}" Version="2.0"'
        f' IssueInstant="{instant(now)}" Destination="{escape(destination)}"{until}>{_issuer(issuer)}'
        f'<saml:NameID Format="{name_format}">{escape(subject)}</saml:NameID>{index}</samlp:LogoutRequest>'
    )


def logout_response_xml(
    *, issuer: str, destination: str, request_id: str, now: datetime, status: str = SUCCESS
) -> str:
    """A LogoutResponse, not signed."""
    return (
        f'<samlp:LogoutResponse xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="{message_id()}" Version="2.0"'
        f' IssueInstant="{instant(now)}" Destination="{escape(destination)}" InResponseTo="{escape(request_id)}">'
        f'{_issuer(issuer)}<samlp:Status><samlp:StatusCode Value="{status}"/></samlp:Status></samlp:LogoutResponse>'
    )
