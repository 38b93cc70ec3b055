"""Enveloped XML signatures, and the bytes they cover.

``signxml`` does the cryptography. This layer decides what it may be shown: one element as a document of its own, signed by
its own child, over nothing but itself, in the one form that SAML Core 2.0, section 5.4 describes. What comes back are the
signed bytes, and nothing else of a message is read. So a signature that covers something else than what is read cannot
be put together: no search for elements by ID takes part in the decision.
"""

from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from hub.sso.refusals import not_verified
from hub.sso.saml.certificates import load_certificate
from hub.sso.saml.names import ENVELOPED, EXCLUSIVE_C14N, tag
from hub.sso.saml.xml import attribute, children

SIGNATURE = tag("ds:Signature")
METHODS = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.SHA256_RSA_MGF1,
        SignatureMethod.SHA384_RSA_MGF1,
        SignatureMethod.SHA512_RSA_MGF1,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
        SignatureMethod.ECDSA_SHA512,
    }
)
DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
_METHOD_URIS = frozenset(method.value for method in METHODS)
_DIGEST_URIS = frozenset(digest.value for digest in DIGESTS)
_SIGNATURE_FORM = [tag("ds:SignedInfo"), tag("ds:SignatureValue")]
_SIGNED_INFO_FORM = [tag("ds:CanonicalizationMethod"), tag("ds:SignatureMethod"), tag("ds:Reference")]
_REFERENCE_FORM = [tag("ds:Transforms"), tag("ds:DigestMethod"), tag("ds:DigestValue")]
_INCLUSIVE = tag("ec:InclusiveNamespaces")
MAX_PREFIXES = 32
MAX_ELEMENTS = 11
"""Elements in a SignedInfo of the one form, with both lists of prefixes. What is to be canonicalized before any key was tried
must be small: the work grows with prefixes times elements times declarations."""
_CANNOT_VERIFY = (
    SignXMLException,
    UnsupportedAlgorithm,
    ValueError,
    TypeError,
    KeyError,
    NotImplementedError,
    etree.LxmlError,
)


def is_signed(element: etree._Element) -> bool:
    """Whether the element has a signature of its own; refuses ``unexpected_signature`` where it has several."""
    found = element.findall(SIGNATURE)
    if len(found) > 1:
        raise not_verified("unexpected_signature")
    return bool(found)


def signed_bytes(element: etree._Element, certificates: Sequence[str]) -> bytes:
    """What the element's own signature covers, as canonical XML without the signature: all of the element that may be read.

    ``certificates`` are in bare base64; the key of one of them must have signed. Refuses ``not_signed``,
    ``bad_signature_form``, ``weak_signature``, ``wrong_reference``, ``unexpected_transform``, ``wrong_signature``.
    """
    if not is_signed(element):
        raise not_verified("not_signed")
    check_form(element)
    document = etree.tostring(element, with_tail=False)
    for certificate in certificates:
        signed = _verify(document, attribute(element, "ID"), certificate)
        if signed is not None:
            return signed
    raise not_verified("wrong_signature")


def check_form(element: etree._Element) -> None:
    """Refuse every signature of the element that is not of the one form (SAML Core 2.0, section 5.4)."""
    signature = element.find(SIGNATURE)
    if signature is None:
        raise not_verified("not_signed")
    tags = [child.tag for child in children(signature)]
    if tags not in (_SIGNATURE_FORM, [*_SIGNATURE_FORM, tag("ds:KeyInfo")]):
        raise not_verified("bad_signature_form")
    signed_info, value = children(signature)[:2]
    if len(value) or sum(1 for _ in signed_info.iter()) > MAX_ELEMENTS:
        raise not_verified("bad_signature_form")
    if [child.tag for child in children(signed_info)] != _SIGNED_INFO_FORM:
        raise not_verified("bad_signature_form")
    canonicalization, method, reference = children(signed_info)
    if attribute(canonicalization, "Algorithm") != EXCLUSIVE_C14N or not _is_plain(canonicalization):
        raise not_verified("unexpected_transform")
    if attribute(method, "Algorithm") not in _METHOD_URIS or len(method):
        raise not_verified("weak_signature")
    _check_reference(reference, attribute(element, "ID"))


def _check_reference(reference: etree._Element, id: str) -> None:
    if not id or attribute(reference, "URI") != f"#{id}":
        raise not_verified("wrong_reference")
    # Transforms may be left out by the standard, and then another canonicalization is meant.
    if children(reference) and children(reference)[0].tag != _REFERENCE_FORM[0]:
        raise not_verified("unexpected_transform")
    if [child.tag for child in children(reference)] != _REFERENCE_FORM:
        raise not_verified("bad_signature_form")
    transforms, digest, value = children(reference)
    algorithms = [attribute(transform, "Algorithm") for transform in children(transforms)]
    if algorithms != [ENVELOPED, EXCLUSIVE_C14N] or not all(map(_is_plain, children(transforms))):
        raise not_verified("unexpected_transform")
    if len(children(transforms)[0]):
        raise not_verified("unexpected_transform")
    if attribute(digest, "Algorithm") not in _DIGEST_URIS or len(digest):
        raise not_verified("weak_signature")
    if len(value):
        raise not_verified("bad_signature_form")


def _is_plain(transform: etree._Element) -> bool:
    """Whether it has nothing inside but, at most, one short list of prefixes."""
    inside = children(transform)
    return not inside or (
        len(inside) == 1
        and inside[0].tag == _INCLUSIVE
        and not len(inside[0])
        and len(attribute(inside[0], "PrefixList").split()) <= MAX_PREFIXES
    )


def _verify(document: bytes, id: str, encoded: str) -> bytes | None:
    try:
        result = XMLVerifier().verify(
            document,
            x509_cert=load_certificate(encoded),
            id_attribute="ID",
            validate_schema=False,  # the form was checked, and more narrowly
            expect_config=_configuration(encoded),
        )
    except _CANNOT_VERIFY:
        return None
    if isinstance(result, list) or result.signed_xml is None or result.signed_xml.get("ID") != id:
        return None
    return result.signed_data


@lru_cache(maxsize=4096)
def _configuration(encoded: str) -> SignatureConfiguration:
    return SignatureConfiguration(
        location="./",
        expect_references=1,
        signature_methods=METHODS,
        digest_algorithms=DIGESTS,
        ignore_ambiguous_key_info=True,  # keys that a message brings along count for nothing
        verification_time=load_certificate(encoded).not_valid_before_utc,
    )
