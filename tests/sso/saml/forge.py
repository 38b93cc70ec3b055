"""Whoever may try it: a provider with its keys, a stranger with others, and what each of them can put together."""

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from lxml import etree

from hub.errors import NotAllowed
from hub.sso.saml.assertion import Asserted, Expected
from hub.sso.saml.response import SignedPart, Trust, read_response
from hub.testing.saml_messages import Facts, assertion_of, message_id, response_of
from hub.testing.saml_signing import DS, RIGHT, Signer, Style, new_signer, sign

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
IDP = "https://idp.riverside.example/saml"
AUDIENCE = "https://hub.example/sso/saml/riverside/metadata"
ACS = "https://hub.example/sso/saml/riverside/acs"
REQUEST = "_request-1"
SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
SIGNATURE = f"{{{DS}}}Signature"
Change = Callable[[etree._Element], etree._Element | None]


@cache
def provider_signer() -> Signer:
    """The provider's key, made once: that takes longer than all of these tests."""
    return new_signer(since=NOW - timedelta(days=1))


@cache
def stranger() -> Signer:
    """Somebody else's key."""
    return new_signer(since=NOW - timedelta(days=1))


@cache
def hub_signer() -> Signer:
    """The hub's own key, to which assertions are encrypted."""
    return new_signer(since=NOW - timedelta(days=1))


def facts(**changes: Any) -> Facts:
    """What a right answer says."""
    return replace(
        Facts(issuer=IDP, audience=AUDIENCE, acs_url=ACS, now=NOW, subject="tess-1", request_id=REQUEST),
        **changes,
    )


def signed(style: Style = RIGHT, signer: Signer | None = None, **changes: Any) -> etree._Element:
    """A response whose assertion is signed."""
    response = response_of(facts(**changes))
    sign(assertion_of(response), signer or provider_signer(), style)
    return response


def raw(response: etree._Element) -> bytes:
    """The response as it is posted, before base64."""
    return etree.tostring(response)


def expected(**changes: Any) -> Expected:
    """What the hub expects of it."""
    return replace(
        Expected(issuer=IDP, audience=AUDIENCE, recipient=ACS, now=NOW, request_id=REQUEST), **changes
    )


def trust(signed_part: SignedPart = "assertion", *others: Signer) -> Trust:
    """The provider's certificate, and perhaps others."""
    encoded = [one.encoded for one in (*others, provider_signer())]
    key: Any = hub_signer().key
    return Trust(encoded, signed_part, [key])


def read(message: bytes | etree._Element, signed_part: SignedPart = "assertion", **changes: Any) -> Asserted:
    """What the hub makes of it."""
    posted = message if isinstance(message, bytes) else raw(message)
    return read_response(posted, trust(signed_part), expected(**changes))


def refusal(message: bytes | etree._Element, signed_part: SignedPart = "assertion", **changes: Any) -> str:
    """The code of its refusal, empty when it was accepted."""
    try:
        read(message, signed_part, **changes)
    except NotAllowed as error:
        return error.code
    return ""


def evil_twin(response: etree._Element, **changes: Any) -> etree._Element:
    """An assertion about the administrator, not signed, ready to be put somewhere."""
    twin = copy.deepcopy(assertion_of(response))
    for signature in twin.findall(SIGNATURE):
        twin.remove(signature)
    twin.set("ID", message_id())
    for name in twin.iter(f"{SAML}NameID"):
        name.text = "admin-1"
    return twin
