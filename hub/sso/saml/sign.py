"""Signing what the hub says in XML, in the one form that SAML Core 2.0, section 5.4 describes."""

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

from hub.sso.saml.certificates import load_certificate
from hub.sso.saml.names import tag
from hub.sso.saml.xml import attribute


def signed(element: etree._Element, key: RSAPrivateKey, certificate: str) -> etree._Element:
    """The element with an enveloped signature of RSA and SHA-256, where schemas want it: behind the Issuer, else first.

    ``certificate`` is in bare base64. The element needs an ID and must not be changed afterwards.
    """
    signer = XMLSigner(
        signature_algorithm=SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    result = signer.sign(
        element,
        key=key,
        cert=[load_certificate(certificate)],
        reference_uri=f"#{attribute(element, 'ID')}",
        id_attribute="ID",
    )
    signature = result.find(tag("ds:Signature"))
    if signature is None:
        raise TypeError("signxml signs by a child of the element")
    result.insert(1 if result[0].tag == tag("saml:Issuer") else 0, signature)
    return result
