"""The HTTP-Redirect binding (SAML Bindings 2.0, section 3.4): a message in an address, signed over the address's own letters."""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote_plus, urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from hub.sso.refusals import not_verified
from hub.sso.saml.certificates import load_certificate
from hub.sso.saml.names import RSA_SHA256
from hub.sso.saml.xml import MAX_BYTES

Kind = Literal["SAMLRequest", "SAMLResponse"]
_MORE = RSA_SHA256.rpartition("#")[0]
_RSA: dict[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    RSA_SHA256: hashes.SHA256,
    f"{_MORE}#rsa-sha384": hashes.SHA384,
    f"{_MORE}#rsa-sha512": hashes.SHA512,
}
_ECDSA: dict[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    f"{_MORE}#ecdsa-sha256": hashes.SHA256,
    f"{_MORE}#ecdsa-sha384": hashes.SHA384,
    f"{_MORE}#ecdsa-sha512": hashes.SHA512,
}
_KNOWN = ("SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature", "SAMLEncoding")
_DEFLATE = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"


@dataclass(frozen=True)
class RedirectMessage:
    """A message out of an address. ``signed`` are the letters that its signature covers."""

    kind: Kind
    xml: bytes
    relay_state: str
    signed: bytes
    algorithm: str
    signature: bytes


def redirect_address(
    location: str, kind: Kind, xml: bytes, relay_state: str, key: rsa.RSAPrivateKey | None
) -> str:
    """The address that carries a message to the other side, signed where there is a key."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = b64encode(compressor.compress(xml) + compressor.flush()).decode()
    query = f"{kind}={quote(packed, safe='')}"
    if relay_state:
        query += f"&RelayState={quote(relay_state, safe='')}"
    if key is not None:
        query += f"&SigAlg={quote(RSA_SHA256, safe='')}"
        signature = key.sign(query.encode(), padding.PKCS1v15(), hashes.SHA256())
        query += f"&Signature={quote(b64encode(signature).decode(), safe='')}"
    return f"{location}{'&' if urlsplit(location).query else '?'}{query}"


def read_redirect(query: bytes, *, may_be_unsigned: bool = False) -> RedirectMessage:
    """The message in a query string, exactly as it was sent; where it may be unsigned, ``algorithm`` is then empty.

    Refuses ``repeated_parameter`` for anything that is there twice, in whatever spelling, or both a request and an
    answer: two readers must not see two messages. Refuses ``bad_message``, ``message_too_large``, ``not_signed``.
    """
    raw = _one_each(query)
    if ("SAMLRequest" in raw) == ("SAMLResponse" in raw):
        raise not_verified("repeated_parameter" if "SAMLRequest" in raw else "bad_message")
    if unquote_plus(raw.get("SAMLEncoding", _DEFLATE)) != _DEFLATE:
        raise not_verified("bad_message")
    kind: Kind = "SAMLRequest" if "SAMLRequest" in raw else "SAMLResponse"
    is_unsigned = may_be_unsigned and "Signature" not in raw and "SigAlg" not in raw
    if not is_unsigned and not (raw.get("Signature") and raw.get("SigAlg")):
        raise not_verified("not_signed")
    covered = [name for name in (kind, "RelayState", "SigAlg") if name in raw]
    return RedirectMessage(
        kind,
        _inflate(_decode(raw[kind])),
        unquote_plus(raw.get("RelayState", "")),
        "&".join(f"{name}={raw[name]}" for name in covered).encode(),
        unquote_plus(raw.get("SigAlg", "")),
        _decode(raw.get("Signature", "")),
    )


def check_redirect(message: RedirectMessage, certificates: Sequence[str]) -> None:
    """Refuse ``weak_signature``, and ``wrong_signature`` unless a key of these certificates signed the address."""
    if message.algorithm not in _RSA and message.algorithm not in _ECDSA:
        raise not_verified("weak_signature")
    if not any(_holds(message, certificate) for certificate in certificates):
        raise not_verified("wrong_signature")


def _holds(message: RedirectMessage, certificate: str) -> bool:
    key = load_certificate(certificate).public_key()
    rsa_hash, ec_hash = _RSA.get(message.algorithm), _ECDSA.get(message.algorithm)
    try:
        if isinstance(key, rsa.RSAPublicKey) and rsa_hash:
            key.verify(message.signature, message.signed, padding.PKCS1v15(), rsa_hash())
            return True
        if isinstance(key, ec.EllipticCurvePublicKey) and ec_hash:
            key.verify(_der(message.signature), message.signed, ec.ECDSA(ec_hash()))
            return True
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return False


def _der(signature: bytes) -> bytes:
    """XML Signature writes both numbers of ECDSA one behind the other."""
    half = len(signature) // 2
    return encode_dss_signature(
        int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    )


def _one_each(query: bytes) -> dict[str, str]:
    try:
        text = query.decode("ascii")
    except UnicodeDecodeError:
        raise not_verified("bad_message") from None
    found: dict[str, str] = {}
    for part in text.split("&"):
        name, _, value = part.partition("=")
        meant = unquote_plus(name)
        if meant not in _KNOWN:
            continue
        if meant != name or name in found or ";" in value:
            raise not_verified("repeated_parameter")
        found[name] = value
    return found


def _decode(value: str) -> bytes:
    try:
        return b64decode("".join(unquote_plus(value).split()), validate=True)
    except (ValueError, UnicodeError):
        raise not_verified("bad_message") from None


def _inflate(packed: bytes) -> bytes:
    """Unpacked to no more than a message may have, whatever it would become."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        xml = inflater.decompress(packed, MAX_BYTES + 1)
    except zlib.error:
        raise not_verified("bad_message") from None
    if len(xml) > MAX_BYTES:
        raise not_verified("message_too_large")
    if not inflater.eof or inflater.unused_data:
        raise not_verified("bad_message")
    return xml
