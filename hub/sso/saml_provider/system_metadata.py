"""What a system says about itself (SAML Metadata 2.0, section 2.4.4), read strictly."""

from datetime import datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from lxml import etree

from hub.errors import NotAllowed, OutsideFailed
from hub.http import OutgoingHttp
from hub.sso.saml.certificates import load_certificate
from hub.sso.saml.metadata import (
    earliest_end,
    find_endpoint,
    find_entity,
    is_usable_address,
    open_metadata,
    read_certificates,
    read_role,
    unusable,
)
from hub.sso.saml.names import POST, REDIRECT, tag
from hub.sso.saml.xml import attribute

MAX_CONSUMERS = 20


class SystemMetadata(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The part of an ``SPSSODescriptor`` that the hub uses. Certificates are bare base64.

    ``consumers`` are the addresses that take posted answers, by their index; ``default_consumer`` is one of them.
    """

    entity_id: str
    consumers: dict[str, str]
    default_consumer: str
    certificates: tuple[str, ...] = ()
    encryption_certificate: str = ""
    slo_url: str = ""
    slo_response_url: str = ""
    signs_requests: bool = False
    valid_until: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether its ``validUntil`` has passed: then it is trusted no longer (section 2.2.1)."""
        return self.valid_until is not None and self.valid_until <= now


def fetch_system_metadata(
    http: OutgoingHttp, url: str, connection: str, now: datetime, entity_id: str = ""
) -> SystemMetadata:
    """The metadata at this address. OutsideFailed as for every call, ``status``, and what ``read_system_metadata`` raises."""
    answer = http.get(url, connection=connection, headers={"Accept": "application/samlmetadata+xml, */*"})
    if answer.status != 200:
        raise OutsideFailed("status", f"The other system answered {answer.status}.")
    return read_system_metadata(answer.body, now, entity_id)


def read_system_metadata(raw: bytes, now: datetime, entity_id: str = "") -> SystemMetadata:
    """What a metadata document says about the system called ``entity_id``, or about the only one in it.

    Raises OutsideFailed ``bad_saml_metadata``, ``metadata_expired``, ``other_entity``, ``no_consumer``.
    """
    try:
        root = open_metadata(raw)
        metadata = _read_entity(root, find_entity(root, "md:SPSSODescriptor", entity_id))
    except NotAllowed as error:
        raise unusable("bad_saml_metadata", f"The metadata cannot be read ({error.code}).") from None
    if metadata.is_over(now):
        raise unusable("metadata_expired", "The metadata is not valid any more: its validUntil has passed.")
    return metadata


def _read_entity(root: etree._Element, entity: etree._Element) -> SystemMetadata:
    entity_id, role = read_role(entity, "md:SPSSODescriptor")
    consumers, default = _consumers(role)
    if not consumers:
        raise unusable("no_consumer", "The system takes no answers by form (HTTP-POST), at an https address.")
    slo_url, slo_response_url = find_endpoint(role, "md:SingleLogoutService", REDIRECT)
    return SystemMetadata(
        entity_id=entity_id,
        consumers=consumers,
        default_consumer=default,
        certificates=read_certificates(role),
        encryption_certificate=next(filter(_can_encrypt, read_certificates(role, "encryption")), ""),
        slo_url=slo_url,
        slo_response_url=slo_response_url or slo_url,
        signs_requests=attribute(role, "AuthnRequestsSigned") in {"true", "1"},
        valid_until=earliest_end({id(one): one for one in (root, entity, role)}.values()),
    )


def _consumers(role: etree._Element) -> tuple[dict[str, str], str]:
    """Addresses by index, and the default one: what says so, else the first that does not deny it (section 2.2.3)."""
    found: dict[str, str] = {}
    chosen = likely = ""
    for one in role.findall(tag("md:AssertionConsumerService"))[:MAX_CONSUMERS]:
        location, says = attribute(one, "Location"), attribute(one, "isDefault")
        if attribute(one, "Binding") != POST or not is_usable_address(location):
            continue
        if found.setdefault(attribute(one, "index"), location) != location:
            continue  # its index is another one's: it is not registered
        chosen = chosen or (location if says in {"true", "1"} else "")
        likely = likely or (location if not says else "")
    return found, chosen or likely or next(iter(found.values()), "")


def _can_encrypt(certificate: str) -> bool:
    return isinstance(load_certificate(certificate).public_key(), RSAPublicKey)
