"""What the hub says about itself to a provider (SAML Metadata 2.0, section 2.4.4)."""

from lxml import etree

from hub.runtime import Hub
from hub.sso.saml.names import DSIG, METADATA, POST, PROTOCOL, REDIRECT, tag
from hub.sso.saml.providers import SamlProvider
from hub.sso.saml.sp_keys import published_certificates

_SPACES = {"md": METADATA, "ds": DSIG}


def sp_metadata(hub: Hub, provider: SamlProvider) -> bytes:
    """The hub's metadata for one provider; its own address is the entity id. Not inside a unit of work.

    During a change of keys both certificates stand in it, the one that signs first.
    """
    url = hub.settings.url
    root = etree.Element(tag("md:EntityDescriptor"), {"entityID": url(provider.metadata_path)}, nsmap=_SPACES)
    role = etree.SubElement(
        root,
        tag("md:SPSSODescriptor"),
        {
            "protocolSupportEnumeration": PROTOCOL,
            "AuthnRequestsSigned": "true" if provider.signs_requests else "false",
            "WantAssertionsSigned": "true" if provider.choices.signed_part == "assertion" else "false",
        },
    )
    certificates = published_certificates(hub)
    for use in ("signing", "encryption"):
        for certificate in certificates:
            _key(role, use, certificate)
    for binding in (REDIRECT, POST):
        _endpoint(role, "md:SingleLogoutService", binding, url(provider.slo_path))
    etree.SubElement(role, tag("md:NameIDFormat")).text = provider.choices.name_id_format
    consumer = _endpoint(role, "md:AssertionConsumerService", POST, url(provider.acs_path))
    consumer.set("index", "0")
    consumer.set("isDefault", "true")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _key(role: etree._Element, use: str, certificate: str) -> None:
    descriptor = etree.SubElement(role, tag("md:KeyDescriptor"), {"use": use})
    data = etree.SubElement(etree.SubElement(descriptor, tag("ds:KeyInfo")), tag("ds:X509Data"))
    etree.SubElement(data, tag("ds:X509Certificate")).text = certificate


def _endpoint(role: etree._Element, name: str, binding: str, location: str) -> etree._Element:
    return etree.SubElement(role, tag(name), {"Binding": binding, "Location": location})
