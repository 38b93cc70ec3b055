"""Keys, signatures and encryption of the simulated SAML provider: written apart from the hub's own, right by default, wrong on demand."""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

DS = "http://www.w3.org/2000/09/xmldsig#"
XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = f"{DS}enveloped-signature"
SHA256 = f"{XENC}sha256"
ISSUER = "{urn:oasis:names:tc:SAML:2.0:assertion}Issuer"
_HASHES: dict[str, type[hashes.SHA1 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Signer:
    """A private key with a certificate for it."""

    key: Key
    certificate: x509.Certificate

    @cached_property
    def encoded(self) -> str:
        """The certificate as bare base64."""
        return base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()

    @property
    def pem(self) -> str:
        """The certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()


def new_signer(key: Key | None = None, *, days: int = 3650, since: datetime | None = None) -> Signer:
    """A self-signed certificate for this key, or for a new RSA one."""
    private = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Simulated provider")])
    begin = since or datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
        .sign(private, hashes.SHA256())
    )
    return Signer(private, certificate)


def signer_from_pem(pem: str) -> Signer:
    """A signer with the private key in this PEM, or a new one for an empty text."""
    if not pem:
        return new_signer()
    key = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("an RSA key is expected")
    return new_signer(key)


@dataclass(frozen=True)
class Style:
    """How a signature is made. The defaults are what SAML asks for; everything else is for attacks."""

    method: str = f"{MORE}rsa-sha256"
    digest: str = SHA256
    transforms: tuple[str, ...] = (ENVELOPED, EXCLUSIVE)
    inside_transforms: str = ""
    reference: str | None = None
    canonicalization: str = EXCLUSIVE
    key_info: bool = True
    hmac_key: bytes = b""
    inside_method: str = ""
    again: bool = False
    """Whether the reference stands there twice."""


RIGHT = Style()


def canonical(element: etree._Element) -> bytes:
    """Exclusive canonical XML without comments."""
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def sign(element: etree._Element, signer: Signer, style: Style = RIGHT) -> None:
    """Put an enveloped signature behind the element's Issuer, or first where there is none."""
    digest_name = style.digest.rpartition("#")[2]
    alone = etree.fromstring(etree.tostring(element, with_tail=False))
    digest = base64.b64encode(hashlib.new(digest_name, canonical(alone)).digest()).decode()
    uri = style.reference if style.reference is not None else f"#{element.get('ID')}"
    inside = "".join(f'<ds:Transform Algorithm="{one}"/>' for one in style.transforms)
    reference = (
        f'<ds:Reference URI="{uri}"><ds:Transforms>{inside}{style.inside_transforms}</ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{style.digest}"/><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>'
    )
    key_info = f"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{signer.encoded}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    signature = etree.fromstring(
        f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo>'
        f'<ds:CanonicalizationMethod Algorithm="{style.canonicalization}"/>'
        f'<ds:SignatureMethod Algorithm="{style.method}">{style.inside_method}</ds:SignatureMethod>'
        f"{reference}{reference if style.again else ''}</ds:SignedInfo><ds:SignatureValue/>"
        f"{key_info if style.key_info else ''}</ds:Signature>"
    )
    issuer = element.find(ISSUER)
    element.insert(0 if issuer is None else 1, signature)
    raw = _signature(canonical(signature[0]), signer, style)
    signature[1].text = base64.b64encode(raw).decode()


def _signature(data: bytes, signer: Signer, style: Style) -> bytes:
    name = style.method.rpartition("-")[2]
    if style.hmac_key:
        return hmac.new(style.hmac_key, data, name).digest()
    digest = _HASHES.get(name, hashes.SHA256)()
    if isinstance(signer.key, ec.EllipticCurvePrivateKey):
        size = (signer.key.key_size + 7) // 8
        r, s = decode_dss_signature(signer.key.sign(data, ec.ECDSA(digest)))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    return signer.key.sign(data, padding.PKCS1v15(), digest)


@dataclass(frozen=True)
class Sealing:
    """How an assertion is encrypted: the names of the algorithms, and what they do whatever their names say."""

    method: str = f"{XENC11}aes256-gcm"
    key_method: str = f"{XENC}rsa-oaep-mgf1p"
    inside_key_method: str = ""


def encrypt(assertion: bytes, certificate: x509.Certificate, sealing: Sealing = Sealing()) -> etree._Element:
    """A ``saml:EncryptedAssertion`` for the holder of the certificate's key."""
    public = certificate.public_key()
    if not isinstance(public, rsa.RSAPublicKey):
        raise ValueError("an RSA certificate is expected")
    bits = {"aes128": 128, "aes192": 192, "aes256": 256}.get(sealing.method.rpartition("#")[2][:6], 192)
    secret, iv = os.urandom(bits // 8), os.urandom(16)
    if sealing.method.endswith("-gcm"):
        data = iv[:12] + AESGCM(secret).encrypt(iv[:12], assertion, None)
    else:
        count = 16 - len(assertion) % 16
        padded = assertion + os.urandom(count - 1) + bytes([count])
        encryptor = Cipher(algorithms.AES(secret), modes.CBC(iv)).encryptor()
        data = iv + encryptor.update(padded) + encryptor.finalize()
    digest = hashes.SHA1()  # noqa: S303  (which rsa-oaep-mgf1p means where no digest is named)
    oaep = padding.OAEP(padding.MGF1(digest), digest, None)
    wrapped = public.encrypt(secret, padding.PKCS1v15() if sealing.key_method.endswith("1_5") else oaep)
    return etree.fromstring(
        f'<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:xenc="{XENC}" xmlns:ds="{DS}">'
        f'<xenc:EncryptedData Type="{XENC}Element"><xenc:EncryptionMethod Algorithm="{sealing.method}"/>'
        f'<ds:KeyInfo><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="{sealing.key_method}">'
        f"{sealing.inside_key_method}</xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>"
        f"{base64.b64encode(wrapped).decode()}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>"
        f"<xenc:CipherData><xenc:CipherValue>{base64.b64encode(data).decode()}</xenc:CipherValue></xenc:CipherData>"
        f"</xenc:EncryptedData></saml:EncryptedAssertion>"
    )
