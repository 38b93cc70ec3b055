"""Opening encrypted assertions (XML Encryption 1.1): AES in CBC or GCM, its key wrapped by RSA-OAEP.

Triple DES and RSA with PKCS #1 v1.5 are refused by their names. Whatever else goes wrong is refused as ``cannot_decrypt``:
telling a wrong padding from a wrong key or a wrong text would let a stranger read an assertion byte by byte.
"""

from base64 import b64decode
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from hub.errors import NotAllowed
from hub.sso.refusals import not_verified
from hub.sso.saml.names import DSIG, XENC, XENC11, tag
from hub.sso.saml.xml import attribute, one_child

CBC = {f"{XENC}aes128-cbc": 16, f"{XENC}aes192-cbc": 24, f"{XENC}aes256-cbc": 32}
GCM = {f"{XENC11}aes128-gcm": 16, f"{XENC11}aes192-gcm": 24, f"{XENC11}aes256-gcm": 32}
"""Accepted algorithms, each with the length of its key in bytes."""
OAEP_MGF1P = f"{XENC}rsa-oaep-mgf1p"
OAEP = f"{XENC11}rsa-oaep"
_DIGESTS: dict[str, type[hashes.HashAlgorithm]] = {
    f"{DSIG}sha1": hashes.SHA1,
    f"{XENC}sha256": hashes.SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashes.SHA384,
    f"{XENC}sha512": hashes.SHA512,
}
_MASKS: dict[str, type[hashes.HashAlgorithm]] = {
    f"{XENC11}mgf1sha1": hashes.SHA1,
    f"{XENC11}mgf1sha256": hashes.SHA256,
    f"{XENC11}mgf1sha384": hashes.SHA384,
    f"{XENC11}mgf1sha512": hashes.SHA512,
}
MAX_KEYS = 4
"""Wrapped keys that are tried: some providers wrap one per certificate of ours."""


def decrypt_assertion(encrypted: etree._Element, keys: Sequence[RSAPrivateKey]) -> bytes:
    """The XML inside a ``saml:EncryptedAssertion``. Refuses ``encryption_not_allowed`` and ``cannot_decrypt``."""
    data = one_child(encrypted, tag("xenc:EncryptedData"), cannot_decrypt())
    method = _algorithm(data)
    length = CBC.get(method) or GCM.get(method)
    if length is None:
        raise not_verified("encryption_not_allowed")
    wrapped = list(encrypted.iter(tag("xenc:EncryptedKey")))
    if not wrapped or len(wrapped) > MAX_KEYS:
        raise cannot_decrypt()
    paddings = [_key_padding(one) for one in wrapped]
    cipher_text = _cipher_value(data)
    for one, key_padding in zip(wrapped, paddings, strict=True):
        for private_key in keys:
            secret = _unwrap(private_key, _cipher_value(one), key_padding)
            if secret is not None and len(secret) == length:
                return _open(cipher_text, secret, is_cbc=method in CBC)
    raise cannot_decrypt()


def cannot_decrypt() -> NotAllowed:
    """The one refusal for everything that goes wrong with an encrypted assertion."""
    return not_verified("cannot_decrypt")


def _algorithm(element: etree._Element) -> str:
    return attribute(one_child(element, tag("xenc:EncryptionMethod"), cannot_decrypt()), "Algorithm")


def _key_padding(wrapped: etree._Element) -> padding.OAEP:
    """OAEP as the element says; refuses every other way to wrap a key (XML Encryption 1.1, section 5.5.2)."""
    method = one_child(wrapped, tag("xenc:EncryptionMethod"), cannot_decrypt())
    algorithm = attribute(method, "Algorithm")
    if algorithm not in {OAEP_MGF1P, OAEP}:
        raise not_verified("encryption_not_allowed")
    digest, mask = method.find(tag("ds:DigestMethod")), method.find(tag("xenc11:MGF"))
    digest_class: type[hashes.HashAlgorithm] | None = hashes.SHA1
    mask_class: type[hashes.HashAlgorithm] | None = hashes.SHA1
    if digest is not None:
        digest_class = _DIGESTS.get(attribute(digest, "Algorithm"))
    if algorithm == OAEP and mask is not None:
        mask_class = _MASKS.get(attribute(mask, "Algorithm"))
    if digest_class is None or mask_class is None or method.find(tag("xenc:OAEPparams")) is not None:
        raise not_verified("encryption_not_allowed")
    return padding.OAEP(mgf=padding.MGF1(mask_class()), algorithm=digest_class(), label=None)


def _cipher_value(element: etree._Element) -> bytes:
    data = one_child(element, tag("xenc:CipherData"), cannot_decrypt())
    value = one_child(data, tag("xenc:CipherValue"), cannot_decrypt())
    try:
        return b64decode("".join((value.text or "").split()), validate=True)
    except ValueError:
        raise cannot_decrypt() from None


def _unwrap(private_key: RSAPrivateKey, wrapped: bytes, key_padding: padding.OAEP) -> bytes | None:
    try:
        return private_key.decrypt(wrapped, key_padding)
    except (ValueError, UnsupportedAlgorithm):
        return None


def _open(cipher_text: bytes, secret: bytes, *, is_cbc: bool) -> bytes:
    """XML Encryption 1.1, sections 5.2.2 (CBC: the last byte counts the padding) and 5.2.4 (GCM: 96-bit IV, 128-bit tag)."""
    try:
        if not is_cbc:
            return AESGCM(secret).decrypt(cipher_text[:12], cipher_text[12:], None)
        decryptor = Cipher(algorithms.AES(secret), modes.CBC(cipher_text[:16])).decryptor()
        padded = decryptor.update(cipher_text[16:]) + decryptor.finalize()
    except (InvalidTag, ValueError):
        raise cannot_decrypt() from None
    # Not PKCS #7: only the last byte has a meaning here.
    count = padded[-1] if padded else 0
    if not 1 <= count <= 16:
        raise cannot_decrypt()
    return padded[:-count]
