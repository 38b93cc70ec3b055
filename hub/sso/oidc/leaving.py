"""Signing out at the provider too (OpenID Connect RP-Initiated Logout 1.0, section 2)."""

from urllib.parse import urlencode, urlsplit

from hub.runtime import Hub
from hub.sso.oidc.providers import read_provider
from hub.store import UnitOfWork

RETURN_PATH = "/signed-out"


def logout_address(hub: Hub, uow: UnitOfWork, slug: str, sealed_id_token: str, state: str) -> str:
    """Where a browser signs out at the provider behind this slug; empty where it offers none or an operator wants none.

    ``sealed_id_token`` becomes the hint of whose session ends; without one the provider may ask. It is not fetched for:
    what the provider last said about itself decides.
    """
    provider = read_provider(uow, slug)
    endpoint = provider.metadata.end_session_endpoint if provider.metadata else None
    if not provider.signs_out or not endpoint:
        return ""
    query = {
        "client_id": provider.client_id,
        "post_logout_redirect_uri": hub.settings.url(RETURN_PATH),
        "state": state,
    }
    if sealed_id_token:
        query["id_token_hint"] = hub.sealer.open(sealed_id_token)
    return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"
