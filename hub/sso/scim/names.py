"""User names as they are compared: without the library, for whoever only looks one up."""

from unicodedata import normalize

PATH = "/scim/v2"
ACTION = "scim"
"""Under which the audit trail has what happens here."""
USER, GROUP = "User", "Group"


def compared(user_name: str) -> str:
    """NFC in lower case, as RFC 8265's UsernameCaseMapped has it and the library too."""
    return normalize("NFC", normalize("NFC", user_name).lower())
