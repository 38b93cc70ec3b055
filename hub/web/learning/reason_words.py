"""Why somebody has a goal, as one line in the reader's language; the English one is ``Reason.sentence``."""

from hub.training.my_training.reasons import Reason
from hub.web.language import _, told
from hub.web.words import full_day, listing


def reason_words(reason: Reason) -> str:
    """``Service Technician of Borealis at Riverside, rule brake-safety, since 3 May 2026``; a template filter."""
    parts = [_role(reason), _by(reason), _("since %(day)s", day=full_day(reason.since))]
    if reason.until:
        parts.append(_("until %(day)s", day=full_day(reason.until)))
    return ", ".join(part for part in parts if part)


def _role(reason: Reason) -> str:
    if not reason.position:
        return ""
    if not reason.brands:
        return _("%(position)s at %(location)s", position=reason.position, location=reason.location)
    return _(
        "%(position)s of %(brands)s at %(location)s",
        position=reason.position,
        brands=listing(reason.brands),
        location=reason.location,
    )


def _by(reason: Reason) -> str:
    if reason.source_kind == "rule":
        return _("rule %(key)s", key=reason.source_key)
    if reason.source_kind == "manager":
        return _("given by %(name)s", name=told(reason.title))
    return told(reason.title)
