"""Reason codes of SAML: what each means, and what to change."""

from hub.words.phrase import listed

_AGAIN = listed("Begin again at the sign-in page, in the same browser.")
_PROVIDER = listed("The provider's answer is not as the standard asks. Show its administrator this reason.")
_ATTACK = listed(
    "If it was no test, somebody may have changed the answer on its way. Keep the time of it for your security team."
)
_CLOCK = listed("Check the clock of the provider. If it is right, begin again without waiting on its page.")
_METADATA = listed("Read the provider's metadata again, or upload its newest file.")

WORDS = {
    # --- the browser and the request
    "unknown_code": ("The answer was used before, or waited longer than two minutes.", _AGAIN),
    "idp_initiated_off": (
        "The person came from the provider's own portal, and this connection takes nobody whom the hub did not send.",
        "Let the portal open the hub's start address instead, or switch on sign-ins that begin at the provider.",
    ),
    "missing_in_response_to": (
        "The answer does not say which request of the hub it belongs to.",
        "Let people begin at the hub, or let the provider answer requests with InResponseTo.",
    ),
    "wrong_in_response_to": ("The answer belongs to another request than the hub's.", _AGAIN),
    "replayed": (
        "The same answer came before.",
        "Begin again at the sign-in page, in the same browser. If it was no test, somebody may have changed the answer on its way. Keep the time of it for your security team.",
    ),
    # --- form and signature
    "bad_message": ("What was sent is no SAML message.", _PROVIDER),
    "message_too_large": (
        "The message has more than 256 KB, or more attributes or prefixes in its XML than any real one.",
        "Let the provider send fewer attributes, such as groups.",
    ),
    "bad_xml": ("The message is no readable XML in UTF-8.", _PROVIDER),
    "forbidden_xml": (
        "The message has a document type, an entity, a comment or a processing instruction.",
        "The provider's answer is not as the standard asks. Show its administrator this reason. If it was no test, somebody may have changed the answer on its way. Keep the time of it for your security team.",
    ),
    "ambiguous_id": (
        "Two parts of the message have the same ID, or an ID is spelled in an unusual way.",
        _ATTACK,
    ),
    "bad_response": ("The message is no Response of SAML 2.0.", _PROVIDER),
    "unexpected_element": ("The response holds something that does not belong into one.", _ATTACK),
    "unexpected_assertion": ("The response does not hold exactly one assertion.", _ATTACK),
    "unexpected_signature": ("A signature stands where none belongs, or there are several.", _ATTACK),
    "not_signed": (
        "What must be signed is not signed.",
        "Let the provider sign assertions. If it can sign the whole response only, choose that here.",
    ),
    "bad_signature_form": ("The signature is not built as SAML asks.", _PROVIDER),
    "weak_signature": (
        "The message is signed in a way the hub does not accept, such as SHA-1 or a shared secret.",
        "Let the provider sign with RSA or ECDSA and SHA-256.",
    ),
    "wrong_reference": ("The signature covers another part of the message.", _ATTACK),
    "unexpected_transform": (
        "The signature transforms the message before it covers it, in a way that is not allowed.",
        "Let the provider use exclusive canonicalization, and nothing else.",
    ),
    "wrong_signature": (
        "The signature does not fit: it was made with another key, or the message was changed.",
        "The provider may have a new certificate. Read the provider's metadata again, or upload its newest file.",
    ),
    "encryption_not_allowed": (
        "The assertion is encrypted in a way the hub does not accept, such as Triple DES or RSA 1.5.",
        "Let the provider encrypt with AES-GCM (or AES-CBC) and RSA-OAEP.",
    ),
    "cannot_decrypt": (
        "The encrypted assertion could not be opened, or what was inside is not signed by the provider.",
        "Give the provider the hub's present metadata: it may encrypt for an old certificate. Let it sign assertions.",
    ),
    # --- for whom and when
    "missing_issuer": ("The answer does not say who made it.", _PROVIDER),
    "wrong_entity": (
        "The answer was made by another provider than the one that is connected.",
        "Compare the entity id here with the one of the provider: they must be spelled alike.",
    ),
    "missing_audience": (
        "The answer does not say for whom it is.",
        "Enter the hub's entity id as audience at the provider.",
    ),
    "other_audience": (
        "The answer is for another system.",
        "Enter the hub's entity id, exactly as shown here, as audience (entity id, identifier) at the provider.",
    ),
    "wrong_recipient": (
        "The answer is for another address.",
        "Enter the hub's answer address (ACS), exactly as shown here, at the provider.",
    ),
    "wrong_destination": (
        "The message was sent to another address than it came to.",
        "Enter the hub's addresses, exactly as shown here, at the provider.",
    ),
    "not_yet_valid": ("The answer is not valid yet.", _CLOCK),
    "answer_expired": ("The answer is not valid any more.", _CLOCK),
    "answer_from_future": ("The answer was made in the future.", _CLOCK),
    "bad_time": ("A time in the answer cannot be read.", _PROVIDER),
    # --- what it says
    "idp_refused": (
        "The provider did not sign the person in.",
        "Assign the person or their group to the hub's application at the provider; its log says more.",
    ),
    "bad_assertion": ("The assertion is none of SAML 2.0.", _PROVIDER),
    "bad_name_id": (
        "The answer does not name one person by a readable NameID.",
        "Let the provider send a NameID.",
    ),
    "bad_subject_attribute": (
        "The attribute that says who somebody is is missing, or has several values.",
        "Let the provider send it with exactly one value, or choose another one here.",
    ),
    "transient_subject": (
        "The NameID changes with every sign-in (transient), so it names nobody for good.",
        "Let the provider send a persistent NameID, or choose an attribute that says who somebody is.",
    ),
    "wrong_name_format": (
        "The NameID has another format than the one that was chosen.",
        "Choose the format that the provider sends, or let it send the chosen one.",
    ),
    "wrong_qualifier": ("The NameID is one for another system.", _PROVIDER),
    "not_bearer": ("The answer wants to be confirmed in another way than by the browser.", _PROVIDER),
    "bad_confirmation": ("The answer does not say how long it may be used, or says it twice.", _PROVIDER),
    "missing_conditions": ("The answer has no conditions.", _PROVIDER),
    "unknown_condition": ("The answer has a condition that the hub does not know.", _PROVIDER),
    "not_authenticated": ("The answer does not say that somebody was authenticated.", _PROVIDER),
    # --- signing out
    "unknown_name": (
        "The provider asked to sign out somebody whom the hub does not know by this name.",
        "Nothing to do if the person never opened the hub.",
    ),
    # --- metadata
    "bad_saml_metadata": (
        "The metadata does not describe one identity provider.",
        "Check that the address or file is the right one.",
    ),
    "metadata_not_signed": (
        "The metadata is not signed by the certificate that was entered for it.",
        "Enter the certificate with which the federation signs its metadata now.",
    ),
    "metadata_expired": ("The metadata is not valid any more (validUntil).", _METADATA),
    "other_entity": (
        "The metadata is about another provider.",
        "Check the entity id, and the address of the metadata.",
    ),
    "no_certificate": (
        "The metadata has no certificate that can be used.",
        "It must have an RSA key of 2,048 bits or more, or one on a NIST curve.",
    ),
    "no_redirect_binding": (
        "The provider does not take requests by redirect.",
        "Switch on HTTP-Redirect for sign-ins there.",
    ),
    "bad_choice": (
        "The form holds something that the hub does not offer.",
        "Reload the page and choose again.",
    ),
    "key_waits": (
        "A new key is published already.",
        "Use it once the providers have read the hub's metadata again.",
    ),
    "no_new_key": ("No new key is published.", "Publish one first, and use it some days later."),
    "no_metadata": ("There is neither an address nor a file of metadata.", "Enter one of the two."),
    "bad_signer": ("The certificate for the metadata cannot be read.", "Paste it as PEM."),
    "subject_stays": (
        "People are known by the present NameID or attribute.",
        "Make a second connection instead.",
    ),
}
