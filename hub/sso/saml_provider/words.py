"""Reason codes of the hub as SAML identity provider: what each means, and what to change in the system that asked."""

from hub.words.phrase import listed

_MAKER = listed("This is a mistake of the system: tell its maker.")
_METADATA = listed("Read the system's metadata again on its page here, or paste the new one.")
_CLOCK = listed("Set the clock of the system.")

WORDS = {
    "unknown_system": (
        "A system asked that is not known by its entity id.",
        "Add it here, or correct the entity id there: they must be spelled alike.",
    ),
    "bad_saml_request": ("The message of the system is none of SAML 2.0 that is offered.", _MAKER),
    "bad_relay_state": (
        "The RelayState is longer than 2,000 characters, or holds the character NUL.",
        _MAKER,
    ),
    "request_not_signed": (
        "The request is not signed, though the system's metadata says that it signs.",
        "Let the system sign its requests, or correct AuthnRequestsSigned in its metadata. Sign-outs are always signed.",
    ),
    "request_wrong_signature": (
        "The signature of the request does not fit the system's certificates.",
        "The system may have a new certificate. Read the system's metadata again on its page here, or paste the new one.",
    ),
    "request_weak_signature": (
        "The request is signed in a way the hub does not accept, such as SHA-1.",
        "Let the system sign with RSA or ECDSA and SHA-256.",
    ),
    "request_wrong_destination": (
        "The request was meant for another address.",
        "Enter the hub's addresses, exactly as shown here, in the system.",
    ),
    "request_from_future": ("The request was made in the future.", _CLOCK),
    "request_too_old": (
        "The request is older than an hour.",
        "The person begins again in the system, not with a bookmark. Otherwise: set the clock of the system.",
    ),
    "request_too_large": ("The request is larger than 256 kB.", _MAKER),
    "request_replayed": ("The same wish to sign somebody out came twice.", _MAKER),
    "request_names_subject": (
        "The system asked for one certain person.",
        "Let the system ask without a subject.",
    ),
    "unregistered_consumer": (
        "The answer was to go to an address, or in a way, that is not in the system's metadata.",
        "The address must stand there with HTTP-POST, character by character. Read the system's metadata again on its page here, or paste the new one.",
    ),
    "system_metadata_over": ("The system's metadata is not valid any more (validUntil).", _METADATA),
    "no_consumer": (
        "The metadata has no address that takes answers by form.",
        "It must have an AssertionConsumerService with HTTP-POST and an https address.",
    ),
    "entity_known": ("A system with this entity id is added already.", "Change that one."),
    "no_encryption_key": (
        "The metadata has no RSA certificate to encrypt for.",
        "Switch encryption off, or let the system publish a certificate. Until then nobody signs in there.",
    ),
    "name_id_format": (
        "The system wants another kind of NameID than a persistent one.",
        "Choose persistent or unspecified there. An e-mail address names nobody here: take it from its attribute.",
    ),
    "acr_comparison": (
        "The system compares ways of signing in as stronger or weaker.",
        "Let it name the ways that will do, with comparison exact, or none.",
    ),
    "class_not_met": (
        "The person was authenticated in another way than the system asks for.",
        "Switch the requested authentication context off there, unless it is needed: partners' providers name their own.",
    ),
    "unknown_system_name": (
        "The system wanted to sign out somebody whom it knows by another name.",
        "Nothing, if the person was erased. Otherwise the system keeps names of another one.",
    ),
}
