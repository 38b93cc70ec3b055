"""Reason codes of the hub as OpenID provider: what each means, and what to change in the system that asked."""

from hub.words.phrase import listed

_SETTINGS = listed("Compare the settings of the system with its page here.")
_BEGIN = listed(
    "Let the person begin again in the system. If it stays like that, the system keeps old addresses or tokens."
)
_SIGNED = listed("Compare the key and the clock of the system with what is set here.")
_PKCE = listed("Switch PKCE with S256 on in the system. The hub takes no request without it.")

WORDS = {
    "unknown_client": ("The client id that was sent is not known here.", _SETTINGS),
    "client_disabled": ("This system is switched off here.", "Switch it on, if people are to sign in there."),
    "unregistered_redirect_uri": (
        "The address to come back to is not one of those that are set here, character by character.",
        "Add the address exactly as the system sends it, with its slash at the end if it has one.",
    ),
    "repeated_parameter": (
        "A parameter came more than once.",
        "This is a mistake of the system: tell its maker.",
    ),
    "bad_response_type": (
        "The system asked for something else than a code.",
        "Choose the authorization code flow there.",
    ),
    "bad_response_mode": (
        "The system wants its answer in another way than the query.",
        "Choose response mode query there.",
    ),
    "bad_scope": ("The request does not name the scope openid.", "Add openid to the scopes in the system."),
    "no_pkce": ("The request comes without PKCE.", _PKCE),
    "plain_pkce": ("The request uses PKCE without hashing.", _PKCE),
    "bad_code_challenge": ("The code challenge is no SHA-256 hash.", _PKCE),
    "bad_prompt": ("The prompt is not one that the hub knows, or none together with another.", _SETTINGS),
    "bad_max_age": ("The max_age is no number of seconds.", _SETTINGS),
    "bad_acr_values": (
        "The acr_values are more than ten, or one is longer than 255 characters.",
        "Name the few ways of signing in that the system needs.",
    ),
    "bad_claims": (
        "The claims parameter is no JSON object of at most 4,000 characters, or its acr has no texts as values.",
        "This is a mistake of the system: tell its maker.",
    ),
    "acr_not_met": (
        "The system asked for a way of signing in that the person's identity provider does not offer, or does not name.",
        "Let the provider ask for it and tell its acr, or let the system ask for what the provider has.",
    ),
    "bad_state": (
        "The state is longer than 4,000 characters.",
        "This is a mistake of the system: tell its maker.",
    ),
    "bad_nonce": (
        "The nonce is longer than 500 characters.",
        "This is a mistake of the system: tell its maker.",
    ),
    "request_too_large": (
        "The request is larger than 32 kB.",
        "This is a mistake of the system: tell its maker.",
    ),
    "too_many_waiting": (
        "More than 300 people of one network began to sign in within a minute.",
        "Nothing, unless it goes on: then somebody may flood the hub through this system.",
    ),
    "too_long": (
        "The request is longer than 8,000 characters.",
        "This is a mistake of the system: tell its maker.",
    ),
    "request_not_supported": (
        "The system sends its request as a signed object.",
        "Switch request objects off there.",
    ),
    "request_uri_not_supported": (
        "The system sends its request by reference.",
        "Switch request_uri off there.",
    ),
    "registration_not_supported": (
        "The system wants to register within a request.",
        "Enter it here by hand.",
    ),
    "no_session": (
        "The system asked with prompt=none, and nobody was signed in.",
        "Nothing, unless it happens all the time: then let the system ask without prompt=none.",
    ),
    "session_over": ("The session at the hub ended in the same moment.", "The person signs in again."),
    "not_signed_in_anew": (
        "The system wanted a fresh sign-in, but the person's identity provider did not ask again.",
        "Let the provider send auth_time and respect prompt=login, or let the system ask for neither.",
    ),
    "bad_hint": (
        "The id_token_hint is no ID token of this system.",
        "This is a mistake of the system: tell its maker.",
    ),
    "another_person_expected": (
        "Somebody else is signed in at the hub than the one whom the system expects.",
        "The person signs out of the hub and in again with the right account.",
    ),
    "person_disabled": ("The person's access is switched off.", "Switch it on, if the person is to come in."),
    "not_of_partner": (
        "The person works for another company than the one this system belongs to.",
        "Let an operator change the owner of the connection, if several companies share the system.",
    ),
    "not_of_partners": (
        "The system is for other companies' people.",
        "Add the person's company to the system here.",
    ),
    "not_in_audience": (
        "No present appointment of the person belongs to the audiences of this system.",
        "Check the person's position and location, or the audiences of the system.",
    ),
    "request_over": (
        "The person took more than half an hour to sign in.",
        "The person begins again in the system.",
    ),
    "several_methods": ("The system showed who it is in more than one way.", _SETTINGS),
    "assertion_type": ("The client_assertion_type is not jwt-bearer.", _SETTINGS),
    "client_not_named": ("The system did not say who it is.", "Enter client id and secret in the system."),
    "two_clients": ("The request names two different clients.", _SETTINGS),
    "bad_header": ("The Authorization header cannot be read.", "Choose HTTP Basic in the system."),
    "wrong_method": (
        "The system showed who it is in another way than is set here.",
        "Choose the same way on both sides: Basic, post, signed, or none.",
    ),
    "wrong_secret": (
        "The client secret is wrong, or an old one.",
        "Enter the present secret in the system, or make a new one here.",
    ),
    "assertion_malformed": ("The client_assertion is no signed JWT of one client.", _SIGNED),
    "assertion_audience": (
        "The client_assertion is meant for somebody else.",
        "Its audience is the token address.",
    ),
    "assertion_expired": ("The client_assertion has expired.", _SIGNED),
    "assertion_lifetime": ("The client_assertion lives longer than an hour.", _SIGNED),
    "assertion_iat": ("The client_assertion was made in the future.", _SIGNED),
    "assertion_nbf": ("The client_assertion is not good yet.", _SIGNED),
    "assertion_jti": ("The client_assertion has no jti.", "This is a mistake of the system: tell its maker."),
    "assertion_replayed": (
        "The client_assertion was used before.",
        "The system has to make one for each request.",
    ),
    "assertion_key": (
        "The client_assertion names a key that is not set here.",
        "Enter the system's present keys here.",
    ),
    "assertion_keys_unreachable": (
        "The keys of the system cannot be fetched from its address, or were tried a moment ago.",
        "Try the system on its page here: it shows what the address answers.",
    ),
    "assertion_signature": ("The signature of the client_assertion does not verify.", _SIGNED),
    "no_code": ("The token request has no code.", _BEGIN),
    "no_redirect_uri": ("The token request has no redirect_uri.", _BEGIN),
    "no_code_verifier": ("The token request has no code_verifier.", _PKCE),
    "no_grant_type": (
        "The token request does not say what it wants.",
        "This is a mistake of the system: tell its maker.",
    ),
    "bad_grant_type": (
        "The system asked for tokens in a way that is not offered.",
        "Choose the authorization code flow.",
    ),
    "no_refresh": (
        "The system used a refresh token, which it is not allowed.",
        "Allow refresh tokens here, or switch them off there.",
    ),
    "code_not_given": ("The code was not given to this system.", _BEGIN),
    "other_redirect_uri": ("The redirect_uri is another one than in the request.", _BEGIN),
    "wrong_verifier": ("The code_verifier does not belong to the request.", _BEGIN),
    "code_expired": ("The code came later than a minute, or the session was over.", _BEGIN),
    "code_reused": (
        "A code came twice, so what it gave was revoked.",
        "The system must use a code once. If it does, somebody may have a copy: look for what keeps addresses.",
    ),
    "unknown_refresh": ("The refresh token was not given to this system.", _BEGIN),
    "refresh_over": (
        "The refresh token has expired, was revoked, or the person signed out.",
        "The person signs in again.",
    ),
    "refresh_reused": (
        "A refresh token came twice, so all that came of it was revoked.",
        "The system must keep the newest one only. If it does, somebody may have a copy.",
    ),
    "scope_wider": ("The system asked for more than the person signed in for.", _SETTINGS),
    "no_token": ("A token was expected and none came.", _BEGIN),
    "malformed_token": ("The Authorization header holds no access token of the hub.", _BEGIN),
    "unknown_token": ("The access token was not given out here.", _BEGIN),
    "token_over": (
        "The access token has expired, or the session is over.",
        "The system refreshes it, or the person signs in again.",
    ),
    "token_of_another_client": ("The system wanted to revoke a token of another one.", _SETTINGS),
    "foreign_hint": ("The hint for signing out is no ID token of the hub.", _BEGIN),
    "hint_of_another_client": ("The hint for signing out was given to another system.", _SETTINGS),
    "logout_refused": (
        "The system refused to be told that a session is over.",
        "Check the back-channel address and its log.",
    ),
    "not_wanted": ("The system is off, or wants to be told no more.", "Nothing, if that is meant."),
}
