"""Reason codes that mean the same whichever way somebody signs in: what each means, and what to change."""

WORDS = {
    "timeout": (
        "The other system did not answer within five seconds.",
        "Try again. If it stays like that, ask its administrator whether it is up and may be reached from the hub.",
    ),
    "busy": (
        "Too many requests to this system were already under way.",
        "Wait a minute. If it stays like that, the system answers too slowly.",
    ),
    "unreachable": (
        "No connection to the address could be made.",
        "Check the address for mistakes, and whether a firewall keeps the hub out.",
    ),
    "refused_address": (
        "The address is inside a private network, or not https.",
        "Use a public https address, or let an operator of the hub allow it in outgoing_allow.",
    ),
    "too_large": ("The answer is larger than 2 MB.", "Check that the address is the right one."),
    "status": (
        "The other system answered with an error.",
        "Its own log says why. Check that the address is the right one.",
    ),
    "resting": (
        "The provider did not answer three times in a row, so the hub does not ask it for half a minute.",
        "Sign-ins go on by themselves once it answers again. Ask its administrator why it is slow.",
    ),
    "connection_disabled": (
        "The connection is switched off.",
        "Switch it on when its trial sign-in works.",
    ),
    "no_connection": ("There is no connection with this short name.", "Check the address that was opened."),
    "unknown_subject": (
        "The sign-in itself works, but the hub does not know this person, and the connection makes no new people.",
        "Provide the person by roster, SCIM or invitation, choose an attribute to match by, or let sign-ins create people.",
    ),
    "left_partner": (
        "The person is known, but does not work for the partner of this connection any more.",
        "Give the person a place at the partner again, or let them sign in with their present employer.",
    ),
    "person_disabled": (
        "The person's access was switched off.",
        "Switch it on again where it was switched off: in the roster, by SCIM or on the person's page.",
    ),
    "unknown_domain": (
        "No connection is responsible for the domain of this e-mail address.",
        "Prove the domain for the connection, or correct the address.",
    ),
    "too_many_requests": (
        "Too many requests came from one network address within a minute.",
        "Wait a minute. If a whole site shares the address, this passes by itself.",
    ),
    "another_person": (
        "Somebody else signed in than the one who was asked to prove themselves.",
        "Sign in again with the same account.",
    ),
    "acr_too_weak": (
        "The person was not authenticated strongly enough: the provider names another way than the hub requires.",
        "Let the provider ask this application's users for the required way, such as a second factor, or correct the required acr.",
    ),
    "not_authenticated_again": (
        "The provider did not ask the person again, or does not say when it last did (auth_time, AuthnInstant).",
        "Let the provider tell auth_time and honour prompt=login and max_age for this application, or ForceAuthn with SAML.",
    ),
}
