"""How a client shows who it is at the token and revocation endpoints (RFC 6749, section 2.3; OpenID Connect Core 1.0, section 9)."""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_plus

from hub.runtime import Hub
from hub.sso.provider.client_assertion import JWT_BEARER, check_assertion, claimed_client
from hub.sso.provider.clients import Client, find_client
from hub.sso.provider.refusals import Refused
from hub.sso.tokens import token_hash
from hub.store import UnitOfWork

MAX_CREDENTIAL = 8 * 1024


@dataclass(frozen=True)
class Shown:
    """What a request brings to show who sends it, and by which of the methods."""

    method: str
    client_id: str
    proof: str = ""


def authenticate_client(hub: Hub, form: Mapping[str, str], authorization: str, endpoint: str) -> Client:
    """The client that sent this, by the one method it is registered with. Refused ``invalid_client`` otherwise.

    ``authorization`` is the header, ``endpoint`` the absolute address asked, which an assertion may name as audience.
    """
    shown = read_shown(form, authorization)
    with hub.glance() as uow:
        client = find_client(uow, shown.client_id)
    if client is None:
        raise invalid_client("unknown_client", "This client is not known here.", shown.method)
    if client.disabled:
        raise invalid_client("client_disabled", "This client is switched off.", shown.method, client)
    if shown.method != client.auth_method:
        raise invalid_client("wrong_method", f"This client uses {client.auth_method}.", shown.method, client)
    if client.has_secret and not is_secret(client, shown.proof, hub):
        raise invalid_client("wrong_secret", "The client secret is wrong.", shown.method, client)
    if shown.method == "private_key_jwt":
        check_assertion(hub, client, shown.proof, endpoint)
    return client


def is_secret(client: Client, secret: str, hub: Hub) -> bool:
    """Whether it is the client's secret, or the one before it during their overlap. Takes the same time for any text."""
    hashed = token_hash(secret)
    is_new = hmac.compare_digest(hashed, client.secret_hash)
    until = client.old_secret_until
    is_old = hmac.compare_digest(hashed, client.old_secret_hash or "-")
    return is_new or (is_old and until is not None and hub.clock.now() < until)


def read_shown(form: Mapping[str, str], authorization: str) -> Shown:
    """Which client a request says it is from. Refuses more than one method, as RFC 6749 section 2.3 demands."""
    has_assertion = "client_assertion" in form or "client_assertion_type" in form
    if sum((bool(authorization), "client_secret" in form, has_assertion)) > 1:
        raise Refused("several_methods", "The client shows who it is in more than one way.")
    if authorization:
        shown = _read_basic(authorization)
    elif has_assertion:
        if form.get("client_assertion_type") != JWT_BEARER:
            raise invalid_client("assertion_type", f"client_assertion_type must be {JWT_BEARER}.")
        assertion = form.get("client_assertion", "")
        shown = Shown("private_key_jwt", claimed_client(assertion), assertion)
    else:
        method = "client_secret_post" if "client_secret" in form else "none"
        shown = Shown(method, form.get("client_id", ""), form.get("client_secret", ""))
    if not shown.client_id:
        raise invalid_client("client_not_named", "The client does not show who it is.")
    if form.get("client_id", shown.client_id) != shown.client_id:
        raise invalid_client("two_clients", "Two different clients are named.", shown.method)
    return shown


def invalid_client(reason: str, message: str, method: str = "", client: Client | None = None) -> Refused:
    """A refused client: 401, with a challenge where it came by HTTP Basic (RFC 6749, section 5.2)."""
    challenge = {"WWW-Authenticate": 'Basic realm="hub"'} if method == "client_secret_basic" else {}
    connection_id = client.connection_id if client else None
    return Refused(
        reason, message, "invalid_client", status=401, headers=challenge, connection_id=connection_id
    )


def single_values(form: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """A form whose parameters come once each (RFC 6749, section 3.2), or Refused; empty ones count as left out."""
    repeated = sorted(name for name, values in form.items() if len(values) > 1)
    if repeated:
        raise Refused("repeated_parameter", f"{repeated[0][:100]} was given more than once.")
    return {name: values[0] for name, values in form.items() if values[0]}


def find_client_by(uow: UnitOfWork, values: Sequence[str]) -> Client | None:
    """The client that a parameter names, if it was given once and there is one."""
    return find_client(uow, values[0]) if len(values) == 1 else None


def _read_basic(authorization: str) -> Shown:
    scheme, _, encoded = authorization.partition(" ")
    method = "client_secret_basic"
    if scheme.lower() != "basic" or len(encoded) > MAX_CREDENTIAL:
        raise invalid_client("bad_header", "The Authorization header must be HTTP Basic.", method)
    try:
        name, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise invalid_client("bad_header", "The Authorization header cannot be read.", method) from None
    if not colon:
        raise invalid_client("bad_header", "The Authorization header holds no secret.", method)
    return Shown(method, unquote_plus(name), unquote_plus(secret))
