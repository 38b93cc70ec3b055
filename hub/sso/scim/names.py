"""User names as they are compared: without the library, for whoever only looks one up."""

from unicodedata import normalize

PATH = "/scim/v2"
ACTION = "scim"
"""Under which the audit trail has what happens here."""
USER, GROUP = "User", "Group"
EXTERNAL_ID, USER_NAME = FORMS = ("scim", "scim_user")
"""Forms of the names that a client has for a person, by which sign-ins of the same partner find the record."""
TOKEN_DAYS = 365
"""How long a token lives that a partner makes for itself; its owners are told before it ends."""


def compared(user_name: str) -> str:
    """NFC in lower case, as RFC 8265's UsernameCaseMapped has it and the library too."""
    return normalize("NFC", normalize("NFC", user_name).lower())
