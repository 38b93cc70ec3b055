"""Exchanging a code for tokens (RFC 6749, section 4.1.3), and asking userinfo whom they belong to."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from hub.errors import BadInput, OutsideFailed
from hub.http import Answer, OutgoingHttp
from hub.sso.oidc.metadata import Metadata
from hub.sso.refusals import BEGIN_AGAIN, not_verified

_ACCEPT_JSON = {"Accept": "application/json"}


@dataclass(frozen=True)
class Client:
    """The hub as this provider knows it. ``secret`` is in plain text; ``connection_id`` limits the calls in flight."""

    client_id: str
    secret: str
    redirect_uri: str
    connection_id: str


class TokenAnswer(msgspec.Struct, frozen=True):
    """The part of a token answer that matters for signing in (OpenID Connect Core 1.0, section 3.1.3.3)."""

    id_token: str | None = None
    access_token: str | None = None


class _TokenError(msgspec.Struct, frozen=True):
    error: str = ""


def exchange_code(
    http: OutgoingHttp, metadata: Metadata, client: Client, code: str, code_verifier: str
) -> tuple[str, str | None]:
    """The ID token and, if there is one, the access token. Asks once: a code that was refused is refused for good.

    Raises BadInput ``code_refused``, NotAllowed ``no_id_token``, or OutsideFailed.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "code_verifier": code_verifier,
    }
    # RFC 6749 section 2.3.1: both are form-encoded before they become a Basic header.
    auth: tuple[str, str] | None = (quote(client.client_id, safe=""), quote(client.secret, safe=""))
    if metadata.wants_secret_in_form:
        form |= {"client_id": client.client_id, "client_secret": client.secret}
        auth = None
    answer = http.post(
        metadata.token_endpoint, connection=client.connection_id, headers=_ACCEPT_JSON, form=form, auth=auth
    )
    if answer.status != 200:
        raise _refusal(answer)
    try:
        tokens = msgspec.json.decode(answer.body, type=TokenAnswer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise OutsideFailed("bad_token_answer", "The token answer cannot be read.", retryable=False) from None
    if not tokens.id_token or not tokens.id_token.isascii():
        raise not_verified("no_id_token")
    return tokens.id_token, tokens.access_token or None


def ask_userinfo(
    http: OutgoingHttp, metadata: Metadata, client: Client, access_token: str | None, sub: str
) -> Mapping[str, object]:
    """What userinfo tells, where there is one (OpenID Connect Core 1.0, section 5.3); it must be of the same subject.

    Empty where there is none. Raises NotAllowed ``userinfo_of_another_subject``, and OutsideFailed where it cannot be read.
    """
    if metadata.userinfo_endpoint is None or access_token is None:
        return {}
    answer = http.get(
        metadata.userinfo_endpoint,
        connection=client.connection_id,
        headers={**_ACCEPT_JSON, "Authorization": f"Bearer {access_token}"},
    )
    if answer.status != 200:
        raise OutsideFailed("status", f"Userinfo answered {answer.status}.")
    try:
        userinfo = msgspec.json.decode(answer.body, type=dict[str, object])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise OutsideFailed("bad_userinfo", "What userinfo answers cannot be read.") from None
    if userinfo.get("sub") != sub:
        raise not_verified("userinfo_of_another_subject")
    return userinfo


def _refusal(answer: Answer) -> BadInput | OutsideFailed:
    """RFC 6749, section 5.2: is it the code, the hub's registration, or the provider itself?"""
    try:
        error = msgspec.json.decode(answer.body, type=_TokenError).error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        error = ""
    if error == "invalid_grant":
        return BadInput("code_refused", "Your employer's sign-in did not confirm this attempt.", BEGIN_AGAIN)
    if error in {"invalid_client", "unauthorized_client"} or answer.status == 401:
        return OutsideFailed(
            "client_refused", "The provider does not accept the hub's credentials.", retryable=False
        )
    return OutsideFailed("status", f"The token endpoint answered {answer.status}.")
