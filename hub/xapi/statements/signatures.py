"""Signed statements: a signature that comes with one must be well formed and sign just that (xAPI 1.0.3 Data 2.6).

This catches mistakes of signers. It is no proof of who signed: whom a certificate belongs to is for those to decide who
read the statement and its signature later.
"""

import base64
import binascii
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from hub.errors import BadInput, HubError, Problem
from hub.xapi.statements.equality import statement_hash
from hub.xapi.statements.kinds import decode_statement, kind_of
from hub.xapi.statements.problems import MAX_PROBLEMS
from hub.xapi.statements.strict_json import parse_json
from hub.xapi.storing.incoming import Incoming

USAGE = "http://adlnet.gov/expapi/attachments/signature"
CONTENT_TYPE = "application/octet-stream"
ALGORITHMS = ("RS256", "RS384", "RS512")
MIN_KEY_BITS = 2048
"""RFC 7518, section 3.3."""
MAX_CERTIFICATES = 10

Told = dict[str, Any]
_COMPACT = re.compile(rb"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*){2}")
"""Decoders are lenient; what is no base64url must not pass for the same as what is."""


_NO_JWS = "is no JWS in compact serialization (RFC 7515, section 7.1)"


class _Registry(jws.JWSRegistry):
    """Room for a statement and a chain of certificates; the request as a whole is bounded before."""

    max_header_length = 128 * 1024
    max_payload_length = 16 * 1024 * 1024
    max_signature_length = 4 * 1024


_REGISTRY = _Registry(algorithms=ALGORITHMS, strict_check_header=False)


class _Malformed(ValueError):
    """What is wrong with a signature."""


def check_signatures(incoming: Sequence[Incoming], files: Mapping[str, bytes | memoryview]) -> None:
    """Check every signature among the attachments; ``files`` are the bytes that came, by SHA-2 in lower case.

    BadInput ``bad_signature`` with every one that is malformed, or signs something else than its statement.
    """
    problems = [problem for each in incoming for problem in _signature_problems(each, files)]
    if problems:
        raise BadInput(
            "bad_signature",
            "A signature is not what xAPI asks for; nothing was stored.",
            "Sign the JSON of the whole statement, before the signature is added, with RS256, RS384 or RS512.",
            problems[:MAX_PROBLEMS],
        )


def _signature_problems(incoming: Incoming, files: Mapping[str, bytes | memoryview]) -> Iterator[Problem]:
    for index, attachment in enumerate(incoming.statement.attachments or ()):
        if attachment.usage_type != USAGE:
            continue
        place = f"{incoming.place}.attachments[{index}]"
        if attachment.content_type.lower() != CONTENT_TYPE:
            yield Problem(f"must be {CONTENT_TYPE}: this is a signature", f"{place}.contentType")
        content = files.get(attachment.sha2.lower())
        if content is None:
            yield Problem(
                "must come with its bytes, in a part of the request: this is a signature", f"{place}.sha2"
            )
            continue
        try:
            _check_payload(incoming, _open(bytes(content)))
        except _Malformed as error:
            yield Problem(f"is a signature that {error}", place)


def _open(signature: bytes) -> bytes:
    """What was signed, after the signature was checked against the certificate in its header, if there is one."""
    if not _COMPACT.fullmatch(signature):
        raise _Malformed(_NO_JWS)
    try:
        opened = jws.extract_compact(signature, registry=_REGISTRY)
        header = opened.headers()
        if header.get("alg") not in ALGORITHMS:
            raise _Malformed(f"must use {', '.join(ALGORITHMS[:-1])} or {ALGORITHMS[-1]}")
        if "crit" in header or "b64" in header:
            raise _Malformed("has a header whose meaning is not known here (crit or b64)")
        _REGISTRY.check_header(header)
        if not opened.segments["signature"]:
            raise _Malformed("has no signature")
        if opened.payload is None:
            raise _Malformed("has no payload")
        if "x5c" in header:
            key = _leaf_key(header["x5c"])
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                if not jws.validate_compact(opened, key, ALGORITHMS, _REGISTRY):
                    raise _Malformed("the first certificate of its x5c does not verify")
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, _Malformed):
            raise
        raise _Malformed(_NO_JWS) from error
    return opened.payload


def _leaf_key(chain: Any) -> RSAKey:
    """The key of the first certificate of ``x5c``; each must be signed by the next (RFC 7515, section 4.1.6)."""
    if not isinstance(chain, list) or not 1 <= len(chain) <= MAX_CERTIFICATES:
        raise _Malformed(f"must have 1 to {MAX_CERTIFICATES} certificates in x5c")
    try:
        certificates = [
            x509.load_der_x509_certificate(base64.b64decode(each, validate=True)) for each in chain
        ]
        for certificate, issuer in pairwise(certificates):
            certificate.verify_directly_issued_by(issuer)
        key = certificates[0].public_key()
    except (InvalidSignature, UnsupportedAlgorithm, binascii.Error, ValueError, TypeError):
        raise _Malformed("has certificates in x5c that cannot be read, or that are no chain") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < MIN_KEY_BITS:
        raise _Malformed(f"must have an RSA key of at least {MIN_KEY_BITS} bits in its certificate")
    return RSAKey.import_key(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _check_payload(incoming: Incoming, payload: bytes) -> None:
    """What was signed must be the statement before the signature was added, less what the store may set."""
    signed = _read_statement(payload)
    received = _unsigned(incoming.decoded)
    if "timestamp" not in signed:  # whoever passed it on may have set it
        received.pop("timestamp", None)
    same_id = incoming.id is None or "id" not in signed or signed["id"].lower() == incoming.id
    if not same_id or statement_hash(_unsigned(signed)) != statement_hash(received):
        raise _Malformed("signs another statement than this one")


def _read_statement(payload: bytes) -> Told:
    try:
        signed = parse_json(payload)
        if isinstance(signed, dict):
            decode_statement(payload, kind_of(signed))
            return signed
    except (HubError, msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        pass
    raise _Malformed("has a payload that is no statement")


def _unsigned(statement: Told) -> Told:
    """The statement without signatures among its attachments, and without an empty list of them."""
    others = [each for each in statement.get("attachments", ()) if each["usageType"] != USAGE]
    told = {name: value for name, value in statement.items() if name != "attachments"}
    return told | {"attachments": others} if others else told
