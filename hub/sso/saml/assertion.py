"""What a verified assertion says, and whether it says it to this hub, now (SAML Profiles 2.0, section 4.1.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree

from hub.sso.refusals import not_verified
from hub.sso.saml.names import BEARER, ENTITY, PERSISTENT, TRANSIENT, UNSPECIFIED, tag
from hub.sso.saml.times import SKEW, check_issued, check_window, last_use, read_instant
from hub.sso.saml.xml import attribute, children, leaf_text, one_child

MAX_SUBJECT = 256
"""Characters of a subject (SAML Core 2.0, section 8.3.7)."""
MAX_ATTRIBUTES, MAX_VALUES, MAX_VALUE = 100, 50, 1000
NAME_ID, ATTRIBUTE = "nameid", "attribute"
"""Forms of identity: the NameID itself, or the value of the attribute that a connection takes for the subject."""
_UNDERSTOOD_CONDITIONS = {
    tag("saml:AudienceRestriction"),
    tag("saml:OneTimeUse"),
    tag("saml:ProxyRestriction"),
}


@dataclass(frozen=True)
class Expected:
    """What an answer must say. ``request_id`` is None where the provider began by itself and may do so."""

    issuer: str
    audience: str
    recipient: str
    now: datetime
    request_id: str | None
    name_id_format: str = PERSISTENT
    subject_attribute: str = ""


@dataclass(frozen=True)
class NameId:
    """A name of a person as an identity provider gives it. The qualifiers say among whom it is one name."""

    value: str
    format: str = ""
    name_qualifier: str = ""
    sp_name_qualifier: str = ""


@dataclass(frozen=True)
class Asserted:
    """What an assertion proves.

    ``use_until`` is when its own times refuse it anyway, ``session_until`` when the provider wants the session to end.
    """

    id: str
    use_until: datetime
    form: str
    subject: str
    name_id: NameId
    session_index: str = ""
    acr: str = ""
    authenticated_at: datetime | None = None
    session_until: datetime | None = None
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_assertion(assertion: etree._Element, expected: Expected) -> Asserted:
    """What the assertion proves; refuses everything that is not meant for this hub, this request and this moment.

    ``assertion`` was parsed from signed bytes.
    """
    if assertion.tag != tag("saml:Assertion") or attribute(assertion, "Version") != "2.0":
        raise not_verified("bad_assertion")
    check_issuer(assertion, expected.issuer)
    check_issued(attribute(assertion, "IssueInstant"), expected.now)
    subject = one_child(assertion, tag("saml:Subject"), not_verified("bad_name_id"))
    until = _check_confirmation(subject, expected)
    _check_conditions(assertion, expected)
    statement, session_until = _authn_statement(assertion, expected.now)
    attributes = read_attributes(assertion)
    name_id = read_name_id(subject)
    form, value = _subject(name_id, attributes, expected)
    authenticated_at = read_instant(attribute(statement, "AuthnInstant"))
    return Asserted(
        id=attribute(assertion, "ID"),
        use_until=last_use(read_instant(attribute(assertion, "IssueInstant")), until, expected.now),
        form=form,
        subject=value,
        name_id=name_id,
        session_index=attribute(statement, "SessionIndex"),
        acr=_acr(statement),
        authenticated_at=min(authenticated_at, expected.now),
        session_until=session_until,
        attributes=attributes,
    )


def check_issuer(element: etree._Element, issuer: str) -> None:
    """Refuse ``missing_issuer`` and ``wrong_entity`` (SAML Core 2.0, section 2.2.5)."""
    found = one_child(element, tag("saml:Issuer"), not_verified("missing_issuer"))
    if attribute(found, "Format") not in {"", ENTITY} or leaf_text(found) != issuer:
        raise not_verified("wrong_entity")


def read_name_id(parent: etree._Element) -> NameId:
    """The one NameID inside; refuses ``bad_name_id`` for none, several, an encrypted one, or one that is no plain text."""
    found = one_child(parent, tag("saml:NameID"), not_verified("bad_name_id"))
    value = leaf_text(found)
    if not value or len(value) > MAX_SUBJECT or not value.isprintable():
        raise not_verified("bad_name_id")
    return NameId(
        value,
        attribute(found, "Format"),
        attribute(found, "NameQualifier"),
        attribute(found, "SPNameQualifier"),
    )


def read_attributes(assertion: etree._Element) -> dict[str, tuple[str, ...]]:
    """The attributes by name, their values as texts; what is no text, or beyond the limits, is left out."""
    found: dict[str, tuple[str, ...]] = {}
    for statement in assertion.findall(tag("saml:AttributeStatement")):
        for one in statement.findall(tag("saml:Attribute")):
            name = attribute(one, "Name")
            values = (leaf_text(value) for value in one.findall(tag("saml:AttributeValue")))
            texts = tuple(text for text in values if text and len(text) <= MAX_VALUE and text.isprintable())
            if name and len(name) <= MAX_VALUE and name.isprintable() and len(found) < MAX_ATTRIBUTES:
                found[name] = (*found.get(name, ()), *texts)[:MAX_VALUES]
    return found


def _subject(
    name_id: NameId, attributes: Mapping[str, tuple[str, ...]], expected: Expected
) -> tuple[str, str]:
    if expected.subject_attribute:
        values = attributes.get(expected.subject_attribute, ())
        if len(values) != 1 or len(values[0]) > MAX_SUBJECT:
            raise not_verified("bad_subject_attribute")
        return ATTRIBUTE, values[0]
    given = name_id.format or UNSPECIFIED
    if given == TRANSIENT:
        raise not_verified("transient_subject")
    if given != expected.name_id_format:
        raise not_verified("wrong_name_format")
    if given == PERSISTENT and (
        name_id.name_qualifier not in {"", expected.issuer}
        or name_id.sp_name_qualifier not in {"", expected.audience}
    ):
        raise not_verified("wrong_qualifier")
    return NAME_ID, name_id.value


def _check_confirmation(subject: etree._Element, expected: Expected) -> datetime:
    """How long the one bearer confirmation holds (SAML Profiles 2.0, section 4.1.4.2)."""
    confirmation = one_child(subject, tag("saml:SubjectConfirmation"), not_verified("bad_confirmation"))
    if attribute(confirmation, "Method") != BEARER:
        raise not_verified("not_bearer")
    data = one_child(confirmation, tag("saml:SubjectConfirmationData"), not_verified("bad_confirmation"))
    if attribute(data, "Recipient") != expected.recipient:
        raise not_verified("wrong_recipient")
    until = attribute(data, "NotOnOrAfter")
    if not until:
        raise not_verified("bad_confirmation")
    check_window(attribute(data, "NotBefore"), until, expected.now)
    check_request(data, expected.request_id)
    return read_instant(until)


def check_request(element: etree._Element, request_id: str | None) -> None:
    """Refuse ``missing_in_response_to``, and ``wrong_in_response_to`` also where nothing was asked."""
    given = element.get("InResponseTo")
    if request_id is not None and given is None:
        raise not_verified("missing_in_response_to")
    if given != request_id:
        raise not_verified("wrong_in_response_to")


def _check_conditions(assertion: etree._Element, expected: Expected) -> None:
    """SAML Core 2.0, section 2.5: every restriction must name this hub; a condition that is not understood refuses."""
    conditions = one_child(assertion, tag("saml:Conditions"), not_verified("missing_conditions"))
    check_window(attribute(conditions, "NotBefore"), attribute(conditions, "NotOnOrAfter"), expected.now)
    if any(child.tag not in _UNDERSTOOD_CONDITIONS for child in children(conditions)):
        raise not_verified("unknown_condition")
    restrictions = conditions.findall(tag("saml:AudienceRestriction"))
    if not restrictions:
        raise not_verified("missing_audience")
    for restriction in restrictions:
        if expected.audience not in map(leaf_text, restriction.findall(tag("saml:Audience"))):
            raise not_verified("other_audience")


def _authn_statement(assertion: etree._Element, now: datetime) -> tuple[etree._Element, datetime | None]:
    """The first one, and when the provider wants the session to be over, by the first end that any of them names.

    SAML Core 2.0, section 2.7.2. As elsewhere, SKEW is added to what the other side's clock says.
    """
    statements = assertion.findall(tag("saml:AuthnStatement"))
    if not statements:
        raise not_verified("not_authenticated")
    ends = []
    for statement in statements:
        check_issued(attribute(statement, "AuthnInstant"), now)
        end = attribute(statement, "SessionNotOnOrAfter")
        check_window("", end, now)
        ends += [read_instant(end) + SKEW] if end else []
    return statements[0], min(ends, default=None)


def _acr(statement: etree._Element) -> str:
    found = statement.find(f"{tag('saml:AuthnContext')}/{tag('saml:AuthnContextClassRef')}")
    text = (leaf_text(found) if found is not None else "") or ""
    return text if len(text) <= MAX_VALUE and text.isprintable() else ""
