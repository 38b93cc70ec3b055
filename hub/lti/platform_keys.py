"""The keys by which tools and platforms know what comes from the hub: its signing keys for LTI."""

from collections.abc import Mapping
from typing import Any

from hub.runtime import Hub
from hub.signing import keys
from hub.signing.keys import OVERLAP
from hub.signing.keys import SigningKey as PlatformKey
from hub.store import UnitOfWork

__all__ = ["OVERLAP", "PlatformKey", "list_platform_keys", "published_keys", "rotate_platform_key", "sign"]


def list_platform_keys(uow: UnitOfWork) -> list[PlatformKey]:
    """All keys there ever were, the newest first."""
    return keys.list_signing_keys(uow, "lti")


def sign(uow: UnitOfWork, claims: Mapping[str, Any]) -> str:
    """The claims as a JWT signed by the current key, which is made at first need."""
    return keys.sign(uow, "lti", claims)


def published_keys(hub: Hub) -> dict[str, list[dict[str, str]]]:
    """The JWKS: the current key and those before it that are still within their overlap."""
    return keys.published_keys(hub, "lti")


def rotate_platform_key(uow: UnitOfWork) -> str:
    """Sign with a new key from now on; the kid of it. Its predecessors stay published for OVERLAP."""
    return keys.rotate_signing_key(uow, "lti")
