"""On what condition a document may be changed: ETags (xAPI 1.0.3 Communication 3.1; 2.0, 4.1.4; RFC 9110, section 13)."""

from dataclasses import dataclass

from werkzeug.datastructures import ETags, Headers
from werkzeug.http import parse_etags

from hub.errors import BadInput, Conflict
from hub.xapi.documents.keys import Kind
from hub.xapi.http.refusals import PreconditionFailed
from hub.xapi.http.versions import ApiVersion

_HELP = "Check the current state of the document, and send its ETag in the If-Match header."


@dataclass(frozen=True)
class Conditions:
    """The headers If-Match and If-None-Match of a request; None for one that it does not have."""

    if_match: ETags | None = None
    if_none_match: ETags | None = None

    @property
    def given(self) -> bool:
        """Whether there is any."""
        return self.if_match is not None or self.if_none_match is not None

    def check(self, etag: str | None) -> None:
        """PreconditionFailed ``document_changed`` unless they hold of a document's ETag, which is None if there is no document."""
        if (self.if_match is not None and not _names(self.if_match, etag)) or (
            self.if_none_match is not None and _names(self.if_none_match, etag)
        ):
            state = "There is no such document." if etag is None else "The document is another one by now."
            raise PreconditionFailed("document_changed", state, _HELP)

    def is_known(self, etag: str) -> bool:
        """Whether who asks for a document has it already."""
        return self.if_none_match is not None and _names(self.if_none_match, etag)


def read_conditions(headers: Headers) -> Conditions:
    """The conditions that a request names."""
    match, none_match = headers.get("If-Match"), headers.get("If-None-Match")
    return Conditions(
        parse_etags(match) if match is not None else None,
        parse_etags(none_match) if none_match is not None else None,
    )


def check_put(conditions: Conditions, etag: str | None, kind: Kind, version: ApiVersion) -> None:
    """Whether a PUT may replace the document with this ETag, or make it if that is None. PreconditionFailed, and without any condition:

    - 1.0.3 wants one for profiles: Conflict ``document_exists``, or BadInput ``no_precondition`` for a new document.
      It exempts states, "since state conflicts are unlikely" (Communication 3.1), and clients in use count on it.
    - 2.0 lists the State Resource with the others and exempts nothing, but asks for none on a new document (4.1.4).
    """
    conditions.check(etag)
    if conditions.given or (kind == "state" and not version.is_2):
        return
    if etag is not None:
        raise Conflict("document_exists", "There is such a document already; nothing was changed.", _HELP)
    if not version.is_2:
        raise BadInput(
            "no_precondition",
            "A profile is put with the header If-Match or If-None-Match.",
            "Send If-None-Match: * to make a document that must not be there yet.",
        )


def _names(etags: ETags, etag: str | None) -> bool:
    # Weak tags count too: proxies that compress make weak ones of ours, and the tag is a hash of the content.
    return etag is not None and (etags.star_tag or etags.contains_weak(etag))
