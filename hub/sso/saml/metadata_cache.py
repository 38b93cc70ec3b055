"""Metadata of SAML providers: read again now and then, served as it was when their address does not answer."""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import TypeVar
from zlib import crc32

from hub.errors import NotAllowed, OutsideFailed
from hub.limits import Limit
from hub.logging import get_logger
from hub.runtime import Hub
from hub.sso.limits import take_turn
from hub.sso.refusals import TELL_ADMINISTRATOR
from hub.sso.saml.metadata import IdpMetadata, fetch_metadata
from hub.sso.saml.providers import SamlProvider, save_saml_metadata

logger = get_logger(__name__)

T = TypeVar("T")
FRESH = timedelta(hours=6)
JITTER_SECONDS = 3600
REFRESHES = Limit("saml_metadata", 1, 300)
FORCED_REFRESHES = Limit("saml_metadata_forced", 1, 60)


def current_metadata(hub: Hub, provider: SamlProvider) -> IdpMetadata:
    """The provider's metadata, some hours old unless its address does not answer. Not inside a unit of work.

    What has not changed for years need not be asked for at every sign-in, and a provider's address that is down delays
    one sign-in in five minutes. Refuses ``metadata_expired`` once the validUntil of what is kept has passed.
    """
    now, kept = hub.clock.now(), provider.metadata
    jitter = timedelta(seconds=crc32(provider.connection.id.encode()) % JITTER_SECONDS)
    is_fresh = now - provider.metadata_at < FRESH - jitter and not kept.is_over(now)
    if provider.choices.metadata_url and not is_fresh and take_turn(hub, REFRESHES, provider.connection.id):
        kept = _fetched(hub, provider) or kept
    if kept.is_over(now):
        raise NotAllowed(
            "metadata_expired",
            f"Signing in through {provider.connection.name} is not possible: what it says about itself is out of date.",
            TELL_ADMINISTRATOR,
        )
    return kept


def newer_metadata(hub: Hub, provider: SamlProvider) -> IdpMetadata | None:
    """The metadata read once more because a signature does not fit: the provider may have a new key.

    At most once a minute for each connection, so that forged answers do not make the hub knock; None when it is not the
    turn, or nothing else came back.
    """
    if not provider.choices.metadata_url or not take_turn(hub, FORCED_REFRESHES, provider.connection.id):
        return None
    found = _fetched(hub, provider)
    return found if found and found.certificates != provider.metadata.certificates else None


def with_present_keys(
    hub: Hub, provider: SamlProvider, verify: Callable[[IdpMetadata], T], may_be_new: Collection[str]
) -> T:
    """What ``verify`` makes of the provider's metadata, tried once more with newer one after a refusal in ``may_be_new``.

    Not inside a unit of work. Raises what ``verify`` and ``current_metadata`` do.
    """
    metadata = current_metadata(hub, provider)
    try:
        return verify(metadata)
    except NotAllowed as error:
        newer = newer_metadata(hub, provider) if error.code in may_be_new else None
        if newer is None:
            raise
    return verify(newer)


def read_again(hub: Hub, provider: SamlProvider) -> IdpMetadata:
    """The metadata as its address has it now, which is kept. Raises OutsideFailed. Not inside a unit of work."""
    connection, choices = provider.connection, provider.choices
    metadata = fetch_metadata(
        hub.http,
        choices.metadata_url,
        connection.id,
        hub.clock.now(),
        entity_id=provider.entity_id,
        signer=choices.signer,
    )
    with hub.unit_of_work() as uow:
        save_saml_metadata(uow, connection.id, metadata)
    return metadata


def _fetched(hub: Hub, provider: SamlProvider) -> IdpMetadata | None:
    try:
        return read_again(hub, provider)
    except OutsideFailed as error:
        slug = provider.connection.slug
        logger.warning("served_stale", what=REFRESHES.name, connection=slug, reason=error.code)
        return None
