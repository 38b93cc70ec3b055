"""Which languages the hub speaks, and which of them somebody gets."""

from collections.abc import Iterable, Mapping
from functools import cache

from babel import Locale

LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch", "es": "Español", "fr": "Français"}
"""Each in its own words. English is what the code is written in, and what all others fall back to."""
DEFAULT = "en"
TRANSLATED = tuple(key for key in LANGUAGES if key != DEFAULT)
_FORMATS = {DEFAULT: "en_GB"}
"""English dates have the day first, as everywhere outside the United States."""


def language_of(locale: str) -> str | None:
    """``de`` of ``de``, ``de-AT`` and ``de_CH``; None for a language that the hub does not speak."""
    key = locale.strip().replace("_", "-").partition("-")[0].lower()
    return key if key in LANGUAGES else None


def first_language(locales: Iterable[str]) -> str:
    """The first of some locales that the hub speaks, English when it speaks none."""
    return next(filter(None, map(language_of, locales)), DEFAULT)


@cache
def formats_of(language: str) -> Locale:
    """Babel's locale by which dates and numbers of a language are written."""
    return Locale.parse(_FORMATS.get(language, language))
