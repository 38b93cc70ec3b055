"""Trying a client from here: who would come in, what it would be told, and whether it hears that a session is over."""

from hub.errors import OutsideFailed
from hub.exchange import Exchange, Step, masked
from hub.ids import new_id
from hub.network.people.identities import SUBJECT, list_subjects
from hub.network.people.person import read_person
from hub.runtime import Hub
from hub.sso.provider.access import refuse_outsider
from hub.sso.provider.client_keys import fetch_client_keys
from hub.sso.provider.clients import Client, read_client
from hub.sso.provider.grants import sid_of
from hub.sso.provider.refusals import Refused
from hub.sso.provider.send_logout import logout_token, post_logout
from hub.sso.provider.subjects import claims_about
from hub.sso.words import explain
from hub.store import UnitOfWork


def try_client(hub: Hub, client_id: str, person_id: str) -> Exchange:
    """Every step that the hub itself can do; only the keys it fetches are kept, and nobody is signed in or out.

    ``person_id`` is who tries: the claims are that person's own. The logout token names a session that there never was.
    """
    with hub.reading() as uow:
        client = read_client(uow, client_id)
        steps = [_switched_on(client), _may_come_in(uow, client, person_id), _claims(uow, client, person_id)]
    if client.jwks_uri:
        steps.append(_keys(hub, client))
    steps.append(_logout(hub, client))
    return Exchange(steps)


def _switched_on(client: Client) -> Step:
    title = "It may send people here"
    if client.disabled:
        told = explain("client_disabled")
        return Step(title, "failed", told.words, code="client_disabled", advice=told.change)
    back = {"Comes back to": " ".join(client.redirect_uris)}
    return Step(title, "done", "It is switched on. People come back to these addresses only.", received=back)


def _may_come_in(uow: UnitOfWork, client: Client, person_id: str) -> Step:
    title = "You may sign in there"
    try:
        refuse_outsider(uow, client, person_id)
    except Refused as refused:
        told = explain(refused.code)
        return Step(title, "skipped", f"You may not: {told.words}", code=refused.code, advice=told.change)
    return Step(title, "done", "You belong to the people whom it is for.")


def _claims(uow: UnitOfWork, client: Client, person_id: str) -> Step:
    known = [
        subject
        for form, subject in list_subjects(uow, client.connection_id, person_id)
        if form == SUBJECT and client.subject_type == "pairwise"
    ]
    subject = person_id if client.subject_type == "public" else known[0] if known else ""
    told = claims_about(uow, read_person(uow, person_id), ("openid", *client.scopes))
    received = {"sub": masked(subject) if subject else "is made when you first sign in there"}
    received |= {
        name: value if isinstance(value, str) else str(value).lower() for name, value in told.items()
    }
    return Step("It would be told this about you", "done", "If it asks for all it may.", received=received)


def _keys(hub: Hub, client: Client) -> Step:
    title, request = "Its keys can be fetched", f"GET {client.jwks_uri}"
    try:
        keys = fetch_client_keys(hub, client)
    except OutsideFailed as failed:
        told = explain(failed.code)
        return Step(title, "failed", told.words, request, code=failed.code, advice=told.change)
    named = {"kid": " ".join(key.kid or "none" for key in keys)}
    return Step(title, "done", "With these it can sign who it is.", request, received=named)


def _logout(hub: Hub, client: Client) -> Step:
    title = "It hears that a session is over"
    if not client.logout_url:
        return Step(
            title,
            "skipped",
            "It has no back-channel address, so it goes on when people sign out here.",
            advice="If the system knows OpenID Connect Back-Channel Logout, enter its address.",
        )
    if client.disabled:
        return Step(title, "skipped", "It is told nothing while it is switched off.")
    request = f"POST {client.logout_url}"
    with hub.unit_of_work() as uow:  # the first signature makes the key
        token = logout_token(uow, client, sid_of(client, new_id()), "")
    try:
        status = post_logout(hub, client.connection_id, client.logout_url, token)
    except OutsideFailed as failed:
        told = explain(failed.code)
        return Step(title, "failed", told.words, request, code=failed.code, advice=told.change)
    if 200 <= status < 300:
        return Step(title, "done", "It took a logout token of a session that never was.", request, status)
    told = explain("logout_refused")
    return Step(title, "failed", told.words, request, status, "logout_refused", told.change)
