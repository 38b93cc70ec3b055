"""The keys with which a client signs who it is: entered by an operator, or at an address of the client's own.

Keys at an address are fetched, kept and served stale by the same rules as those of identity providers.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec
import sqlalchemy as sa
from joserfc.errors import BadSignatureError

from hub.errors import OutsideFailed
from hub.limits import Limit
from hub.runtime import Hub
from hub.sso.limits import take_turn
from hub.sso.oidc.freshness import kept_or_fetched
from hub.sso.oidc.keys import PublicKey, UnknownKid, find_key
from hub.sso.oidc.metadata import fetch_keys
from hub.sso.provider.clients import Client
from hub.sso.provider.refusals import Refused
from hub.sso.provider.tables import oidc_client

REFRESHES = Limit("client_keys", 1, 60)
FORCED_REFRESHES = Limit("client_keys_forced", 1, 60)
"""Each per client and minute: anybody can send an assertion that names a client and an unknown key."""

T = TypeVar("T")


def with_key(
    hub: Hub, client: Client, kid: str | None, algorithm: str, verify: Callable[[PublicKey], T]
) -> T:
    """What ``verify`` makes of the one key that an assertion's header means. Not inside a unit of work: keys may have to be
    fetched, as when they are published without a ``kid``, and the signature shows that there are new ones.

    Raises what ``verify`` does, UnknownKid, NotAllowed where it is ambiguous or for another algorithm, and Refused
    ``assertion_keys_unreachable``.
    """
    if not client.jwks_uri:
        return verify(find_key(read_keys(client.public_jwks), kid, algorithm))
    try:
        return verify(find_key(_current(hub, client), kid, algorithm))
    except (UnknownKid, BadSignatureError):
        if not take_turn(hub, FORCED_REFRESHES, client.client_id):
            raise
    return verify(find_key(_asked(hub, client), kid, algorithm))


def fetch_client_keys(hub: Hub, client: Client) -> tuple[PublicKey, ...]:
    """The keys at the client's address now, which are kept. Not inside a unit of work; OutsideFailed."""
    keys = fetch_keys(hub.http, client.jwks_uri, client.connection_id)
    table = oidc_client
    # The address may have been changed meanwhile: keys of the one before are nobody's.
    mine = (table.c.client_id == client.client_id) & (table.c.jwks_uri == client.jwks_uri)
    with hub.unit_of_work() as uow:
        values = {"jwks": msgspec.to_builtins(keys), "jwks_at": uow.now}
        uow.connection.execute(sa.update(table).where(mine).values(**values))
    return keys


def read_keys(kept: Sequence[Mapping[str, str]]) -> tuple[PublicKey, ...]:
    """Keys as a client has them."""
    return msgspec.convert(kept, tuple[PublicKey, ...])


def _current(hub: Hub, client: Client) -> tuple[PublicKey, ...]:
    kept = read_keys(client.jwks) or None
    if kept is None and not take_turn(hub, REFRESHES, client.client_id):
        raise _unreachable(client)
    try:
        return kept_or_fetched(
            hub,
            client.client_id,
            kept,
            client.jwks_at,
            REFRESHES,
            lambda: fetch_client_keys(hub, client),
            connection=client.slug,
        )
    except OutsideFailed:
        raise _unreachable(client) from None


def _asked(hub: Hub, client: Client) -> tuple[PublicKey, ...]:
    try:
        return fetch_client_keys(hub, client)
    except OutsideFailed:
        raise _unreachable(client) from None


def _unreachable(client: Client) -> Refused:
    return Refused(
        "assertion_keys_unreachable",
        "The client's keys cannot be fetched at the moment.",
        "invalid_client",
        status=401,
        connection_id=client.connection_id,
    )
