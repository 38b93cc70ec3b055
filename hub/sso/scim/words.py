"""Reason codes of SCIM: what each means, and what to change."""

from hub.words.phrase import listed

_NEW_ONE = listed("Make a new token on this page and enter it at the identity provider.")

WORDS = {
    # --- whose request it is
    "no_token": (
        "The client sent no bearer token.",
        "Enter the token at the identity provider as secret token.",
    ),
    "unknown_token": ("The hub does not know the client's token.", _NEW_ONE),
    "token_expired": ("The client's token has expired.", _NEW_ONE),
    "token_revoked": ("The client still uses a token that was revoked.", _NEW_ONE),
    "token_in_query": (
        "The client sent its token in the address, where logs keep it.",
        "Revoke that token, and let the client send the new one in the Authorization header.",
    ),
    # --- what it asked for
    "not_found": (
        "The client asked for a user, a group or a member that it does not have here.",
        "If it provided them before, let the identity provider begin its provisioning anew.",
    ),
    "uniqueness": (
        "There is already a user with this userName.",
        "Let the identity provider match existing users by userName, or give each person a userName of their own.",
    ),
    "user_exists": (
        "There is already a user with this externalId.",
        "Map externalId to what identifies a person for good at the identity provider.",
    ),
    "identity_taken": (
        "The externalId or userName already means another person.",
        "Map externalId to what identifies a person for good, or let an operator merge the two records.",
    ),
    "unknown_place": (
        "The network files know no such location, position or brand.",
        "Send location and position as the network files call them, or have them added there.",
    ),
    "mode_not_for_audience": (
        "The place is in an audience whose people do not come by SCIM.",
        "Ask an operator to allow SCIM for the audience, or leave the place out.",
    ),
    "person_erased": (
        "The person was erased on request and cannot come back under the same record.",
        "Delete the user at the identity provider and provide the person anew.",
    ),
    "no_location": (
        "The network files know no such location of this partner.",
        "Send what they call it, or have it added there.",
    ),
    "no_position": ("The network files know no such position.", "Send what they call it."),
    "no_brand": ("The network files know no such brand.", "Send what they call it."),
    "no_group": ("There is no such group of this client.", "Load the page again."),
    "bad_dates": ("An appointment ends before it begins.", "Correct validFrom and validTo."),
    "bad_class": ("The audience class is neither internal nor external.", "Correct it, or leave it out."),
    "asked_too_much": (
        "The request, a user or a group is larger than the hub keeps.",
        "Leave out photos and certificates, or send fewer operations at a time.",
    ),
    "too_many_places": ("A person has at most 200 places.", "Send fewer appointments."),
    "bad_token": ("The token cannot be made like that.", "Correct the label or the date."),
    "no_owner": ("A SCIM client belongs to one partner.", "Say which partner it is for."),
    "version_mismatch": (
        "The user or group was changed by somebody else in between.",
        "Nothing: the client reads it again and repeats its change.",
    ),
    "conflict": ("The request contradicts what is stored.", "Let the identity provider repeat it."),
    # --- what the hub cannot read
    "invalid_filter": (
        "The client searched by an attribute or in a way that the hub does not know.",
        "Match users by userName, externalId, id or emails.value.",
    ),
    "invalid_value": (
        "A required value is missing, or one is not of the kind it should be.",
        "Check the attribute mapping: userName is required, active is true or false, times are ISO 8601.",
    ),
    "invalid_syntax": (
        "The request is not what RFC 7644 describes.",
        "Check that the identity provider speaks SCIM 2.0 and not 1.1.",
    ),
    "invalid_path": (
        "A change names an attribute that the hub does not know.",
        "Take the attribute out of the identity provider's mapping.",
    ),
    "no_target": (
        "A change is about a value that is not there.",
        "Let the identity provider begin its provisioning anew.",
    ),
    "mutability": (
        "A change is about something that only the hub decides.",
        "Take id, meta and groups of users out of the identity provider's mapping.",
    ),
    "invalid_cursor": ("A list was continued with a cursor that is not the hub's.", "Begin the list anew."),
    "expired_cursor": ("A list was continued after more than a day.", "Begin the list anew."),
    "invalid_count": ("A list was continued with another page size.", "Begin the list anew."),
    "not_supported": (
        "The client asked for something that the hub does not do, such as /Me.",
        "Nothing, if provisioning works; else compare with /scim/v2/ServiceProviderConfig.",
    ),
    "not_allowed": ("The client may not do that.", "Compare with /scim/v2/ServiceProviderConfig."),
    "method_not_allowed": (
        "The address does not do what the client asked of it.",
        "Check that the address at the identity provider ends with /scim/v2.",
    ),
    "unsupported_type": ("The request was not JSON.", "Set the client to application/scim+json."),
    "bulk_operations_failed": (
        "Some operations of a bulk request were refused; the others were done.",
        "The answer that the client got says why, for each of them.",
    ),
    "bad_request": ("The request cannot be read.", "Compare with RFC 7644."),
    "refused": ("The request was refused.", "The answer that the client got says why."),
    "internal_error": (
        "Something went wrong in the hub.",
        "The client may try again. If it stays like that, the hub's log says more.",
    ),
}
