"""Certificates of identity providers: a key is trusted because their metadata has it, not because of what a certificate says.

SAML V2.0 Metadata Interoperability Profile 1.0, section 2.6.1: dates, names and chains of certificates decide nothing.
Dates are shown to people, who are told in time.
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

MIN_RSA_BITS = 2048
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


@dataclass(frozen=True)
class CertificateFacts:
    """What people need to tell one certificate from another. ``fingerprint`` is SHA-256 in hex."""

    subject: str
    fingerprint: str
    valid_from: datetime
    valid_until: datetime


def normalize_certificate(text: str) -> str:
    """A certificate, PEM or bare base64, as bare base64 on one line. ValueError when its key cannot be used."""
    bare = "".join(line for line in text.strip().splitlines() if "-----" not in line)
    encoded = b64encode(b64decode("".join(bare.split()), validate=True)).decode()
    load_certificate(encoded)
    return encoded


@lru_cache(maxsize=4096)
def load_certificate(encoded: str) -> x509.Certificate:
    """The certificate of this bare base64. ValueError unless its key is RSA with 2,048 bits or more, or on a NIST curve."""
    try:
        certificate = x509.load_der_x509_certificate(b64decode(encoded, validate=True))
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("no certificate") from error
    is_rsa = isinstance(key, rsa.RSAPublicKey) and key.key_size >= MIN_RSA_BITS
    if not is_rsa and not (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES)):
        raise ValueError("no key that can be used")
    return certificate


def describe_certificate(encoded: str) -> CertificateFacts:
    """Its subject, fingerprint and dates, for people."""
    certificate = load_certificate(encoded)
    try:
        subject = certificate.subject.rfc4514_string()
    except ValueError:
        subject = "unreadable"
    return CertificateFacts(
        subject,
        certificate.fingerprint(hashes.SHA256()).hex(),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )


def bare_certificate(certificate: x509.Certificate) -> str:
    """A certificate as bare base64."""
    return b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
