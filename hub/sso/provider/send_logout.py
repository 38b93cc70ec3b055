"""Logout tokens: signed when they leave, so that none waits until it has expired (OpenID Connect Back-Channel Logout 1.0)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from hub.errors import OutsideFailed
from hub.ids import new_id
from hub.journal.outbox import Delivery, Handler
from hub.runtime import Hub
from hub.signing.keys import sign
from hub.sso.provider.clients import Client, find_client
from hub.sso.provider.subjects import subject_of
from hub.sso.provider.tables import oidc_grant
from hub.store import UnitOfWork

EVENT = "http://schemas.openid.net/event/backchannel-logout"
LIFETIME = timedelta(minutes=2)


def send_logout(hub: Hub) -> Handler:
    """The outbox handler that posts one logout token (section 2.5).

    A client that is switched off, gone or wants to be told no more is told nothing: the delivery is parked. So is one whose
    address may not be called, or that answers with another 4xx than 408, 425 and 429; anything else is tried again.
    """

    def deliver(delivery: Delivery) -> None:
        with hub.unit_of_work() as uow:
            address, token = _signed(uow, delivery.body)
        answer = post_logout(hub, delivery.receiver, address, token)
        if not 200 <= answer < 300:
            passing = answer >= 500 or answer in {408, 425, 429}
            raise OutsideFailed("logout_refused", f"The client answered {answer}.", retryable=passing)

    return deliver


def post_logout(hub: Hub, connection_id: str, address: str, token: str) -> int:
    """Post a logout token; the status of the answer. OutsideFailed where the address cannot be reached."""
    answer = hub.http.post(
        address,
        connection=connection_id,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode({"logout_token": token}).encode(),
    )
    return answer.status


def logout_token(uow: UnitOfWork, client: Client, sid: str, subject: str) -> str:
    """A logout token for a client (section 2.4); ``subject`` may be empty."""
    claims: dict[str, Any] = {
        "iss": uow.settings.public_url,
        "aud": client.client_id,
        "iat": int(uow.now.timestamp()),
        "exp": int((uow.now + LIFETIME).timestamp()),
        "jti": new_id(),
        "events": {EVENT: {}},
        "sid": sid,
        **({"sub": subject} if subject else {}),
    }
    return sign(uow, "oidc", claims, typ="logout+jwt")


def _signed(uow: UnitOfWork, body: Mapping[str, Any]) -> tuple[str, str]:
    client = find_client(uow, body["client_id"])
    if client is None or client.disabled or not client.logout_url:
        raise OutsideFailed("not_wanted", "The client is off, or wants to be told no more.", retryable=False)
    grant = uow.find(oidc_grant, id=body["grant_id"])
    # An erased person has no grant any more; the session's own name is enough then.
    subject = subject_of(uow, client, grant.person_id) if grant is not None else ""
    return client.logout_url, logout_token(uow, client, body["sid"], subject)
