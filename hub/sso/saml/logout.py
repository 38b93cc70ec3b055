"""Logout messages of providers (Single Logout, SAML Profiles 2.0, section 4.4): their requests, and their answers to the hub's."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from lxml import etree

from hub.errors import HubError, NotAllowed
from hub.journal import audit
from hub.network.identities import find_person
from hub.runtime import Hub
from hub.sso.refusals import Attempt, not_verified
from hub.sso.replays import is_first_use
from hub.sso.saml.assertion import ATTRIBUTE, NAME_ID, NameId, check_issuer, read_name_id
from hub.sso.saml.consume import decode_form
from hub.sso.saml.leaving import request_id_of_state
from hub.sso.saml.metadata import IdpMetadata
from hub.sso.saml.metadata_cache import current_metadata, newer_metadata
from hub.sso.saml.names import REQUESTER, SUCCESS, UNKNOWN_PRINCIPAL, tag
from hub.sso.saml.providers import SamlProvider, read_saml_provider
from hub.sso.saml.redirect_binding import RedirectMessage, check_redirect, read_redirect, redirect_address
from hub.sso.saml.requests import logout_response
from hub.sso.saml.signature import is_signed, signed_bytes
from hub.sso.saml.sp_keys import signing_key
from hub.sso.saml.times import check_issued, check_window, last_use, read_instant
from hub.sso.saml.xml import attribute, leaf_text, parse_message
from hub.sso.sessions import end_provider_sessions
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


def take_redirect(hub: Hub, slug: str, query: bytes) -> str:
    """Deal with a logout message in an address; where the browser goes on to.

    Raises NotAllowed or Missing, with its one audit row. A request about somebody the hub does not know is refused and
    answered, for its signature holds.
    """
    with _audited(hub) as attempt:
        provider = _read(hub, slug, attempt)
        message = read_redirect(query)

        def verify(metadata: IdpMetadata) -> Signed:
            check_redirect(message, metadata.certificates)
            return _plain(message)

        return _take(hub, provider, verify, attempt)


def take_post(hub: Hub, slug: str, read_form: Callable[[], tuple[str, str, str]]) -> str:
    """Deal with a logout message in a form; as ``take_redirect``.

    ``read_form`` gives the kind of message, the message and the RelayState as they were posted, or refuses the form.
    """
    with _audited(hub) as attempt:
        provider = _read(hub, slug, attempt)
        kind, posted, relay_state = read_form()
        message, answers = parse_message(decode_form(posted)), kind == "SAMLResponse"

        def verify(metadata: IdpMetadata) -> Signed:
            return Signed(parse_message(signed_bytes(message, metadata.certificates)), relay_state, answers)

        return _take(hub, provider, verify, attempt)


def _take(hub: Hub, provider: SamlProvider, verify: Verify, attempt: Attempt) -> str:
    metadata = current_metadata(hub, provider)
    try:
        signed = verify(metadata)
    except NotAllowed as error:
        newer = newer_metadata(hub, provider) if error.code == "wrong_signature" else None
        if newer is None:
            raise
        signed = verify(newer)
    if signed.answers:
        return _take_answer(hub, provider, signed)
    request = read_logout_request(
        signed.root, provider.entity_id, hub.settings.url(provider.slo_path), hub.clock.now()
    )
    refused = ""
    with hub.unit_of_work() as uow:
        if not is_first_use(uow, provider.connection.id, request.id, request.use_until):
            raise not_verified("replayed")
        if not _end_sessions(uow, provider, request):
            refused = "unknown_name"
    if refused:
        hub.audit_refusal(
            ACTION, refused, partner_id=provider.connection.partner_id, connection_id=provider.connection.id
        )
    return _answer_address(hub, provider, metadata, request.id, signed.relay_state, known=not refused)


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


def _end_sessions(uow: UnitOfWork, provider: SamlProvider, request: LogoutRequest) -> bool:
    """End the sessions that are meant, in all browsers; whether the name means anybody at this connection."""
    connection_id, name = provider.connection.id, request.name_id.value
    by_name = "" if provider.choices.subject_attribute else name
    indexes = request.session_indexes or (("",) if by_name else ())
    form = ATTRIBUTE if provider.choices.subject_attribute else NAME_ID
    ended = [
        person_id
        for index in indexes
        for person_id in end_provider_sessions(uow, connection_id, form, by_name, index)
    ]
    for person_id in dict.fromkeys(ended):
        audit(
            uow,
            ACTION,
            person_id,
            partner_id=provider.connection.partner_id,
            connection_id=connection_id,
            detail={"by": "provider"},
        )
    return bool(ended) or find_person(uow, connection_id, NAME_ID, name) is not None


def _take_answer(hub: Hub, provider: SamlProvider, signed: Signed) -> str:
    """The provider's answer to the hub's own request: the hub's session is long over, so it decides what is shown."""
    root = signed.root
    destination = hub.settings.url(provider.slo_path)
    _check_message(root, "samlp:LogoutResponse", provider.entity_id, destination, hub.clock.now())
    if attribute(root, "InResponseTo") != request_id_of_state(signed.relay_state):
        raise not_verified("wrong_in_response_to")
    code = root.find(f"{tag('samlp:Status')}/{tag('samlp:StatusCode')}")
    if code is None or attribute(code, "Value") != SUCCESS:
        return "/signed-out"
    return f"/signed-out?state={signed.relay_state}"


def _answer_address(
    hub: Hub, provider: SamlProvider, metadata: IdpMetadata, request_id: str, relay_state: str, *, known: bool
) -> str:
    """Where the browser brings the hub's signed answer; the hub's own page where the provider takes none."""
    if not metadata.slo_response_url:
        return "/signed-out"
    response = logout_response(
        id=f"_{new_token()}",
        issuer=hub.settings.url(provider.metadata_path),
        destination=metadata.slo_response_url,
        now=hub.clock.now(),
        request_id=request_id,
        status=SUCCESS if known else REQUESTER,
        inside="" if known else UNKNOWN_PRINCIPAL,
    )
    return redirect_address(
        metadata.slo_response_url, "SAMLResponse", response, relay_state, signing_key(hub)
    )


@contextmanager
def _audited(hub: Hub) -> Iterator[Attempt]:
    attempt = Attempt()
    try:
        yield attempt
    except HubError as error:
        connection = attempt.connection
        hub.audit_refusal(
            ACTION,
            error.code,
            partner_id=connection.partner_id if connection else None,
            connection_id=connection.id if connection else None,
        )
        raise


def _read(hub: Hub, slug: str, attempt: Attempt) -> SamlProvider:
    with hub.glance() as uow:
        provider = read_saml_provider(uow, slug)
    attempt.connection = provider.connection
    return provider
