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
    root = etree.Element(
        tag("md:EntityDescriptor"), {"entityID": url(provider.paths.metadata)}, nsmap=_SPACES
    )
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
            add_key(role, use, certificate)
    for binding in (REDIRECT, POST):
        add_endpoint(role, "md:SingleLogoutService", binding, url(provider.paths.slo))
    etree.SubElement(role, tag("md:NameIDFormat")).text = provider.choices.name_id_format
    consumer = add_endpoint(role, "md:AssertionConsumerService", POST, url(provider.paths.acs))
    consumer.set("index", "0")
    consumer.set("isDefault", "true")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def add_key(role: etree._Element, use: str, certificate: str) -> None:
    """Publish a certificate, in bare base64 (section 2.4.1.1)."""
    descriptor = etree.SubElement(role, tag("md:KeyDescriptor"), {"use": use})
    data = etree.SubElement(etree.SubElement(descriptor, tag("ds:KeyInfo")), tag("ds:X509Data"))
    etree.SubElement(data, tag("ds:X509Certificate")).text = certificate


def add_endpoint(role: etree._Element, name: str, binding: str, location: str) -> etree._Element:
    """Publish where messages of a binding go (section 2.2.2)."""
    return etree.SubElement(role, tag(name), {"Binding": binding, "Location": location})
