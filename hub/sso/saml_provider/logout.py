"""A system signs somebody out (Single Logout, SAML Profiles 2.0, section 4.4): the hub's session ends, and with it the others."""

import sqlalchemy as sa

from hub.errors import HubError, NotAllowed
from hub.ids import is_id
from hub.journal import audit
from hub.network.people.identities import SUBJECT, find_person
from hub.runtime import Hub
from hub.sso.provider.refusals import keep_refusal
from hub.sso.replays import is_first_use
from hub.sso.saml.logout import LogoutRequest, read_logout_request
from hub.sso.saml_provider.describe import SLO_PATH
from hub.sso.saml_provider.leaving import Asker, Tour, begin_tour, find_stops
from hub.sso.saml_provider.messages import Message, Received, Sender, check_kind, open_message
from hub.sso.saml_provider.refusals import not_here, not_trusted
from hub.sso.saml_provider.systems import System
from hub.sso.saml_provider.tables import saml_sign_in
from hub.sso.sessions import end_session_of
from hub.sso.tables import web_session
from hub.store import UnitOfWork

ACTION = "client_sign_out"


def take_logout(hub: Hub, received: Received, address: str) -> str:
    """End the sessions that a system means; the state with which the browser goes on (``next_address``). ``address`` is the
    network's.

    Raises BadInput or NotAllowed, with its one audit row. A request about somebody who is not known by this name is refused
    and answered, for its signature holds.
    """
    sender = Sender()
    try:
        message = open_message(hub, received, sender, hub.settings.url(SLO_PATH))
        request = _request(hub, message)
        # Each system of a connection counts its requests by itself.
        used_id = f"{message.system.client_id} {request.id}"
        with hub.unit_of_work() as uow:
            if not is_first_use(uow, message.system.connection_id, used_id, request.use_until):
                raise not_here("request_replayed", "This wish to sign out came before.")
            person_id = _person(uow, message.system, request)
            asker = Asker(
                message.system.client_id, request.id, message.relay_state, known=person_id is not None
            )
            session_ids = _sessions(uow, message.system, person_id, request) if person_id else []
            stops, partial = find_stops(uow, session_ids, but=message.system.client_id)
            holders = _tokens(uow, session_ids)
            for session_id in session_ids:
                _end(uow, message.system, str(person_id), session_id)
            state = begin_tour(hub, uow, Tour(stops, asker=asker, partial=partial, holders=holders))
    except HubError as error:
        keep_refusal(
            hub, ACTION, error, address, client_id=sender.client_id, connection_id=sender.connection_id
        )
        raise
    if person_id is None:
        unknown = not_here("unknown_system_name", "The system does not know anybody here by this name.")
        keep_refusal(
            hub, ACTION, unknown, address, client_id=sender.client_id, connection_id=sender.connection_id
        )
    return state


def _request(hub: Hub, message: Message) -> LogoutRequest:
    check_kind(message, "samlp:LogoutRequest")
    if not message.is_signed:
        raise not_here("request_not_signed", "A wish to sign out must be signed.")
    try:
        destination = hub.settings.url(SLO_PATH)
        return read_logout_request(message.root, message.system.entity_id, destination, hub.clock.now())
    except NotAllowed as error:
        raise not_trusted(error) from None


def _person(uow: UnitOfWork, system: System, request: LogoutRequest) -> str | None:
    """Whom the system means by its own name for them."""
    name = request.name_id.value
    if system.subject_type != "public":
        return find_person(uow, system.connection_id, SUBJECT, name)
    mine = sa.select(saml_sign_in.c.person_id).where(
        saml_sign_in.c.client_id == system.client_id, saml_sign_in.c.person_id == name
    )
    return uow.connection.scalar(mine.limit(1)) if is_id(name) else None


def _sessions(uow: UnitOfWork, system: System, person_id: str, request: LogoutRequest) -> list[str]:
    """The web sessions that the system was told of: those that it names, or all of the person where it names none."""
    table = saml_sign_in
    which = [table.c.client_id == system.client_id, table.c.person_id == person_id]
    if request.session_indexes:
        which.append(table.c.session_index.in_(request.session_indexes))
    return list(dict.fromkeys(uow.connection.scalars(sa.select(table.c.session_id).where(*which))))


def _tokens(uow: UnitOfWork, session_ids: list[str]) -> tuple[str, ...]:
    """Hashes of the tokens of these sessions."""
    mine = uow.among(web_session.c.id, session_ids)
    return tuple(uow.connection.scalars(sa.select(web_session.c.token_hash).where(mine)))


def _end(uow: UnitOfWork, system: System, person_id: str, session_id: str) -> None:
    uow.connection.execute(sa.delete(saml_sign_in).where(saml_sign_in.c.session_id == session_id))
    if end_session_of(uow, person_id, session_id):
        audit(
            uow,
            "sign_out",
            person_id,
            connection_id=system.connection_id,
            detail={"by": "client"},
        )
