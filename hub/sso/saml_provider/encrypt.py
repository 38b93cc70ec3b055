"""Encrypting an assertion for one system (XML Encryption 1.1): AES-256 in GCM, its key wrapped by RSA-OAEP."""

import os
from base64 import b64encode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from hub.sso.saml.certificates import load_certificate
from hub.sso.saml.encryption import OAEP_MGF1P
from hub.sso.saml.names import ASSERTION, DSIG, XENC, XENC11, tag

_SPACES = {"saml": ASSERTION, "xenc": XENC, "ds": DSIG}


def encrypted(assertion: etree._Element, certificate: str) -> etree._Element:
    """The assertion as a ``saml:EncryptedAssertion`` that the holder of the certificate's RSA key can open.

    OAEP with SHA-1 is what ``rsa-oaep-mgf1p`` means and every system reads; OAEP does not need a hash without collisions.
    """
    public_key = load_certificate(certificate).public_key()
    if not isinstance(public_key, RSAPublicKey):
        raise TypeError("an RSA certificate is needed")
    secret, iv = os.urandom(32), os.urandom(12)
    text = iv + AESGCM(secret).encrypt(iv, etree.tostring(assertion), None)
    digest = hashes.SHA1()  # noqa: S303
    wrapped = public_key.encrypt(secret, padding.OAEP(padding.MGF1(digest), digest, None))
    root = etree.Element(tag("saml:EncryptedAssertion"), nsmap=_SPACES)
    data = etree.SubElement(root, tag("xenc:EncryptedData"), {"Type": f"{XENC}Element"})
    etree.SubElement(data, tag("xenc:EncryptionMethod"), {"Algorithm": f"{XENC11}aes256-gcm"})
    key = etree.SubElement(etree.SubElement(data, tag("ds:KeyInfo")), tag("xenc:EncryptedKey"))
    method = etree.SubElement(key, tag("xenc:EncryptionMethod"), {"Algorithm": OAEP_MGF1P})
    etree.SubElement(method, tag("ds:DigestMethod"), {"Algorithm": f"{DSIG}sha1"})
    _cipher(key, wrapped)
    _cipher(data, text)
    return root


def _cipher(parent: etree._Element, value: bytes) -> None:
    data = etree.SubElement(parent, tag("xenc:CipherData"))
    etree.SubElement(data, tag("xenc:CipherValue")).text = b64encode(value).decode()
