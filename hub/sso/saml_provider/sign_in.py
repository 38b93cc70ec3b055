"""Answering a system that wants somebody signed in: an assertion, a status, or a sign-in first (SAML Profiles 2.0, section 4.1).

What comes of a request goes to an address of the system's own metadata and nowhere else, so a request that is sent twice, or by
somebody else, makes nothing but another answer to that system about whoever sits at the browser.
"""

from base64 import b64encode
from dataclasses import dataclass

from hub.errors import HubError, Missing, NotAllowed
from hub.journal import audit
from hub.network.people.person import Person
from hub.runtime import Hub
from hub.sso.flows import Purpose
from hub.sso.provider.access import refuse_outsider
from hub.sso.provider.grants import sid_of
from hub.sso.provider.refusals import Refused, keep_refusal
from hub.sso.provider.subjects import claims_about, subject_of
from hub.sso.saml.sp_keys import signing_pair
from hub.sso.saml_provider.answer import UNSPECIFIED_ACR, Envelope, Signing, Told, failure, success
from hub.sso.saml_provider.describe import METADATA_PATH, SSO_PATH
from hub.sso.saml_provider.messages import Received, Sender, current_metadata, open_message
from hub.sso.saml_provider.refusals import STATUSES, told_to_system
from hub.sso.saml_provider.request import Asked, read_authn_request
from hub.sso.saml_provider.systems import System, read_system
from hub.sso.saml_provider.tables import saml_sign_in
from hub.sso.saml_provider.waiting import keep_request, wishes_in
from hub.sso.sessions import Session
from hub.sso.tables import web_session
from hub.sso.waiting import ACTION, BEGIN_AGAIN, Demand, SignInFirst, Waiting, lacking
from hub.store import UnitOfWork
from hub.store.insert import insert_once

MAX_ACR = 500


@dataclass(frozen=True)
class Posted:
    """A form that the browser posts to the system. ``name`` is the system's, for the button."""

    address: str
    message: str
    relay_state: str
    name: str


Answer = Posted | SignInFirst


def receive(hub: Hub, received: Received, address: str) -> Asked:
    """What a system asks. BadInput or NotAllowed, to be shown as a page, with an audit row; ``address`` is the network's."""
    sender = Sender()
    try:
        message = open_message(hub, received, sender, hub.settings.url(SSO_PATH))
        return read_authn_request(message, hub.clock.now())
    except HubError as error:
        _keep(hub, error, address, sender, None)
        raise


def unsolicited(hub: Hub, client_id: str, address: str) -> Asked:
    """What opening a system from the hub asks for. Missing ``no_client`` where that is not switched on.

    Refuses ``system_metadata_over``, with an audit row. Not inside a unit of work.
    """
    with hub.reading() as uow:
        system = read_system(uow, client_id)
    if not system.hub_initiated or system.disabled:
        raise Missing("no_client", "There is no such client.")
    try:
        metadata = current_metadata(hub, system)
    except HubError as error:
        _keep(hub, error, address, Sender(client_id, system.connection_id), None)
        raise
    return Asked(client_id=client_id, consumer=metadata.default_consumer)


def answer(
    hub: Hub, asked: Asked, session: Session | None, address: str, waiting: Waiting[Asked] | None = None
) -> Answer:
    """Answer a request, which may have been ``waiting`` for somebody to sign in.

    What the system can be told goes to it as a status. Raises NotAllowed and Refused, to be shown as a page, for whom it is
    not meant. Every refusal leaves one audit row.
    """
    with hub.reading() as uow:
        system = read_system(uow, asked.client_id)
    sender = Sender(system.client_id, system.connection_id)
    actor_id = session.person_id if session else None
    try:
        if system.disabled or asked.consumer not in system.metadata.consumers.values():
            raise NotAllowed(
                "client_disabled", f"Signing in at {system.name} is switched off at the moment.", BEGIN_AGAIN
            )
        asked.check()
        encrypt_for = _encrypts_for(system)
        if session is None:
            return _sign_in_first(hub, asked, None, "sign_in", address)
        if purpose := lacking(_demand(asked), session, waiting, hub.clock.now()):
            if waiting is not None and waiting.is_in_vain(session):
                raise _in_vain(purpose)
            return _sign_in_first(hub, asked, session, purpose, address)
        with hub.unit_of_work() as uow:
            told = _tell(uow, system, asked, session)
    except HubError as error:
        _keep(hub, error, address, sender, actor_id)
        status, text = _told_of(error, asked)
        if not status:
            raise
        message = failure(_envelope(hub, system, asked), status, text, _signing(hub))
        return Posted(asked.consumer, _packed(message), asked.relay_state, system.name)
    message = success(_envelope(hub, system, asked), told, _signing(hub), encrypt_for)
    return Posted(asked.consumer, _packed(message), asked.relay_state, system.name)


def _encrypts_for(system: System) -> str:
    """The certificate to encrypt for, empty where that is not wanted; where it is, nothing goes out in clear."""
    if system.encrypts and not system.metadata.encryption_certificate:
        raise NotAllowed(
            "no_encryption_key",
            f"{system.name} cannot be told who you are without others reading it. Tell its administrator.",
            BEGIN_AGAIN,
        )
    return system.metadata.encryption_certificate if system.encrypts else ""


def _told_of(error: HubError, asked: Asked) -> tuple[str, str]:
    """The status with which a refusal goes to the system, and its text; without a status the person reads it here.

    Where nobody may be asked anything, nobody may be shown anything either (IsPassive): the system learns no more than that.
    """
    if not isinstance(error, Refused):
        return "", ""
    if asked.passive and error.error == "access_denied":
        return "NoPassive", "Nobody can be signed in there without being asked."
    return (error.error, error.message) if error.error in STATUSES else ("", "")


def _sign_in_first(
    hub: Hub, asked: Asked, session: Session | None, purpose: Purpose, address: str
) -> SignInFirst:
    if asked.passive:
        raise told_to_system(
            "no_session",
            "Nobody is signed in at the hub, or not as freshly or strongly as asked.",
            "NoPassive",
        )
    return SignInFirst(keep_request(hub, asked, session, address), purpose, wishes_in(asked))


def _demand(asked: Asked) -> Demand:
    return Demand(asked.again, None, () if UNSPECIFIED_ACR in asked.classes else asked.classes)


def _in_vain(purpose: Purpose) -> Refused:
    """Somebody did sign in once more, and that was not enough."""
    if purpose == "step_up":
        text = "The identity provider did not authenticate this person in a way that was asked for."
        return told_to_system("class_not_met", text, "NoAuthnContext")
    return told_to_system(
        "not_signed_in_anew", "The identity provider did not ask this person again.", "AuthnFailed"
    )


def _tell(uow: UnitOfWork, system: System, asked: Asked, session: Session) -> Told:
    """What the system is told about whoever is signed in, who may be there; and a note of it, for signing out."""
    person = refuse_outsider(uow, system, session.person_id)
    held = uow.find(web_session, token_hash=session.token_hash)
    if held is None:
        raise told_to_system("session_over", "The session at the hub is over.", "AuthnFailed")
    index = sid_of(system, session.id)
    insert_once(
        uow,
        saml_sign_in,
        client_id=system.client_id,
        session_index=index,
        person_id=person.id,
        session_id=session.id,
        started_at=uow.now,
        expires_at=held.expires_at,
    )
    audit(
        uow,
        ACTION,
        system.client_id,
        actor_id=person.id,
        partner_id=person.partner_id,
        connection_id=system.connection_id,
        detail={} if asked.request_id else {"from": "hub"},
    )
    return Told(
        subject=subject_of(uow, system, person.id),
        session_index=index,
        session_ends_at=held.expires_at,
        authenticated_at=session.authenticated_at,
        acr=session.acr if _is_class(session.acr) else "",
        attributes=attributes_about(uow, system, person),
    )


def attributes_about(uow: UnitOfWork, system: System, person: Person) -> dict[str, str]:
    """What this system is told about a person, under its own names: the same claims as by OpenID Connect."""
    claims = claims_about(uow, person, ("profile", "email"))
    return {
        name: str(claims[claim]).lower() if isinstance(claims[claim], bool) else str(claims[claim])
        for claim, name in system.attribute_names.items()
        if claim in claims
    }


def _is_class(acr: str) -> bool:
    return len(acr) <= MAX_ACR and acr.isprintable() and " " not in acr


def _envelope(hub: Hub, system: System, asked: Asked) -> Envelope:
    issuer = hub.settings.url(METADATA_PATH)
    return Envelope(issuer, system.entity_id, asked.consumer, asked.request_id, hub.clock.now())


def _signing(hub: Hub) -> Signing:
    return Signing(*signing_pair(hub, "idp"))


def _packed(message: bytes) -> str:
    return b64encode(message).decode()


def _keep(hub: Hub, error: HubError, address: str, sender: Sender, actor_id: str | None) -> None:
    keep_refusal(
        hub,
        ACTION,
        error,
        address,
        client_id=sender.client_id,
        actor_id=actor_id,
        connection_id=sender.connection_id,
    )
