"""What a posted answer proves to this hub: its provider's keys, the hub's own, and the sign-in policy put together."""

from base64 import b64decode

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from hub.exchange import masked
from hub.runtime import Hub
from hub.sso.arrive import Assertion
from hub.sso.finish import check_acr, wanted_acr
from hub.sso.flows import Purpose
from hub.sso.refusals import not_verified
from hub.sso.return_to import HOME
from hub.sso.saml.assertion import NAME_ID, Asserted, NameId
from hub.sso.saml.metadata import IdpMetadata
from hub.sso.saml.metadata_cache import with_present_keys
from hub.sso.saml.providers import SamlProvider
from hub.sso.saml.response import Trust, read_response
from hub.sso.saml.sp_keys import opening_keys
from hub.sso.saml.xml import MAX_BYTES
from hub.sso.sessions import Proved
from hub.sso.tokens import token_hash
from hub.sso.trials import Recorder

COME_BACK, VERIFY = "Come back from the provider", "Verify the answer"
MAX_FORM = 2 * MAX_BYTES
"""Bytes of a posted form: base64 and a RelayState around a message of MAX_BYTES."""
_MAY_HAVE_NEW_KEY = {"wrong_signature", "cannot_decrypt"}


class LogoutHint(msgspec.Struct, frozen=True):
    """What a session keeps, sealed, to end the provider's session too."""

    name: str
    format: str
    name_qualifier: str
    sp_name_qualifier: str
    session_index: str

    @property
    def name_id(self) -> NameId:
        """The name by which the provider knows the person."""
        return NameId(self.name, self.format, self.name_qualifier, self.sp_name_qualifier)


def open_hint(hub: Hub, sealed: str) -> LogoutHint:
    """What a session kept about its sign-in; HubError ``cannot_unseal``."""
    return msgspec.json.decode(hub.sealer.open(sealed), type=LogoutHint)


def sessions_of(name: str) -> str:
    """By what the sessions of a NameID are found where people are known by an attribute: nothing else keeps their NameIDs."""
    return token_hash(name)


def decode_form(posted: str) -> bytes:
    """The message of a form field (SAML Bindings 2.0, section 3.5.4). Refuses ``bad_message`` and ``message_too_large``."""
    if not posted:
        raise not_verified("bad_message")
    if len(posted) > MAX_FORM:
        raise not_verified("message_too_large")
    try:
        return b64decode("".join(posted.split()), validate=True)
    except (ValueError, UnicodeError):
        raise not_verified("bad_message") from None


def verify_answer(hub: Hub, provider: SamlProvider, raw: bytes, request_id: str | None) -> Asserted:
    """What the answer proves. Not inside a unit of work: the provider's metadata may have to be read again.

    Raises NotAllowed with a reason of its own.
    """
    return with_present_keys(
        hub, provider, lambda metadata: _read(hub, provider, metadata, raw, request_id), _MAY_HAVE_NEW_KEY
    )


def to_assertion(
    hub: Hub, provider: SamlProvider, asserted: Asserted, purpose: Purpose = "sign_in", return_to: str = HOME
) -> Assertion:
    """What was proved in the form that all ways of signing in have, with the claims that the policy asks for.

    Refuses ``acr_too_weak``.
    """
    acr = wanted_acr(hub.settings, purpose, return_to, provider.choices.required_acr)
    check_acr(acr, asserted.acr, provider.connection.name)
    hint = LogoutHint(
        asserted.name_id.value,
        asserted.name_id.format,
        asserted.name_id.name_qualifier,
        asserted.name_id.sp_name_qualifier,
        asserted.session_index,
    )
    proved = Proved(
        provider.connection.id,
        asserted.form,
        asserted.subject,
        asserted.session_index if asserted.form == NAME_ID else sessions_of(asserted.name_id.value),
        asserted.acr,
        asserted.authenticated_at,
        hub.sealer.seal(msgspec.json.encode(hint).decode()),
        asserted.session_until,
    )
    names = provider.claim_names
    found = {name: asserted.attributes[name] for name in names if asserted.attributes.get(name)}
    return Assertion(proved, found)


def try_answer(
    hub: Hub, provider: SamlProvider, raw: bytes, request_id: str, recorder: Recorder
) -> Assertion:
    """As ``verify_answer`` and ``to_assertion``, each step noted with what the answer says."""
    with recorder.step(COME_BACK, "The provider posted an answer.", f"POST {provider.paths.acs}") as received:
        received["Size"] = f"{len(raw)} bytes"
    with recorder.step(VERIFY, "The answer is right, and signed by the provider.") as received:
        asserted = verify_answer(hub, provider, raw, request_id)
        received["NameID"] = masked(asserted.name_id.value)
        received["NameID format"] = asserted.name_id.format
        received["Session"] = masked(asserted.session_index) if asserted.session_index else ""
        received["Authentication"] = asserted.acr
        received |= {f"Attribute {name}": ", ".join(values) for name, values in asserted.attributes.items()}
        return to_assertion(hub, provider, asserted)


def _read(
    hub: Hub, provider: SamlProvider, metadata: IdpMetadata, raw: bytes, request_id: str | None
) -> Asserted:
    keys: list[RSAPrivateKey] = []
    if b"EncryptedAssertion" in raw:
        with hub.reading() as uow:
            keys = opening_keys(uow)
    trust = Trust(metadata.certificates, provider.choices.signed_part, keys)
    return read_response(raw, trust, provider.expected(hub, request_id))
