"""Reason codes of OpenID Connect: what each means, and what to change."""

from hub.words.phrase import listed

_AGAIN = listed("Begin again at the sign-in page, in the same browser.")
_PROVIDER = listed("The provider's answer is not as the standard asks. Show its administrator this reason.")

WORDS = {
    # --- what the browser brought back
    "missing_state": ("The browser came back without the hub's state.", _AGAIN),
    "unknown_state": (
        "This sign-in was finished before, was begun more than ten minutes ago, or never.",
        "Begin again at the sign-in page, in the same browser. Sign-ins that start at the provider's own portal must open the hub's start address.",
    ),
    "state_of_another_browser": ("The sign-in was begun in another browser.", _AGAIN),
    "state_of_another_connection": ("The sign-in was begun at another connection.", _AGAIN),
    "repeated_parameter": ("The browser came back with a parameter twice.", _PROVIDER),
    "callback_of_another_issuer": (
        "The answer names another issuer than the connection's.",
        "Check that issuer and client belong together, and that the redirect URI is the one of this connection.",
    ),
    "callback_without_issuer": (
        "The provider announces that its answers name the issuer, but this one does not.",
        _PROVIDER,
    ),
    "missing_code": ("The browser came back without a code.", _PROVIDER),
    "sign_in_cancelled": (
        "The person cancelled, or the provider does not let them use the hub (access_denied).",
        "Assign the person or their group to the hub's application at the provider.",
    ),
    "idp_error": (
        "The provider answered with an error.",
        "Its log says why. Often the redirect URI, the scopes or the assignment of people are not set there.",
    ),
    # --- the code and the client
    "code_refused": (
        "The provider refused the code (invalid_grant).",
        "Check that the redirect URI there is exactly the one shown here. A code works once and for a minute.",
    ),
    "client_refused": (
        "The provider does not accept the hub's client id or secret.",
        "Enter the client id and a secret that has not expired; copy the secret's value, not its id.",
    ),
    "bad_token_answer": ("The token answer cannot be read.", _PROVIDER),
    "no_id_token": (
        "The token answer has no ID token.",
        "Let the provider give the scope openid to the hub's application.",
    ),
    # --- the ID token
    "malformed_id_token": ("The token is no readable JWT.", _PROVIDER),
    "algorithm_not_allowed": (
        "The token is signed in a way the hub does not accept.",
        "Let the provider sign tokens for the hub with RS256, PS256 or ES256.",
    ),
    "key_in_header": ("The token brings its own key.", _PROVIDER),
    "critical_header": ("The token has a critical header that the hub does not know.", _PROVIDER),
    "unknown_kid": (
        "The token names a key that the provider's key set does not have.",
        "Wait a minute and try again; the hub has just fetched the keys. Some providers have a key set per application.",
    ),
    "ambiguous_kid": ("Several keys of the provider have the same name.", _PROVIDER),
    "missing_kid": ("The token does not say by which of several keys it is signed.", _PROVIDER),
    "wrong_key": ("The key that the token names is for another algorithm.", _PROVIDER),
    "bad_signature": ("The signature of the token is wrong.", _PROVIDER),
    "wrong_issuer": (
        "The token is of another issuer than the connection's.",
        "Enter the issuer exactly as the provider writes it into tokens, with or without a slash at the end.",
    ),
    "wrong_audience": ("The token was made for another client.", "Check the client id."),
    "missing_azp": ("The token is for several clients and does not say for which.", _PROVIDER),
    "wrong_azp": ("The token was given to another client.", "Check the client id."),
    "missing_exp": ("The token does not say until when it is valid.", _PROVIDER),
    "missing_iat": ("The token does not say when it was made.", _PROVIDER),
    "expired": (
        "The token is not valid any more.",
        "Check the clocks of the provider and of the hub; a minute of difference is allowed.",
    ),
    "issued_in_future": (
        "The token was made in the future.",
        "Check the clocks of the provider and of the hub; a minute of difference is allowed.",
    ),
    "missing_nonce": ("The token does not repeat the hub's nonce.", _PROVIDER),
    "wrong_nonce": (
        "The token belongs to another sign-in.",
        "Begin again at the sign-in page, in the same browser. The provider's answer is not as the standard asks. Show its administrator this reason.",
    ),
    "wrong_at_hash": ("The token belongs to another access token.", _PROVIDER),
    "bad_subject": ("The token names no subject that can be kept (1 to 255 ASCII characters).", _PROVIDER),
    "userinfo_of_another_subject": ("Userinfo is about somebody else than the token.", _PROVIDER),
    "bad_userinfo": (
        "What userinfo answers cannot be read, so claims that only stand there are missing.",
        "Let it answer as JSON, not as a signed token.",
    ),
    # --- metadata and keys
    "bad_metadata": (
        "The discovery document cannot be used: an address is missing or not https, or no common algorithm.",
        "Check the issuer. Its document must be at /.well-known/openid-configuration below it.",
    ),
    "other_issuer": (
        "The discovery document names another issuer.",
        "Enter the issuer exactly as the document spells it.",
    ),
    "bad_keys": ("The provider's key set is no JWK Set.", _PROVIDER),
    "no_keys": (
        "The provider's key set has no key that can be used.",
        "It needs an RSA key of 2,048 bits or more, or an EC key on P-256.",
    ),
    "bad_issuer": ("The issuer is no address.", "Enter an https address without query."),
    "no_client": ("Client id or client secret is missing.", "Enter both as the provider shows them."),
    "bad_scopes": (
        "The scopes cannot be used.",
        "Name them with spaces between, such as openid profile email.",
    ),
    "bad_acr": (
        "The required acr cannot be used.",
        "Enter the values the provider puts into acr, with spaces between.",
    ),
    "bad_date": ("This is no date.", "Write it as 2027-03-31."),
    # --- back-channel logout
    "missing_logout_token": ("The request has no logout token.", _PROVIDER),
    "not_a_logout_token": ("The token's type is another one than logout+jwt.", _PROVIDER),
    "nonce_in_logout_token": ("The logout token has a nonce, as only ID tokens may.", _PROVIDER),
    "no_logout_event": ("The token does not say that it is about a logout.", _PROVIDER),
    "missing_jti": ("The logout token has no jti.", _PROVIDER),
    "replayed_jti": ("The logout token was used before.", "Nothing: the first one did what it should."),
    "valid_too_long": ("The logout token is valid for more than a day.", _PROVIDER),
    "no_sub_and_no_sid": ("The logout token names neither a person nor a session.", _PROVIDER),
}
