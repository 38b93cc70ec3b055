"""The protocol of the simulated OpenID provider: Authlib's server side, with PKCE really required."""

from dataclasses import dataclass, field

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9207 import IssuerParameter
from authlib.oidc.core import OpenIDCode, UserInfo, UserInfoEndpoint
from flask import Flask

from hub.testing.faults import Faults
from hub.testing.idp_store import SCOPES, TOKEN_SECONDS, AccessToken, Client, Code, IdpStore, Person
from hub.testing.idp_tokens import Grant, create_id_token, person_claims
from hub.testing.keys import SigningKeys


@dataclass
class Provider:
    """One provider: its address, memory, keys and faults, and the server that speaks the protocol."""

    issuer: str
    store: IdpStore
    keys: SigningKeys
    faults: Faults
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""
    callback_issuer: "CallbackIssuer" = field(init=False)

    def __post_init__(self) -> None:
        self.callback_issuer = CallbackIssuer(self)

    @property
    def has_logout(self) -> bool:
        """Whether clients can sign people out here, and are told when somebody is."""
        return bool(self.post_logout_redirect_uris or self.backchannel_logout_uri)

    def begin_session(self, sub: str) -> str:
        """The `sid` of a new session; empty where sessions cannot be ended by clients."""
        return self.store.begin_session(sub) if self.has_logout else ""


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib ships no types
    """Authorization codes (RFC 6749 section 4.1), used at most once."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        """Bind the code to client, redirect URI, nonce, challenge and person."""
        asked = request.payload.data
        self.server.provider.store.save_code(
            Code(
                code=code,
                client_id=request.client.client_id,
                redirect_uri=request.payload.redirect_uri,
                scope=request.scope,
                nonce=asked["nonce"],
                code_challenge=asked["code_challenge"],
                code_challenge_method=asked["code_challenge_method"],
                sub=request.user.sub,
                auth_time=int(self.server.provider.store.clock()),
                acr=(asked.get("acr_values") or "").partition(" ")[0],
                sid=self.server.provider.begin_session(request.user.sub),
            )
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        """Take the code out of the memory: whatever happens next, it is used up."""
        found: Code | None = self.server.provider.store.take_code(code)
        return found if found and found.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Nothing to do: it is already gone."""

    def authenticate_user(self, authorization_code: Code) -> Person | None:
        """The person who signed in for this code."""
        person: Person | None = self.server.provider.store.find_person(authorization_code.sub)
        return person


class RequiredChallenge(CodeChallenge):  # type: ignore[misc]  # Authlib ships no types
    """PKCE with S256 and nothing else.

    Authlib's `required=True` lets a client with a secret leave PKCE out, and takes a missing method for `plain`.
    """

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        """Refuse authorization requests without a challenge or with another method (RFC 7636 section 4.4.1)."""
        asked = grant.request.payload.data
        if not asked.get("code_challenge"):
            raise InvalidRequestError("Missing 'code_challenge'")
        if asked.get("code_challenge_method") != "S256":
            raise InvalidRequestError("The 'code_challenge_method' must be S256")
        super().validate_code_challenge(grant, redirect_uri)


class IdToken(OpenIDCode):  # type: ignore[misc]  # Authlib ships no types
    """Adds the ID token to the token answer."""

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        """Watching over nonces is the client's part; this provider only returns them."""
        return False

    def process_token(self, grant: CodeGrant, response: tuple[int, dict[str, object], object]) -> None:
        """Put the ID token into the answer, unless the fault `no_id_token` is on."""
        provider: Provider = grant.server.provider
        request, token = grant.request, response[1]
        if "no_id_token" in provider.faults:
            return
        grant_made = Grant(
            issuer=provider.issuer,
            client=request.client,
            person=request.user,
            code=request.authorization_code,
            access_token=str(token["access_token"]),
            now=int(provider.store.clock()),
        )
        token["id_token"] = create_id_token(grant_made, provider.keys, provider.faults)


class CallbackIssuer(IssuerParameter):  # type: ignore[misc]  # Authlib ships no types
    """The `iss` parameter on the callback (RFC 9207), with its two faults."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def get_issuer(self) -> str | None:
        """The issuer to name, or None to name none."""
        if "callback_missing_iss" in self.provider.faults:
            return None
        if "callback_wrong_iss" in self.provider.faults:
            return "http://127.0.0.1/another-issuer"
        return self.provider.issuer


class TokenCheck(BearerTokenValidator):  # type: ignore[misc]  # Authlib ships no types
    """Looks up access tokens for userinfo."""

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self.provider = provider

    def authenticate_token(self, token_string: str) -> AccessToken | None:
        """The token, if this provider gave it out."""
        return self.provider.store.find_token(token_string)


class UserInfoAnswer(UserInfoEndpoint):  # type: ignore[misc]  # Authlib ships no types
    """OpenID Connect Core section 5.3."""

    def generate_user_info(self, user: Person, scope: str) -> UserInfo:
        """The claims that the token's scope allows; with the fault `userinfo_other_sub`, of somebody else."""
        provider: Provider = self.server.provider
        claims = person_claims(user, scope)
        if "userinfo_other_sub" in provider.faults:
            claims["sub"] = "somebody-else"
        return UserInfo(claims)


class ProviderServer(AuthorizationServer):  # type: ignore[misc]  # Authlib ships no types
    """Authlib's server with the provider it serves."""

    provider: Provider


def create_server(app: Flask, provider: Provider) -> ProviderServer:
    """Authlib's server for `provider`: code flow, PKCE, ID tokens, `iss` on the callback, userinfo."""
    app.config["OAUTH2_SCOPES_SUPPORTED"] = SCOPES
    app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {"authorization_code": TOKEN_SECONDS}

    def save_token(token: dict[str, str], request: OAuth2Request) -> None:
        provider.store.save_token(token["access_token"], request.user, token["scope"])

    server = ProviderServer(app, query_client=provider.store.find_client, save_token=save_token)
    server.provider = provider
    server.register_grant(CodeGrant, [RequiredChallenge(), IdToken(require_nonce=True)])
    server.register_extension(provider.callback_issuer)
    protector = ResourceProtector()
    protector.register_token_validator(TokenCheck(provider))
    server.register_endpoint(UserInfoAnswer(resource_protector=protector))
    return server
