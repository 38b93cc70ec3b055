"""The token endpoint on Authlib: client_credentials with private_key_jwt (RFC 6749, section 4.4; RFC 7523, section 2.2).

Authlib frames the exchange: which grant, how the client shows who it is, in which order. What is believed is decided in
``client_assertion``: Authlib's own reader of assertions bounds neither their lifetime nor their jti.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from hub.lti.client_assertion import Assertion, verify_assertion
from hub.lti.refusals import Refused
from hub.lti.tokens import AccessToken, keep_token, narrow_scopes, new_token
from hub.lti.vocabulary import JWT_BEARER_ASSERTION
from hub.runtime import Hub

_METHOD = "private_key_jwt"


def grant_token(hub: Hub, form: Mapping[str, Sequence[str]]) -> AccessToken:
    """Answer a token request. Raises Refused with OAuth's error codes.

    Scopes are narrowed to those the tool is granted; only if none is left the request is refused.
    """
    repeated = sorted(name for name, values in form.items() if len(values) > 1)
    if repeated:
        raise Refused(
            "repeated_parameter", f"{repeated[0]} was given more than once.", error="invalid_request"
        )
    given = {name: values[0] for name, values in form.items()}
    granted: AccessToken = _TokenServer(hub).create_token_response(given)
    return granted


class _Grant(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib has no types
    TOKEN_ENDPOINT_AUTH_METHODS = (_METHOD,)


class _Client:
    """A tool that showed who it is, in the words of Authlib."""

    def __init__(self, assertion: Assertion) -> None:
        self.assertion = assertion

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == _METHOD

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"


class _TokenServer(AuthorizationServer):  # type: ignore[misc]  # Authlib has no types
    """For one request: it answers with the token, and raises every refusal."""

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self._hub = hub
        self.register_grant(_Grant)
        self.register_client_auth_method(_METHOD, self._authenticate)

    def create_oauth2_request(self, given: Mapping[str, str]) -> OAuth2Request:
        # Authlib demands https; where plain http will do, on loopback, is decided by the hub's settings.
        _, _, address = self._hub.settings.url("/lti/token").partition(":")
        request = OAuth2Request("POST", f"https:{address}")
        request.payload = BasicOAuth2Payload(given)
        return request

    def query_client(self, _client_id: str) -> None:
        """Tools are found by their assertion alone."""

    def send_signal(self, *_: object, **__: object) -> None:
        """Nobody listens."""

    def generate_token(self, *, client: _Client, scope: str | None = None, **_: object) -> AccessToken:
        return new_token(narrow_scopes(client.assertion.tool, scope or ""))

    def save_token(self, token: AccessToken, request: OAuth2Request) -> None:
        with self._hub.unit_of_work() as uow:
            keep_token(uow, request.client.assertion, token)

    def handle_response(self, _status: int, token: AccessToken, _headers: object) -> AccessToken:
        return token

    def handle_error_response(self, request: OAuth2Request, error: OAuth2Error) -> NoReturn:
        if error.error == "unsupported_grant_type" and not request.payload.grant_type:
            raise Refused("no_grant_type", "grant_type is missing.", error="invalid_request")
        if error.error == "unsupported_grant_type":
            raise Refused("bad_grant_type", "Only client_credentials is granted.", error=error.error)
        raise Refused("bad_token_request", str(error.description), error=error.error)

    def _authenticate(self, _query_client: object, request: OAuth2Request) -> _Client:
        given: Mapping[str, Any] = request.payload.data
        if given.get("client_assertion_type") != JWT_BEARER_ASSERTION:
            raise Refused(
                "bad_assertion_type",
                f"client_assertion_type must be {JWT_BEARER_ASSERTION}.",
                error="invalid_client",
            )
        if not given.get("client_assertion"):
            raise Refused("no_assertion", "client_assertion is missing.", error="invalid_client")
        return _Client(verify_assertion(self._hub, given["client_assertion"]))
