"""A partner's sign-in: a real OpenID provider that a demo or a test runs on the loopback address.

``python -m hub.testing.idp --port 8101 --config idp.json``
"""

import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from authlib.oauth2 import OAuth2Error
from flask import Flask, Response, abort, jsonify, make_response, render_template, request

from hub.testing.configuration import OutsideConfig, load_items
from hub.testing.faults import Faults
from hub.testing.idp_grants import Provider, ProviderServer, create_server
from hub.testing.idp_logout import add_logout, logout_metadata
from hub.testing.idp_store import SCOPES, Client, Clock, IdpStore, Person
from hub.testing.idp_tokens import STRENGTH_FAULTS, TOKEN_FAULTS
from hub.testing.keys import SigningKeys
from hub.testing.notices import add_notices
from hub.testing.outside import create_outside_app, message_page, only_from_this_machine
from hub.testing.serve import run_as_process

IDP_FAULTS: dict[str, str] = {
    **TOKEN_FAULTS,
    **STRENGTH_FAULTS,
    "duplicate_kid": "The JWKS lists another key first, under the same kid.",
    "jwks_500": "The JWKS answers 500.",
    "no_id_token": "The token answer has no ID token.",
    "token_500": "The token endpoint answers 500.",
    "token_slow": "The token endpoint waits `slow_seconds` before it answers.",
    "userinfo_slow": "Userinfo waits `slow_seconds` before it answers.",
    "userinfo_other_sub": "Userinfo is about another subject.",
    "callback_wrong_iss": "The callback names another issuer.",
    "callback_missing_iss": "The callback names no issuer, though the metadata announces it.",
    "metadata_alg_none": "The metadata lists none and HS256 among the algorithms of ID tokens.",
    "metadata_other_issuer": "The metadata names another issuer.",
    "metadata_500": "The metadata answers 500.",
}

# What an authorization request may carry; the sign-in form takes these along, and nothing else.
REQUEST_FIELDS = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "login_hint",
    "acr_values",
    "max_age",
)


@dataclass(frozen=True, kw_only=True)
class IdpConfig(OutsideConfig):
    """One provider with one client. `base_url` is its issuer.

    People come from `people`, from the JSON array in `people_file`, or from both; keys as in `Person`.
    With a `notices_secret` the system also takes the notices of the hub's webhooks. With `post_logout_redirect_uris`
    clients can sign people out, with a `backchannel_logout_uri` one is told when somebody signs out.
    """

    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...]
    name: str = "Riverside Auto Group"
    people: tuple[Person, ...] = ()
    people_file: str = ""
    notices_secret: str = ""
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""


def create_idp(config: IdpConfig, clock: Clock = time.time) -> Flask:
    """An OpenID provider for one partner: code flow with PKCE, and faults to switch on.

    A test whose hub lives at another time gives the same `clock`, in seconds since 1970, to both.
    """
    faults = Faults(IDP_FAULTS, config.slow_seconds)
    app = create_outside_app(f"{config.name} sign-in", "riverside", faults)
    if config.notices_secret:
        add_notices(app, config.notices_secret)
    client = Client(config.client_id, config.client_secret, config.redirect_uris)
    store = IdpStore(client, load_items(Person, config.people_file, config.people), clock)
    provider = Provider(
        config.base_url,
        store,
        SigningKeys(config.private_key_pem),
        faults,
        config.post_logout_redirect_uris,
        config.backchannel_logout_uri,
    )
    app.extensions["provider"] = provider
    server = create_server(app, provider)
    _add_pages(app, server)
    _add_machine_routes(app, server)
    _add_metadata(app, provider)
    if provider.has_logout:
        add_logout(app, provider)
    return app


def provider_of(app: Flask) -> Provider:
    """The provider inside an app that `create_idp` made, to rotate its keys in a test for example."""
    provider = app.extensions["provider"]
    if not isinstance(provider, Provider):
        raise TypeError("this app is no OpenID provider")
    return provider


def _add_pages(app: Flask, server: ProviderServer) -> None:
    store = server.provider.store

    def home() -> Response:
        return message_page(
            "Sign-in", "Sign-in starts at the training hub. Open the hub and type your work e-mail."
        )

    def authorize() -> Response:
        try:
            server.get_consent_grant(end_user=None)
        except OAuth2Error as error:
            return _refuse(server, error)
        hinted = store.find_login(request.values.get("login_hint", ""))
        return _login_page(hinted.username if hinted else "", "", 200)

    def login() -> Response:
        cancelled = request.form.get("decision") == "cancel"
        username = request.form.get("username", "")
        person = None if cancelled else store.check_password(username, request.form.get("password", ""))
        try:
            grant = server.get_consent_grant(end_user=person)
        except OAuth2Error as error:
            return _refuse(server, error)
        if person is None and not cancelled:
            return _login_page(username, "User name or password is wrong. Nobody was signed in.", 401)
        answer: Response = server.create_authorization_response(grant_user=person, grant=grant)
        return answer

    app.add_url_rule("/", "home", home)
    app.add_url_rule("/authorize", "authorize", authorize, methods=["GET", "POST"])
    app.add_url_rule("/login", "login", login, methods=["POST"])


def _add_machine_routes(app: Flask, server: ProviderServer) -> None:
    faults = server.provider.faults

    def token() -> Response:
        if "token_slow" in faults:
            time.sleep(faults.slow_seconds)
        if "token_500" in faults:
            abort(500, "The token endpoint is broken (a switched-on fault).")
        answer: Response = server.create_token_response()
        return answer

    def userinfo() -> Response:
        if "userinfo_slow" in faults:
            time.sleep(faults.slow_seconds)
        answer: Response = server.create_endpoint_response("userinfo")
        return answer

    def rotate_key() -> Response:
        only_from_this_machine()
        server.provider.keys.rotate(keep_old=request.form.get("keep_old") == "true")
        return jsonify(server.provider.keys.public_set())

    app.add_url_rule("/token", "token", token, methods=["POST"])
    app.add_url_rule("/userinfo", "userinfo", userinfo, methods=["GET", "POST"])
    app.add_url_rule("/rotate-key", "rotate_key", rotate_key, methods=["POST"])


def _add_metadata(app: Flask, provider: Provider) -> None:
    faults, keys = provider.faults, provider.keys

    def metadata() -> Response:
        if "metadata_500" in faults:
            abort(500, "The metadata is broken (a switched-on fault).")
        return jsonify(_metadata(provider))

    def jwks() -> Response:
        if "jwks_500" in faults:
            abort(500, "The JWKS is broken (a switched-on fault).")
        return jsonify(keys.public_set("duplicate_kid" in faults, name_alg="alg_ps256" not in faults))

    app.add_url_rule("/.well-known/openid-configuration", "metadata", metadata)
    app.add_url_rule("/jwks", "jwks", jwks)
    app.add_url_rule("/rogue/jwks", "rogue_jwks", lambda: jsonify(keys=[keys.rogue.as_dict(private=False)]))


def _metadata(provider: Provider) -> dict[str, object]:
    """OpenID Connect Discovery section 3."""
    issuer = provider.issuer
    weak = ["none", "HS256"] if "metadata_alg_none" in provider.faults else []
    return logout_metadata(provider) | {
        "issuer": f"{issuer}/another" if "metadata_other_issuer" in provider.faults else issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [*weak, "RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "claims_supported": [
            "sub",
            "name",
            "given_name",
            "family_name",
            "preferred_username",
            "email",
            "email_verified",
        ],
    }


def _login_page(username: str, problem: str, status: int) -> Response:
    carried = {name: request.values[name] for name in REQUEST_FIELDS if name in request.values}
    where = urlsplit(carried["redirect_uri"]).netloc
    page = render_template("login.html", username=username, problem=problem, carried=carried, where=where)
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _refuse(server: ProviderServer, error: OAuth2Error) -> Response:
    """Send the error to the client where the redirect URI is known to be its own, else show it to the person."""
    if not error.redirect_uri:
        text = f"{error.description or error.error} Go back to the system you came from and try again."
        return message_page("This sign-in request is not valid", text, 400)
    answer: Response = server.handle_error_response(None, error)
    server.provider.callback_issuer.add_issuer_parameter(server, answer)
    return answer


if __name__ == "__main__":
    run_as_process(IdpConfig, create_idp)
