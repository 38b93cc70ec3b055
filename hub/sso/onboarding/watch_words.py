"""What expires, in words: what it is, what happens then, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class KindWords:
    """One kind. ``words`` stands after “the”."""

    words: str
    then: str
    change: str


KINDS: Mapping[str, KindWords] = {
    "client_secret": KindWords(
        "client secret of the OpenID provider",
        "Then nobody can sign in there any more.",
        "Make a new client secret in the identity provider and give it to the hub.",
    ),
    "idp_certificate": KindWords(
        "signing certificate of the SAML provider",
        "The hub goes on trusting its key, but the provider may stop using it.",
        "Make a new certificate in the identity provider and let the hub read the metadata again.",
    ),
    "idp_metadata": KindWords(
        "metadata of the SAML provider (validUntil)",
        "Then nobody can sign in there any more.",
        "Give the hub the address of the metadata, or a newer file.",
    ),
    "scim_token": KindWords(
        "token for the list of people (SCIM)",
        "Then the hub no longer hears who has come and who has left.",
        "Make a new token in the hub and paste it into the identity provider.",
    ),
    "hub_key": KindWords(
        "certificate of the hub towards SAML providers",
        "Some providers refuse requests that are signed with it then.",
        "Run `hub sso rotate-saml-key`: a new key is published first and used later.",
    ),
}
