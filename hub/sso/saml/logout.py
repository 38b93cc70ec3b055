"""Logout messages of providers (Single Logout, SAML Profiles 2.0, section 4.4): their requests, and their answers to the hub's."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from lxml import etree

from hub.errors import HubError
from hub.journal import audit
from hub.network.people.identities import find_person
from hub.runtime import Hub
from hub.sso.refusals import audited_refusal, not_verified
from hub.sso.replays import is_first_use
from hub.sso.saml.assertion import NAME_ID, NameId, check_issuer, read_name_id
from hub.sso.saml.consume import decode_form, open_hint, sessions_of
from hub.sso.saml.form_post import FormPost, signed_form
from hub.sso.saml.leaving import request_id_of_state
from hub.sso.saml.metadata import IdpMetadata
from hub.sso.saml.metadata_cache import with_present_keys
from hub.sso.saml.names import REQUESTER, SUCCESS, UNKNOWN_PRINCIPAL, tag
from hub.sso.saml.providers import SamlProvider, look_up_provider
from hub.sso.saml.redirect_binding import RedirectMessage, check_redirect, read_redirect, redirect_address
from hub.sso.saml.requests import logout_response
from hub.sso.saml.signature import is_signed, signed_bytes
from hub.sso.saml.sp_keys import signing_certificate, signing_key
from hub.sso.saml.times import check_issued, check_window, last_use, read_instant
from hub.sso.saml.xml import attribute, leaf_text, parse_message
from hub.sso.sessions import end_provider_sessions, end_some_sessions
from hub.sso.tokens import new_token
from hub.store import UnitOfWork

ACTION = "sign_out"
LASTS = timedelta(minutes=5)
"""How old a request without a limit of its own may be."""
MAX_INDEXES = 20


@dataclass(frozen=True)
class LogoutRequest:
    """What a provider asks: the end of these sessions of a person, or of all where it names none."""

    id: str
    use_until: datetime
    name_id: NameId
    session_indexes: tuple[str, ...]


@dataclass(frozen=True)
class Signed:
    """A message whose signature holds. ``answers`` tells a LogoutResponse from a LogoutRequest."""

    root: etree._Element
    relay_state: str
    answers: bool


Verify = Callable[[IdpMetadata], Signed]


def take_redirect(hub: Hub, slug: str, query: bytes) -> str | FormPost:
    """Deal with a logout message in an address; where the browser goes on to, or what it posts there.

    Raises NotAllowed or Missing, with its one audit row. A request about somebody the hub does not know is refused and
    answered, for its signature holds.
    """
    with audited_refusal(hub, ACTION) as attempt:
        provider = look_up_provider(hub, slug, attempt)
        message = read_redirect(query)

        def verify(metadata: IdpMetadata) -> Signed:
            check_redirect(message, metadata.certificates)
            return _plain(message)

        return _take(hub, provider, verify)


def take_post(hub: Hub, slug: str, read_form: Callable[[], tuple[str, str, str]]) -> str | FormPost:
    """Deal with a logout message in a form; as ``take_redirect``.

    ``read_form`` gives the kind of message, the message and the RelayState as they were posted, or refuses the form.
    """
    with audited_refusal(hub, ACTION) as attempt:
        provider = look_up_provider(hub, slug, attempt)
        kind, posted, relay_state = read_form()
        message, answers = parse_message(decode_form(posted)), kind == "SAMLResponse"

        def verify(metadata: IdpMetadata) -> Signed:
            return Signed(parse_message(signed_bytes(message, metadata.certificates)), relay_state, answers)

        return _take(hub, provider, verify)


def _take(hub: Hub, provider: SamlProvider, verify: Verify) -> str | FormPost:
    signed, metadata = with_present_keys(
        hub, provider, lambda metadata: (verify(metadata), metadata), {"wrong_signature"}
    )
    if signed.answers:
        return _take_answer(hub, provider, signed)
    request = read_logout_request(
        signed.root, provider.entity_id, hub.settings.url(provider.paths.slo), hub.clock.now()
    )
    refused = ""
    with hub.unit_of_work() as uow:
        if not is_first_use(uow, provider.connection.id, request.id, request.use_until):
            raise not_verified("replayed")
        if not _end_sessions(hub, uow, provider, request):
            refused = "unknown_name"
    if refused:
        hub.audit_refusal(
            ACTION, refused, partner_id=provider.connection.partner_id, connection_id=provider.connection.id
        )
    return _answer(hub, provider, metadata, request.id, signed.relay_state, known=not refused)


def read_logout_request(root: etree._Element, issuer: str, destination: str, now: datetime) -> LogoutRequest:
    """A LogoutRequest whose signature holds; refuses what is not meant for this hub, now (SAML Core 2.0, section 3.7.1)."""
    _check_message(root, "samlp:LogoutRequest", issuer, destination, now)
    until = attribute(root, "NotOnOrAfter")
    check_window("", until, now)
    issued = read_instant(attribute(root, "IssueInstant"))
    indexes = [leaf_text(one) for one in root.findall(tag("samlp:SessionIndex"))]
    if len(indexes) > MAX_INDEXES or not all(index and index.isprintable() for index in indexes):
        raise not_verified("bad_message")
    return LogoutRequest(
        attribute(root, "ID"),
        last_use(issued, read_instant(until) if until else issued + LASTS, now),
        read_name_id(root),
        tuple(index for index in indexes if index),
    )


def _check_message(root: etree._Element, name: str, issuer: str, destination: str, now: datetime) -> None:
    if root.tag != tag(name) or attribute(root, "Version") != "2.0" or not attribute(root, "ID"):
        raise not_verified("bad_message")
    check_issuer(root, issuer)
    if attribute(root, "Destination") != destination:
        raise not_verified("wrong_destination")
    check_issued(attribute(root, "IssueInstant"), now)


def _plain(message: RedirectMessage) -> Signed:
    root = parse_message(message.xml)
    if is_signed(root):  # the address is what is signed (SAML Bindings 2.0, section 3.4.4.1)
        raise not_verified("unexpected_signature")
    return Signed(root, message.relay_state, message.kind == "SAMLResponse")


def _end_sessions(hub: Hub, uow: UnitOfWork, provider: SamlProvider, request: LogoutRequest) -> bool:
    """End the sessions that are meant, in all browsers; whether the name means anybody at this connection."""
    connection_id, name = provider.connection.id, request.name_id.value
    if provider.choices.subject_attribute:
        ended, is_known = end_some_sessions(
            uow,
            connection_id,
            sessions_of(name),
            lambda hint: _is_meant(hub, request, hint),
        )
    else:
        ended = [
            person_id
            for index in request.session_indexes or ("",)
            for person_id in end_provider_sessions(uow, connection_id, NAME_ID, name, index)
        ]
        is_known = bool(ended) or find_person(uow, connection_id, NAME_ID, name) is not None
    for person_id in dict.fromkeys(ended):
        audit(
            uow,
            ACTION,
            person_id,
            partner_id=provider.connection.partner_id,
            connection_id=connection_id,
            detail={"by": "provider"},
        )
    return is_known


def _is_meant(hub: Hub, request: LogoutRequest, hint: str) -> bool:
    """Whether a session of the name is among those that the provider ends; one whose hint cannot be opened is: ending too
    much costs a sign-in, and too little leaves somebody in.
    """
    if not request.session_indexes:
        return True
    try:
        return open_hint(hub, hint).session_index in request.session_indexes
    except HubError:
        return True


def _take_answer(hub: Hub, provider: SamlProvider, signed: Signed) -> str:
    """The provider's answer to the hub's own request: the hub's session is long over, so it decides what is shown."""
    root = signed.root
    destination = hub.settings.url(provider.paths.slo)
    _check_message(root, "samlp:LogoutResponse", provider.entity_id, destination, hub.clock.now())
    if attribute(root, "InResponseTo") != request_id_of_state(signed.relay_state):
        raise not_verified("wrong_in_response_to")
    code = root.find(f"{tag('samlp:Status')}/{tag('samlp:StatusCode')}")
    if code is None or attribute(code, "Value") != SUCCESS:
        return "/signed-out"
    return f"/signed-out?{urlencode({'state': signed.relay_state})}"


def _answer(
    hub: Hub, provider: SamlProvider, metadata: IdpMetadata, request_id: str, relay_state: str, *, known: bool
) -> str | FormPost:
    """How the browser brings the hub's signed answer; the hub's own page where the provider takes none."""
    destination = metadata.slo_response_url or metadata.slo_post_response_url
    if not destination:
        return "/signed-out"
    response = logout_response(
        id=f"_{new_token()}",
        issuer=hub.settings.url(provider.paths.metadata),
        destination=destination,
        now=hub.clock.now(),
        request_id=request_id,
        status=SUCCESS if known else REQUESTER,
        inside="" if known else UNKNOWN_PRINCIPAL,
    )
    key = signing_key(hub)
    if metadata.slo_response_url:
        return redirect_address(destination, "SAMLResponse", response, relay_state, key)
    with hub.reading() as uow:
        certificate = signing_certificate(uow)
    return signed_form(destination, "SAMLResponse", response, relay_state, key, certificate)
