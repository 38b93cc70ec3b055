"""Choosing one language of a language map by Accept-Language (xAPI 1.0.3 Communication 2.1.3; RFC 2616, section 14.4)."""

import re
from collections.abc import Mapping, Sequence
from itertools import islice

_RANGE = re.compile(
    r"\s*(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*[qQ]\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?"
)
MAX_RANGES = 50
MAX_LANGUAGES = 200
"""Entries of a language map that are compared with the ranges; nobody translates into more."""

Ranges = Sequence[tuple[str, float]]
"""Language ranges in lower case with their quality, in the order of the header; ``*`` is any other."""


def parse_accept_language(header: str | None) -> Ranges:
    """The ranges of a header. What is malformed in it is left out, as if it had not been said."""
    found = [_RANGE.fullmatch(each) for each in (header or "").split(",")[:MAX_RANGES]]
    return [(each[1].lower(), float(each[2] or 1)) for each in found if each]


def choose_language(languages: Mapping[str, object], ranges: Ranges) -> str | None:
    """The tag of the entry of a language map that fits best; None for an empty map.

    Each tag has the quality of the longest range that is its beginning. If none is acceptable, an entry is chosen all
    the same, for one must be given: one of the same language elsewhere before the first of the map. Of a map of more
    than MAX_LANGUAGES the first are looked at.
    """
    first = islice(languages, MAX_LANGUAGES)
    rated = [(*_rate(tag.lower(), ranges), -index, tag) for index, tag in enumerate(first)]
    return max(rated)[-1] if rated else None


def _rate(tag: str, ranges: Ranges) -> tuple[float, int, int, float]:
    """Quality, how early its range stands in the header, the length of that range, and the quality of its language."""
    fitting = [
        (0 if wanted == "*" else len(wanted), -index, quality)
        for index, (wanted, quality) in enumerate(ranges)
        if wanted in ("*", tag) or tag.startswith(f"{wanted}-")
    ]
    primary = tag.partition("-")[0]
    language = max(
        (quality for wanted, quality in ranges if wanted.partition("-")[0] == primary), default=0.0
    )
    if not fitting:
        return 0.0, 0, 0, language
    length, order, quality = max(fitting)
    return quality or -1.0, order, length, language  # what is refused comes after what was not mentioned
