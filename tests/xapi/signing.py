"""Keys, certificates and signatures of statements."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_ec_key
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from joserfc import jws
from joserfc.jwk import RSAKey

from hub.xapi.statements.signatures import USAGE, _Registry
from tests.xapi.parts import attachment, file_part, json_part, send_parts
from tests.xapi.rig import Answer, Store


@dataclass(frozen=True)
class Signer:
    """A private key and its certificate."""

    key: RSAPrivateKey | EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> str:
        """The certificate as an entry of x5c."""
        return base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()

    @property
    def jwk(self) -> RSAKey:
        """The key, for signing."""
        return RSAKey.import_key(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@cache
def new_signer(name: str, issuer: Signer | None = None, bits: int = 2048, curve: bool = False) -> Signer:
    """A signer whose certificate the issuer signed, or itself; the same again for the same arguments."""
    key = new_ec_key(SECP256R1()) if curve else generate_private_key(65537, bits)
    subject = _name(name)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=365))
        .sign(issuer.key if issuer else key, SHA256())
    )
    return Signer(key, certificate)


def sign(payload: Any, signer: Signer, algorithm: str = "RS256", **header: Any) -> bytes:
    """A JWS in compact serialization; ``payload`` is bytes or something to encode."""
    told = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    registry = _Registry(algorithms=[algorithm], strict_check_header=False)
    return jws.serialize_compact({"alg": algorithm} | header, told, signer.jwk, registry=registry).encode()


def chain(*signers: Signer) -> Sequence[str]:
    """The value of x5c."""
    return [signer.der for signer in signers]


def signature_of(signature: bytes, **parts: Any) -> dict[str, Any]:
    """The attachment that a signature is."""
    told = {"usageType": USAGE, "contentType": "application/octet-stream"}
    return attachment(signature, **(told | parts))


def send_signed(store: Store, told: dict[str, Any], signature: bytes, **parts: Any) -> Answer:
    """POST a statement with its signature."""
    attached = signature_of(signature, **parts)
    signed = told | {"attachments": [*told.get("attachments", ()), attached]}
    part = file_part(signature, Content_Type=attached["contentType"])
    return send_parts(store, json_part(signed), part)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
