"""Messages of systems, as they come by redirect or by form: whose they are, and whether they are signed by them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from lxml import etree

from hub.errors import BadInput, NotAllowed, OutsideFailed
from hub.limits import Limit
from hub.logging import get_logger
from hub.runtime import Hub
from hub.sso.limits import take_turn
from hub.sso.refusals import not_verified
from hub.sso.saml.assertion import check_issuer
from hub.sso.saml.names import tag
from hub.sso.saml.redirect_binding import RedirectMessage, check_redirect, read_redirect
from hub.sso.saml.signature import is_signed, signed_bytes
from hub.sso.saml.xml import attribute, leaf_text, one_child, parse_message
from hub.sso.saml_provider.refusals import not_here, not_trusted
from hub.sso.saml_provider.system_metadata import SystemMetadata, fetch_system_metadata
from hub.sso.saml_provider.systems import System, find_system, save_fetched_metadata

logger = get_logger(__name__)
MAX_RELAY_STATE = 2000
FRESH = timedelta(hours=6)
REFRESHES = Limit("saml_system_metadata", 1, 300)
FORCED_REFRESHES = Limit("saml_system_metadata_forced", 1, 60)


@dataclass
class Sender:
    """Who sent a message, as far as it is known: for the audit row where it is refused."""

    client_id: str = ""
    connection_id: str | None = None


@dataclass(frozen=True)
class Message:
    """A message of a system. ``is_signed`` when a key of its metadata signed it; only then more than its letters is known.

    ``metadata`` is the newest there is: ``system`` has what was kept before the message came.
    """

    system: System
    metadata: SystemMetadata
    root: etree._Element
    relay_state: str
    is_signed: bool


@dataclass(frozen=True)
class Received:
    """A message as it came: what it says, and how it would be verified. ``is_signed`` is what it claims."""

    root: etree._Element
    relay_state: str
    is_signed: bool
    verify: Callable[[SystemMetadata], etree._Element] = field(repr=False)


def from_redirect(query: bytes) -> Received:
    """A message out of an address (SAML Bindings 2.0, section 3.4). BadInput where it is none."""
    try:
        message: RedirectMessage = read_redirect(query, may_be_unsigned=True)
        if message.kind != "SAMLRequest":
            raise not_verified("bad_message")
        root = parse_message(message.xml)
        if is_signed(root):  # the address is what is signed (section 3.4.4.1)
            raise not_verified("unexpected_signature")
    except NotAllowed as error:
        raise not_trusted(error) from None

    def verify(metadata: SystemMetadata) -> etree._Element:
        check_redirect(message, metadata.certificates)
        return root

    return Received(root, message.relay_state, bool(message.algorithm), verify)


def from_form(raw: bytes, relay_state: str) -> Received:
    """A message out of a form (section 3.5). BadInput where it is none."""
    try:
        root = parse_message(raw)
        claims_signature = is_signed(root)
    except NotAllowed as error:
        raise not_trusted(error) from None

    def verify(metadata: SystemMetadata) -> etree._Element:
        return parse_message(signed_bytes(root, metadata.certificates))

    return Received(root, relay_state, claims_signature, verify)


def open_message(hub: Hub, received: Received, sender: Sender, destination: str) -> Message:
    """Whose message it is, verified where it is signed. Not inside a unit: its metadata may have to be read again.

    Raises BadInput and NotAllowed: ``unknown_system``, ``client_disabled``, ``request_not_signed`` where its metadata says
    that it signs, and whatever makes a signature untrue. A signed message must name its ``destination``.
    """
    try:
        issuer = leaf_text(one_child(received.root, tag("saml:Issuer"), not_verified("missing_issuer"))) or ""
        system = _known(hub, issuer, sender)
        root, metadata = _verified(hub, system, current_metadata(hub, system), received)
        check_issuer(root, system.entity_id)
        named = attribute(root, "Destination")
        if named != destination and (named or received.is_signed):
            raise not_verified("wrong_destination")
    except NotAllowed as error:
        if error.code == "client_disabled":
            raise
        raise not_trusted(error) from None
    if len(received.relay_state) > MAX_RELAY_STATE or "\0" in received.relay_state:
        raise not_here(
            "bad_relay_state", "The system that sent you here sent along what cannot be sent back."
        )
    return Message(system, metadata, root, received.relay_state, received.is_signed)


def current_metadata(hub: Hub, system: System) -> SystemMetadata:
    """The system's metadata, some hours old unless its address does not answer. Refuses ``system_metadata_over``."""
    now, kept = hub.clock.now(), system.metadata
    is_fresh = now - system.metadata_at < FRESH and not kept.is_over(now)
    if system.metadata_url and not is_fresh and take_turn(hub, REFRESHES, system.client_id):
        kept = _fetched(hub, system) or kept
    if kept.is_over(now):
        raise not_here(
            "system_metadata_over",
            f"What {system.name} says about itself is out of date. Tell its administrator.",
        )
    return kept


def _known(hub: Hub, issuer: str, sender: Sender) -> System:
    with hub.glance() as uow:
        system = find_system(uow, issuer) if issuer.isprintable() else None
    if system is None:
        raise not_here("unknown_system", "The system that asked you to sign in is not known here.")
    sender.client_id, sender.connection_id = system.client_id, system.connection_id
    if system.disabled:
        raise NotAllowed(
            "client_disabled",
            f"Signing in at {system.name} is switched off at the moment.",
            "Try again later.",
        )
    return system


def _verified(
    hub: Hub, system: System, metadata: SystemMetadata, received: Received
) -> tuple[etree._Element, SystemMetadata]:
    """The message, and the metadata by which it was verified."""
    if not received.is_signed:
        if metadata.signs_requests:
            raise not_verified("not_signed")
        return received.root, metadata
    try:
        return received.verify(metadata), metadata
    except NotAllowed as error:
        # The system may have a new key; at most once a minute, so that forged messages do not make the hub knock.
        may_ask = error.code == "wrong_signature" and bool(system.metadata_url)
        if not may_ask or not take_turn(hub, FORCED_REFRESHES, system.client_id):
            raise
        newer = _fetched(hub, system)
        if newer is None or newer.certificates == metadata.certificates:
            raise
        return received.verify(newer), newer


def _fetched(hub: Hub, system: System) -> SystemMetadata | None:
    try:
        metadata = fetch_system_metadata(
            hub.http, system.metadata_url, system.connection_id, hub.clock.now(), system.entity_id
        )
        with hub.unit_of_work() as uow:
            return save_fetched_metadata(uow, system, metadata)
    except (OutsideFailed, BadInput) as error:
        logger.warning("served_stale", what=REFRESHES.name, connection=system.slug, reason=error.code)
        return None


def check_kind(message: Message, name: str) -> None:
    """Refuse another message than this one of SAML 2.0."""
    if message.root.tag != tag(name) or attribute(message.root, "Version") != "2.0":
        raise BadInput(
            "bad_saml_request", "The system that sent you here asked for something that is not offered."
        )
