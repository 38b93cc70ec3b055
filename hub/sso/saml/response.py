"""A Response as it was posted: what may be in it, which part is signed, and what that part proves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from lxml import etree

from hub.errors import NotAllowed
from hub.sso.refusals import not_verified
from hub.sso.saml.assertion import Asserted, Expected, check_issuer, check_request, read_assertion
from hub.sso.saml.encryption import cannot_decrypt, decrypt_assertion
from hub.sso.saml.names import SUCCESS, tag
from hub.sso.saml.signature import SIGNATURE, is_signed, signed_bytes
from hub.sso.saml.times import check_issued
from hub.sso.saml.xml import attribute, children, elements_named, one_child, parse_message

SignedPart = Literal["assertion", "response"]
"""What must be signed: the assertion itself; or it or the whole response around it."""
_ASSERTION, _ENCRYPTED = tag("saml:Assertion"), tag("saml:EncryptedAssertion")
_MAY_HOLD = {tag("saml:Issuer"), SIGNATURE, tag("samlp:Status"), _ASSERTION, _ENCRYPTED}


@dataclass(frozen=True)
class Trust:
    """Whom to believe: certificates of the provider (bare base64), what it must sign, and the keys that open what it encrypts."""

    certificates: Sequence[str]
    signed_part: SignedPart = "assertion"
    keys: Sequence[RSAPrivateKey] = ()


def read_response(raw: bytes, trust: Trust, expected: Expected) -> Asserted:
    """What a posted Response proves (SAML Profiles 2.0, section 4.1.4.3). Raises NotAllowed with the reason.

    Nothing is read but bytes that a signature covers; whatever of the response itself is not covered can only refuse.
    """
    response = parse_message(raw)
    if response.tag != tag("samlp:Response") or attribute(response, "Version") != "2.0":
        raise not_verified("bad_response")
    _check_status(response)
    carrier = _carrier(response)
    check_issuer(response, expected.issuer)
    check_issued(attribute(response, "IssueInstant"), expected.now)
    if attribute(response, "Destination") != expected.recipient:
        raise not_verified("wrong_destination")
    check_request(response, expected.request_id)
    covered = None
    if is_signed(response):
        covered = _carrier(parse_message(signed_bytes(response, trust.certificates)))
    # An assertion that is signed itself is verified where it stood: namespaces around it may be part of what was signed.
    assertion = (
        carrier if trust.signed_part == "assertion" or covered is None or is_signed(carrier) else covered
    )
    may_lack_signature = assertion is covered
    if assertion.tag == _ENCRYPTED:
        return read_assertion(_opened(assertion, trust, may_lack_signature), expected)
    return read_assertion(_signed_assertion(assertion, trust, may_lack_signature), expected)


def _check_status(response: etree._Element) -> None:
    """SAML Core 2.0, section 3.2.2: only the top-level code says whether it worked."""
    status = one_child(response, tag("samlp:Status"), not_verified("bad_response"))
    code = one_child(status, tag("samlp:StatusCode"), not_verified("bad_response"))
    if attribute(code, "Value") != SUCCESS:
        raise NotAllowed(
            "idp_refused",
            "Your employer's sign-in did not let you in.",
            "Try again. If it happens again, ask your employer's IT service whether you may use the training hub.",
        )


def _carrier(response: etree._Element) -> etree._Element:
    """The one element that holds the assertion; refuses a response in which anything else could be taken for one."""
    if any(child.tag not in _MAY_HOLD for child in children(response)):
        raise not_verified("unexpected_element")
    carriers = [child for child in children(response) if child.tag in {_ASSERTION, _ENCRYPTED}]
    everywhere = [*elements_named(response, "Assertion"), *elements_named(response, "EncryptedAssertion")]
    if len(carriers) != 1 or len(everywhere) != 1 or len(list(elements_named(response, "Response"))) != 1:
        raise not_verified("unexpected_assertion")
    _check_signatures(response, [response, carriers[0]])
    return carriers[0]


def _check_signatures(root: etree._Element, may_be_signed: Sequence[etree._Element]) -> None:
    """Refuse ``unexpected_signature``: one in another place than as a child of what it may sign."""
    for signature in elements_named(root, "Signature"):
        if signature.tag != SIGNATURE or all(signature.getparent() is not one for one in may_be_signed):
            raise not_verified("unexpected_signature")


def _opened(carrier: etree._Element, trust: Trust, may_lack_signature: bool) -> etree._Element:
    """The assertion inside an encrypted one. Until its signature holds, every failure looks the same from outside."""
    plain = decrypt_assertion(carrier, trust.keys)
    try:
        assertion = parse_message(plain)
        others = [*elements_named(assertion, "Assertion"), *elements_named(assertion, "EncryptedAssertion")]
        if assertion.tag != _ASSERTION or len(others) != 1:
            raise not_verified("unexpected_assertion")
        _check_signatures(assertion, [assertion])
        return _signed_assertion(assertion, trust, may_lack_signature)
    except NotAllowed:
        raise cannot_decrypt() from None


def _signed_assertion(assertion: etree._Element, trust: Trust, may_lack_signature: bool) -> etree._Element:
    if may_lack_signature and not is_signed(assertion):
        return assertion
    return parse_message(signed_bytes(assertion, trust.certificates))
