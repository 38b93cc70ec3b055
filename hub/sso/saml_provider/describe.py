"""What the hub says about itself as identity provider (SAML Metadata 2.0, section 2.4.3)."""

from lxml import etree

from hub.runtime import Hub
from hub.sso.saml.names import DSIG, METADATA, PERSISTENT, POST, PROTOCOL, REDIRECT, tag
from hub.sso.saml.sign import signed
from hub.sso.saml.sp_keys import published_certificates, signing_pair
from hub.sso.saml.sp_metadata import add_endpoint, add_key
from hub.sso.tokens import new_token

METADATA_PATH, SSO_PATH, SLO_PATH = "/saml/metadata", "/saml/sso", "/saml/slo"
"""Paths of the hub; the address of the first is its entity id towards every system."""


def idp_metadata(hub: Hub) -> bytes:
    """The hub's signed metadata, the same for every system. Not inside a unit of work.

    No validUntil: many systems are given it once, as a file. During a change of keys both certificates stand in it, the one that signs first.
    """
    url = hub.settings.url
    certificates = published_certificates(hub, "idp")
    root = etree.Element(
        tag("md:EntityDescriptor"),
        {
            "ID": f"_{new_token()}",
            "entityID": url(METADATA_PATH),
        },
        nsmap={"md": METADATA, "ds": DSIG},
    )
    role = etree.SubElement(
        root,
        tag("md:IDPSSODescriptor"),
        {"protocolSupportEnumeration": PROTOCOL, "WantAuthnRequestsSigned": "false"},
    )
    for certificate in certificates:
        add_key(role, "signing", certificate)
    add_endpoint(role, "md:SingleLogoutService", REDIRECT, url(SLO_PATH))
    add_endpoint(role, "md:SingleLogoutService", POST, url(SLO_PATH))
    etree.SubElement(role, tag("md:NameIDFormat")).text = PERSISTENT
    add_endpoint(role, "md:SingleSignOnService", REDIRECT, url(SSO_PATH))
    add_endpoint(role, "md:SingleSignOnService", POST, url(SSO_PATH))
    return etree.tostring(signed(root, *signing_pair(hub, "idp")), xml_declaration=True, encoding="UTF-8")
