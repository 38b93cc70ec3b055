"""Metadata and keys of identity providers: fetched rarely, kept in the database, served stale when a provider is down."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from hub.limits import Limit
from hub.runtime import Hub
from hub.sso.limits import take_turn
from hub.sso.oidc.breaker import Watch
from hub.sso.oidc.freshness import kept_or_fetched
from hub.sso.oidc.id_token import Header
from hub.sso.oidc.keys import PublicKey, UnknownKid, find_key
from hub.sso.oidc.metadata import Metadata, fetch_keys, fetch_metadata
from hub.sso.oidc.providers import Provider, save_keys, save_metadata
from hub.sso.refusals import asking, not_verified

METADATA_REFRESHES = Limit("oidc_metadata", 1, 60)
KEY_REFRESHES = Limit("oidc_keys", 1, 60)
FORCED_KEY_REFRESHES = Limit("oidc_keys_forced", 1, 60)

T = TypeVar("T", Metadata, tuple[PublicKey, ...])


def current_metadata(hub: Hub, provider: Provider) -> Metadata:
    """The provider's metadata, at most an hour old unless the provider is down. Not inside a unit of work.

    Raises OutsideFailed when there is none that may still be served.
    """
    connection_id = provider.connection.id

    def fetch() -> Metadata:
        with Watch(hub, provider).asking():
            metadata = fetch_metadata(hub.http, provider.issuer, connection_id)
        with hub.unit_of_work() as uow:
            save_metadata(uow, connection_id, metadata)
        return metadata

    return _refreshed(hub, provider, provider.metadata, provider.metadata_at, METADATA_REFRESHES, fetch)


def find_signing_key(hub: Hub, provider: Provider, metadata: Metadata, header: Header) -> PublicKey:
    """The key that an ID token's header names. Not inside a unit of work.

    A kid that is not known yet fetches the keys once more, at most once a minute per connection: providers rotate their
    keys, and forged tokens must not make the hub knock at their door.
    """

    def fetch() -> tuple[PublicKey, ...]:
        with Watch(hub, provider).asking():
            keys = fetch_keys(hub.http, metadata.jwks_uri, provider.connection.id)
        with hub.unit_of_work() as uow:
            save_keys(uow, provider.connection.id, keys)
        return keys

    keys = _refreshed(hub, provider, provider.keys, provider.keys_at, KEY_REFRESHES, fetch)
    try:
        return find_key(keys, header.kid, header.alg)
    except UnknownKid:
        if not take_turn(hub, FORCED_KEY_REFRESHES, provider.connection.id):
            raise not_verified("unknown_kid") from None
    with asking(provider.connection.name):
        keys = fetch()
    try:
        return find_key(keys, header.kid, header.alg)
    except UnknownKid:
        raise not_verified("unknown_kid") from None


def _refreshed(
    hub: Hub,
    provider: Provider,
    kept: T | None,
    kept_at: datetime | None,
    limit: Limit,
    fetch: Callable[[], T],
) -> T:
    connection = provider.connection

    def ask() -> T:
        with asking(connection.name):
            return fetch()

    return kept_or_fetched(hub, connection.id, kept, kept_at, limit, ask, connection=connection.slug)
