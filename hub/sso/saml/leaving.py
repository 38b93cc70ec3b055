"""Signing out at the provider too, from the hub's own sign-out (SAML Profiles 2.0, section 4.4.3.1)."""

from hub.runtime import Hub
from hub.sso.saml.consume import open_hint
from hub.sso.saml.form_post import FormPost, signed_form
from hub.sso.saml.providers import read_saml_provider
from hub.sso.saml.redirect_binding import redirect_address
from hub.sso.saml.requests import logout_request
from hub.sso.saml.sp_keys import signing_certificate, signing_key_in
from hub.sso.tokens import token_hash
from hub.store import UnitOfWork


def logout_address(hub: Hub, uow: UnitOfWork, slug: str, sealed_hint: str, state: str) -> str | FormPost:
    """Where a browser signs out at the provider behind this slug, with a signed LogoutRequest; empty where it offers none.

    It is an address, or where the provider takes no requests by redirect a form.

    ``sealed_hint`` is what the session kept about its sign-in; ``state`` comes back with the provider's answer. ``uow``
    writes, for the hub's first key may have to be made.
    """
    provider = read_saml_provider(uow, slug)
    metadata = provider.metadata
    destination = metadata.slo_url or metadata.slo_post_url
    if not destination or not sealed_hint:
        return ""
    hint = open_hint(hub, sealed_hint)
    request = logout_request(
        id=request_id_of_state(state),
        issuer=hub.settings.url(provider.paths.metadata),
        destination=destination,
        now=hub.clock.now(),
        name_id=hint.name_id,
        session_index=hint.session_index,
    )
    key = signing_key_in(uow)
    if metadata.slo_url:
        return redirect_address(destination, "SAMLRequest", request, state, key)
    return signed_form(destination, "SAMLRequest", request, state, key, signing_certificate(uow))


def request_id_of_state(state: str) -> str:
    """The ID of the LogoutRequest that goes with a state, so that an answer can be held against it without a table."""
    return f"_{token_hash(state)}"
