"""Beginning to sign in at a connection, whatever its protocol."""

from urllib.parse import urlencode

from hub.errors import Missing
from hub.network.systems.connections import SIGN_IN_KINDS, ConnectionKind, find_connection
from hub.runtime import Hub
from hub.sso.flows import Purpose
from hub.sso.oidc.sign_in import begin_sign_in as begin_oidc
from hub.sso.refusals import audited_refusal
from hub.sso.return_to import HOME
from hub.sso.saml.sign_in import begin_sign_in as begin_saml

LOCAL_PAGE = "/sign-in/local"


def begin_sign_in(
    hub: Hub,
    slug: str,
    browser: str,
    return_to: str,
    login_hint: str = "",
    purpose: Purpose = "sign_in",
    person_id: str | None = None,
    acr: str = "",
) -> str:
    """The address to send the browser to: the provider's own, or the hub's page for local accounts.

    ``browser`` is the token of the browser's flow cookie, ``return_to`` a checked local path, ``login_hint`` the e-mail
    that was typed; ``acr`` are ways of authentication that the provider is asked for besides its own, parted by spaces.
    Whoever needs one checks what comes back. Raises Missing ``no_connection``, NotAllowed or OutsideFailed, each with its audit row.
    """
    kind = _kind(hub, slug)
    if kind == "oidc":
        return begin_oidc(hub, slug, browser, return_to, login_hint, purpose, person_id, acr)
    if kind == "saml":
        return begin_saml(hub, slug, browser, return_to, login_hint, purpose, person_id, acr)
    return local_page(return_to)


def _kind(hub: Hub, slug: str) -> ConnectionKind:
    """Of a connection through which people sign in; one of another kind is as none."""
    with audited_refusal(hub) as attempt:
        if slug.isprintable():
            with hub.reading() as uow:
                attempt.connection = connection = find_connection(uow, slug)
            if connection.kind in SIGN_IN_KINDS:
                return connection.kind
        raise Missing("no_connection", "There is no such sign-in.", "Go to the sign-in page and begin again.")


def local_page(return_to: str) -> str:
    """Where people with an account of the hub's own sign in. The address never holds an e-mail."""
    return f"{LOCAL_PAGE}?{urlencode({'return_to': return_to})}" if return_to != HOME else LOCAL_PAGE
