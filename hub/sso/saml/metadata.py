"""What an identity provider says about itself (SAML Metadata 2.0), read strictly."""

import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

import msgspec
from lxml import etree

from hub.errors import NotAllowed, OutsideFailed
from hub.http import OutgoingHttp
from hub.sso.saml.certificates import normalize_certificate
from hub.sso.saml.names import POST, PROTOCOL, REDIRECT, tag
from hub.sso.saml.signature import is_signed, signed_bytes
from hub.sso.saml.times import read_instant
from hub.sso.saml.xml import attribute, leaf_text, parse_document

MAX_URL, MAX_CERTIFICATES = 2000, 10
MAX_UPLOAD = 2 * 1024 * 1024
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_ENTITY = re.compile(r"\S{1,1024}")


class IdpMetadata(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The part of an ``EntityDescriptor`` that the hub uses. Certificates are bare base64, those that may sign.

    Logout messages go by redirect where the provider takes them so, else by form post.
    """

    entity_id: str
    sso_url: str
    certificates: tuple[str, ...]
    slo_url: str = ""
    slo_response_url: str = ""
    slo_post_url: str = ""
    slo_post_response_url: str = ""
    wants_signed_requests: bool = False
    valid_until: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether its ``validUntil`` has passed: then it is trusted no longer (section 2.2.1)."""
        return self.valid_until is not None and self.valid_until <= now


def fetch_metadata(
    http: OutgoingHttp, url: str, connection: str, now: datetime, *, entity_id: str = "", signer: str = ""
) -> IdpMetadata:
    """The metadata at this address. OutsideFailed as for every call, ``status``, and what ``read_metadata`` raises."""
    answer = http.get(url, connection=connection, headers={"Accept": "application/samlmetadata+xml, */*"})
    if answer.status != 200:
        raise OutsideFailed("status", f"The other system answered {answer.status}.")
    return read_metadata(answer.body, now, entity_id=entity_id, signer=signer)


def read_metadata(raw: bytes, now: datetime, *, entity_id: str = "", signer: str = "") -> IdpMetadata:
    """What a metadata document says about the provider called ``entity_id``, or about the only one in it.

    Where ``signer``, a certificate in bare base64, is pinned, its key must have signed the whole document, and nothing else
    of it is read. Raises OutsideFailed ``bad_saml_metadata``, ``metadata_not_signed``, ``metadata_expired``,
    ``other_entity``, ``no_certificate``, ``no_redirect_binding``.
    """
    try:
        root = open_metadata(raw, signer)
        entity = find_entity(root, "md:IDPSSODescriptor", entity_id)
        metadata = _read_entity(root, entity)
    except NotAllowed as error:
        raise unusable("bad_saml_metadata", f"The metadata cannot be read ({error.code}).") from None
    if metadata.is_over(now):
        raise unusable("metadata_expired", "The metadata is not valid any more: its validUntil has passed.")
    return metadata


def open_metadata(raw: bytes, signer: str = "") -> etree._Element:
    """The root of a metadata document; where a signer is pinned, parsed from what that signed. NotAllowed, OutsideFailed."""
    root = parse_document(raw.removeprefix(b"\xef\xbb\xbf"), without_comments=True)
    if not signer:
        return root
    try:
        if not is_signed(root):
            raise unusable("metadata_not_signed", "The metadata is not signed.")
        return parse_document(signed_bytes(root, [signer]))
    except NotAllowed as error:
        text = f"The signature of the metadata does not hold ({error.code})."
        raise unusable("metadata_not_signed", text) from None


def find_entity(root: etree._Element, role: str, entity_id: str = "") -> etree._Element:
    """The one entity that is meant, at the top or in a list of many: by its id, or the only one in this role."""
    one, many = tag("md:EntityDescriptor"), tag("md:EntitiesDescriptor")
    if root.tag not in {one, many}:
        raise unusable("bad_saml_metadata", "This is no SAML metadata.")
    found = [root] if root.tag == one else list(root.iter(one))
    if entity_id:
        found = [entity for entity in found if attribute(entity, "entityID") == entity_id]
        if not found:
            raise unusable("other_entity", "The metadata is about another system than the one configured.")
    else:
        found = [entity for entity in found if entity.find(tag(role)) is not None]
    if len(found) != 1:
        raise unusable("bad_saml_metadata", "The metadata does not describe exactly one such system.")
    return found[0]


def _read_entity(root: etree._Element, entity: etree._Element) -> IdpMetadata:
    entity_id, role = read_role(entity, "md:IDPSSODescriptor")
    sso_url, _ = find_endpoint(role, "md:SingleSignOnService", REDIRECT)
    if not sso_url:
        text = "The provider takes no requests by redirect (HTTP-Redirect), at an https address."
        raise unusable("no_redirect_binding", text)
    slo_url, slo_response_url = find_endpoint(role, "md:SingleLogoutService", REDIRECT)
    slo_post_url, slo_post_response_url = find_endpoint(role, "md:SingleLogoutService", POST)
    certificates = read_certificates(role)
    if not certificates:
        raise unusable("no_certificate", "The metadata has no signing certificate that can be used.")
    return IdpMetadata(
        entity_id=entity_id,
        sso_url=sso_url,
        certificates=certificates,
        slo_url=slo_url,
        slo_response_url=slo_response_url or slo_url,
        slo_post_url=slo_post_url,
        slo_post_response_url=slo_post_response_url or slo_post_url,
        wants_signed_requests=attribute(role, "WantAuthnRequestsSigned") in {"true", "1"},
        valid_until=earliest_end({id(one): one for one in (root, entity, role)}.values()),
    )


def read_role(entity: etree._Element, name: str) -> tuple[str, etree._Element]:
    """The entity's id, and what it says of itself in the one role of this name that speaks SAML 2.0."""
    entity_id = attribute(entity, "entityID")
    roles = [
        role
        for role in entity.findall(tag(name))
        if PROTOCOL in attribute(role, "protocolSupportEnumeration").split()
    ]
    if len(roles) != 1 or not _ENTITY.fullmatch(entity_id) or not entity_id.isprintable():
        raise unusable(
            "bad_saml_metadata", "The metadata does not describe exactly one such SAML 2.0 system."
        )
    return entity_id, roles[0]


def find_endpoint(role: etree._Element, name: str, binding: str) -> tuple[str, str]:
    """Where messages of this binding go, and where answers to them go; empty where there is none that can be used."""
    for endpoint in role.findall(tag(name)):
        location = attribute(endpoint, "Location")
        answers = attribute(endpoint, "ResponseLocation")
        if attribute(endpoint, "Binding") == binding and is_usable_address(location):
            return location, answers if is_usable_address(answers) else ""
    return "", ""


def is_usable_address(url: str) -> bool:
    """Whether browsers may be sent there: https, or plain http on this machine."""
    if not url or len(url) > MAX_URL or not (url.isascii() and url.isprintable()) or " " in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    return is_safe and bool(parts.hostname) and not parts.fragment and "@" not in parts.netloc


def read_certificates(role: etree._Element, use: str = "signing") -> tuple[str, ...]:
    """The certificates for this use, each once; several while the other side changes its key (section 2.4.1.1)."""
    found: dict[str, None] = {}
    for descriptor in role.findall(tag("md:KeyDescriptor")):
        if attribute(descriptor, "use") not in {"", use}:
            continue
        for one in descriptor.iter(tag("ds:X509Certificate")):
            try:
                found[normalize_certificate(leaf_text(one) or "")] = None
            except ValueError:
                continue  # an old or weak key must not keep the others from being used
    return tuple(found)[:MAX_CERTIFICATES]


def earliest_end(elements: Iterable[etree._Element]) -> datetime | None:
    """The first ``validUntil`` of these elements."""
    times = [attribute(element, "validUntil") for element in elements]
    return min((read_instant(time) for time in times if time), default=None)


def unusable(code: str, message: str) -> OutsideFailed:
    """Metadata that cannot be used."""
    return OutsideFailed(code, message, retryable=False)
