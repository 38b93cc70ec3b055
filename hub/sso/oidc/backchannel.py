"""A provider says that somebody signed out there (OpenID Connect Back-Channel Logout 1.0)."""

from werkzeug.datastructures import MultiDict

from hub.errors import BadInput, HubError
from hub.journal import audit
from hub.network.people.identities import SUBJECT
from hub.network.systems.connections import Connection
from hub.runtime import Hub
from hub.sso.oidc.id_token import read_header
from hub.sso.oidc.logout_token import LoggedOut, check_type, verify_logout_token
from hub.sso.oidc.provider_cache import current_metadata, find_signing_key
from hub.sso.oidc.providers import read_provider
from hub.sso.refusals import not_verified
from hub.sso.replays import is_first_use
from hub.sso.sessions import end_provider_sessions

ACTION = "backchannel_logout"


def log_out(hub: Hub, slug: str, form: MultiDict[str, str]) -> int:
    """End the sessions that the form's ``logout_token`` names (section 2.5), in whichever process they began; how many.

    Also where the connection is switched off, for it may be switched on again. Raises HubErrors, each with its audit
    row, and then nothing ends.
    """
    connection: Connection | None = None
    try:
        with hub.reading() as uow:
            provider = read_provider(uow, slug)
        connection = provider.connection
        tokens = form.getlist("logout_token")
        if len(tokens) != 1 or not tokens[0]:
            raise BadInput("missing_logout_token", "The request has no logout token.")
        header = read_header(tokens[0])
        check_type(tokens[0])
        key = find_signing_key(hub, provider, current_metadata(hub, provider), header)
        now = hub.clock.now()
        told = verify_logout_token(tokens[0], header, key, provider.issuer, provider.client_id, now)
        return _end(hub, connection, told)
    except HubError as error:
        hub.audit_refusal(
            ACTION,
            error.code,
            partner_id=connection.partner_id if connection else None,
            connection_id=connection.id if connection else None,
        )
        raise


def _end(hub: Hub, connection: Connection, told: LoggedOut) -> int:
    with hub.unit_of_work() as uow:
        if not is_first_use(uow, connection.id, told.message_id, told.valid_until):
            raise not_verified("replayed_jti")
        people = end_provider_sessions(uow, connection.id, SUBJECT, told.subject, told.provider_session)
        audit(
            uow,
            ACTION,
            people[0] if people else "",
            partner_id=connection.partner_id,
            connection_id=connection.id,
            detail={"sessions": len(people)},
        )
    return len(people)
