"""Signing out at the provider too, from the hub's own sign-out (SAML Profiles 2.0, section 4.4.3.1)."""

import msgspec

from hub.runtime import Hub
from hub.sso.saml.consume import Leaving
from hub.sso.saml.providers import read_saml_provider
from hub.sso.saml.redirect_binding import redirect_address
from hub.sso.saml.requests import logout_request
from hub.sso.saml.sp_keys import signing_key_in
from hub.sso.tokens import token_hash
from hub.store import UnitOfWork


def logout_address(hub: Hub, uow: UnitOfWork, slug: str, sealed_hint: str, state: str) -> str:
    """Where a browser signs out at the provider behind this slug, with a signed LogoutRequest; empty where it offers none.

    ``sealed_hint`` is what the session kept about its sign-in; ``state`` comes back with the provider's answer. ``uow``
    writes, for the hub's first key may have to be made.
    """
    provider = read_saml_provider(uow, slug)
    metadata = provider.metadata
    if not metadata.slo_url or not sealed_hint:
        return ""
    hint = msgspec.json.decode(hub.sealer.open(sealed_hint), type=Leaving)
    request = logout_request(
        id=request_id_of_state(state),
        issuer=hub.settings.url(provider.metadata_path),
        destination=metadata.slo_url,
        now=hub.clock.now(),
        name_id=hint.name_id,
        session_index=hint.session_index,
    )
    return redirect_address(metadata.slo_url, "SAMLRequest", request, state, signing_key_in(uow))


def request_id_of_state(state: str) -> str:
    """The ID of the LogoutRequest that goes with a state, so that an answer can be held against it without a table."""
    return f"_{token_hash(state)}"
