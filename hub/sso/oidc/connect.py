"""Connecting a partner's identity provider."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from hub.errors import BadInput, HubError, OutsideFailed
from hub.http import OutgoingHttp
from hub.journal import Change, audit, record_changes
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.sso.oidc.keys import PublicKey
from hub.sso.oidc.metadata import Metadata, fetch_keys, fetch_metadata
from hub.sso.oidc.providers import add_provider, save_keys, save_metadata
from hub.sso.onboarding.domains import vouch_for_domain

ACTION = "connect_identity_provider"


def connect_identity_provider(
    hub: Hub,
    slug: str,
    name: str,
    partner_id: str | None,
    issuer: str,
    client_id: str,
    client_secret: str,
    domains: Sequence[str],
) -> str:
    """Add an OpenID provider and send the e-mail domains to it; the new connection's id.

    Asks the provider first. Nothing is saved when it cannot be reached, or speaks for another issuer than ``issuer``,
    which must be spelled exactly as the provider spells it (OutsideFailed); nor when the slug is taken (Conflict).
    Every refusal leaves one audit row.
    """
    try:
        metadata, keys = _test_provider(hub.http, issuer, client_id, client_secret)
        with hub.unit_of_work() as uow:
            connection_id = create_connection(uow, slug, "oidc", name, partner_id)
            add_provider(uow, connection_id, issuer, client_id, hub.sealer.seal(client_secret))
            save_metadata(uow, connection_id, metadata)
            save_keys(uow, connection_id, keys)
            body = {"connection_id": connection_id, "issuer": issuer, "client_id": client_id}
            record_changes(uow, [Change("identity_provider_changed", connection_id, body)])
            for domain in domains:
                vouch_for_domain(uow, connection_id, domain, None)
            audit(uow, ACTION, connection_id, partner_id=partner_id, connection_id=connection_id)
    except HubError as error:
        hub.audit_refusal(ACTION, error.code, partner_id=partner_id)
        raise
    return connection_id


def _test_provider(
    http: OutgoingHttp, issuer: str, client_id: str, client_secret: str
) -> tuple[Metadata, tuple[PublicKey, ...]]:
    parts = urlsplit(issuer)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise BadInput(
            "bad_issuer",
            "The issuer must be an https address without query, such as https://login.example.com.",
        )
    if not client_id or not client_secret:
        raise BadInput("no_client", "The provider's client id and client secret are both needed.")
    try:
        metadata = fetch_metadata(http, issuer, issuer)
        return metadata, fetch_keys(http, metadata.jwks_uri, issuer)
    except OutsideFailed as error:
        raise OutsideFailed(
            error.code,
            f"The identity provider {issuer} cannot be used: {error.message}",
            error.help or "Nothing was saved. Correct it and connect again.",
            retryable=error.retryable,
        ) from error
