"""What the hub asks providers: AuthnRequest, LogoutRequest, and the answer to theirs (SAML Core 2.0, sections 3.4 and 3.7)."""

from collections.abc import Mapping
from datetime import datetime

from lxml import etree

from hub.sso.saml.assertion import NameId
from hub.sso.saml.names import ASSERTION, POST, PROTOCOL, tag
from hub.sso.saml.times import write_instant

_SPACES = {"samlp": PROTOCOL, "saml": ASSERTION}


def authn_request(
    *,
    id: str,
    issuer: str,
    destination: str,
    acs_url: str,
    now: datetime,
    name_id_format: str,
    acr: str = "",
    again: bool = False,
) -> bytes:
    """Ask for a sign-in. ``acr`` are the classes that will do, parted by spaces; ``again`` wants it done anew."""
    request = _message("samlp:AuthnRequest", id, issuer, destination, now)
    request.set("AssertionConsumerServiceURL", acs_url)
    request.set("ProtocolBinding", POST)
    if again:
        request.set("ForceAuthn", "true")
    etree.SubElement(request, tag("samlp:NameIDPolicy"), {"Format": name_id_format, "AllowCreate": "true"})
    if acr:
        context = etree.SubElement(request, tag("samlp:RequestedAuthnContext"), {"Comparison": "exact"})
        for one in acr.split():
            etree.SubElement(context, tag("saml:AuthnContextClassRef")).text = one
    return etree.tostring(request)


def logout_request(
    *, id: str, issuer: str, destination: str, now: datetime, name_id: NameId, session_index: str
) -> bytes:
    """Ask for the end of a person's session at the provider."""
    request = _message("samlp:LogoutRequest", id, issuer, destination, now)
    named = {
        "Format": name_id.format,
        "NameQualifier": name_id.name_qualifier,
        "SPNameQualifier": name_id.sp_name_qualifier,
    }
    name = etree.SubElement(
        request, tag("saml:NameID"), {key: value for key, value in named.items() if value}
    )
    name.text = name_id.value
    if session_index:
        etree.SubElement(request, tag("samlp:SessionIndex")).text = session_index
    return etree.tostring(request)


def logout_response(
    *, id: str, issuer: str, destination: str, now: datetime, request_id: str, status: str, inside: str = ""
) -> bytes:
    """Say what came of a LogoutRequest: a top-level status, and inside it perhaps a second one."""
    response = _message("samlp:LogoutResponse", id, issuer, destination, now)
    response.set("InResponseTo", request_id)
    code = etree.SubElement(
        etree.SubElement(response, tag("samlp:Status")), tag("samlp:StatusCode"), {"Value": status}
    )
    if inside:
        etree.SubElement(code, tag("samlp:StatusCode"), {"Value": inside})
    return etree.tostring(response)


def _message(name: str, id: str, issuer: str, destination: str, now: datetime) -> etree._Element:
    attributes: Mapping[str, str] = {
        "ID": id,
        "Version": "2.0",
        "IssueInstant": write_instant(now),
        "Destination": destination,
    }
    message = etree.Element(tag(name), dict(attributes), nsmap=_SPACES)
    etree.SubElement(message, tag("saml:Issuer")).text = issuer
    return message
