"""The values statements are made of, each with its form and its name in plain words (xAPI 1.0.3 Data 4; 2.0, 4.2.7)."""

from typing import Annotated, Any, Literal

from msgspec import Meta

# Patterns are searched, so each is anchored at both ends ("\Z", because "$" also matches before a last newline).
# None of them can backtrack far, and what could be long is bounded: a hostile value must not cost time.
_IRI = r"""^[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20\x7f<>"{}|\\^`]+\Z"""
_URI = r"""^[A-Za-z][A-Za-z0-9+.\-]*:[!#-;=?-\[\]_a-z~]+\Z"""
_UUID = r"^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z"
_MAILBOX = r"^mailto:[^\x00-\x20\x7f@<>?]+@[^\x00-\x20\x7f@<>?]+\Z"
_MEDIA_TYPE = r"^[\w!#$&^.+\-]+/[\w!#$&^.+\-]+[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?\Z"
_N = r"[0-9]+(?:[.,][0-9]+)?"
_DURATION = (
    r"^P(?!\Z)(?![^.,]*[.,][0-9]+[A-Z].*[0-9])"  # something follows, and only the last number has a fraction
    rf"(?:{_N}W|(?:{_N}Y)?(?:{_N}M)?(?:{_N}D)?(?:T(?=[0-9])(?:{_N}H)?(?:{_N}M)?(?:{_N}S)?)?)\Z"
)
# RFC 5646, section 2.1; the irregular tags that were registered before it are still valid.
_LANGUAGE_TAG = (
    r"^(?:(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})"
    r"(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
    r"(?:-[0-9A-WY-Za-wy-z](?:-[A-Za-z0-9]{2,8})+)*(?:-[xX](?:-[A-Za-z0-9]{1,8})+)?"
    r"|[xX](?:-[A-Za-z0-9]{1,8})+"
    r"|[iI]-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)"
    r"|en-GB-oed|sgn-BE-FR|sgn-BE-NL|sgn-CH-DE)\Z"
)

Iri = Annotated[str, Meta(pattern=_IRI, description="an IRI with a scheme, such as https://example.com/x")]
Uri = Annotated[str, Meta(pattern=_URI, description="a URI with a scheme, such as https://example.com/x")]
Uuid = Annotated[str, Meta(pattern=_UUID, description="a UUID of 36 characters")]
Mailbox = Annotated[str, Meta(pattern=_MAILBOX, description="a mailto IRI, such as mailto:ana@example.com")]
Sha1 = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{40}\Z", description="a SHA-1 of 40 hexadecimal digits")]
Sha2 = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{56,128}\Z", description="a SHA-2 in hexadecimal digits")]
MediaType = Annotated[str, Meta(pattern=_MEDIA_TYPE, description="a media type, such as text/plain")]
LanguageTag = Annotated[
    str, Meta(pattern=_LANGUAGE_TAG, max_length=200, description="an RFC 5646 language tag")
]
Timestamp = Annotated[str, Meta(max_length=64, description="a timestamp, such as 2026-05-04T09:00:00Z")]
Duration = Annotated[
    str, Meta(pattern=_DURATION, max_length=200, description="an ISO 8601 duration, such as PT1H30M")
]
Version = Annotated[
    str, Meta(pattern=r"^[12]\.0(?:\.[0-9]{1,9})?\Z", description="an xAPI version, such as 1.0.0")
]

Text = Annotated[str, Meta(description="a string")]
Flag = Annotated[bool, Meta(description="true or false")]
Number = Annotated[float, Meta(description="a number")]
Scaled = Annotated[float, Meta(ge=-1, le=1, description="a number from -1 to 1")]
Octets = Annotated[float, Meta(ge=0, multiple_of=1, description="a whole number of bytes")]

LanguageMap = dict[LanguageTag, Text]
Extensions = dict[Iri, Any]

ActorKind = Annotated[Literal["Agent", "Group"], Meta(description="Agent or Group")]
ActivityKind = Annotated[
    Literal["Activity"],
    Meta(description="Activity, Agent, Group, StatementRef or, outside of a SubStatement, SubStatement"),
]
StatementRefKind = Annotated[Literal["StatementRef"], Meta(description="StatementRef")]
SubStatementKind = Annotated[Literal["SubStatement"], Meta(description="SubStatement")]
ContextAgentKind = Annotated[Literal["contextAgent"], Meta(description="contextAgent")]
ContextGroupKind = Annotated[Literal["contextGroup"], Meta(description="contextGroup")]
InteractionType = Annotated[
    Literal[
        "true-false",
        "choice",
        "fill-in",
        "long-fill-in",
        "matching",
        "performance",
        "sequencing",
        "likert",
        "numeric",
        "other",
    ],
    Meta(description="one of the interaction types, such as choice"),
]
