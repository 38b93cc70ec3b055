"""Phrases: English words that remember how they came about, so that whoever shows them can say them in another language."""

from typing import Any

from hub.words.catalogues import translations
from hub.words.numbers import numeral


class Phrase(str):
    """A text in English, which is what logs and programs get, with its template and the values in it."""

    template: str
    values: dict[str, Any]

    __slots__ = ("template", "values")

    def __new__(cls, template: str, values: dict[str, Any]) -> "Phrase":
        """The text of a template such as ``%(name)s asks you``; without values it is taken as it stands."""
        phrase = super().__new__(cls, template % values if values else template)
        phrase.template = template
        phrase.values = values
        return phrase


class Amount(str):
    """A number in English digits, which is what logs and programs get, with the number itself; ``share`` is one of a hundred."""

    number: float
    share: bool

    __slots__ = ("number", "share")

    def __new__(cls, number: float, *, share: bool = False) -> "Amount":
        """``1,204``, or of a share ``87 %``."""
        amount = super().__new__(cls, f"{number * 100:.0f} %" if share else f"{number:,.0f}")
        amount.number = number
        amount.share = share
        return amount


def say(template: str, **values: Any) -> Phrase:
    """Words that will be said in the language of whoever reads them. Extraction finds the template, so it must be a literal."""
    return Phrase(template, values)


def listed(words: str) -> str:
    """The same words, a plain string that can be stored: so extraction finds them, and pages show them with ``|told``."""
    return words


def in_language(words: str, language: str) -> str:
    """A phrase, or a text that is in the catalogue as it stands, in a language; as it is when nobody translated it."""
    if not words:
        return ""
    if isinstance(words, Amount):
        return (
            f"{numeral(round(words.number * 100), language)} %"
            if words.share
            else numeral(round(words.number), language)
        )
    if not isinstance(words, Phrase):
        return translations(language).gettext(words)
    said = translations(language).gettext(words.template)
    if not words.values:
        return said
    return said % {
        name: in_language(value, language) if isinstance(value, (Phrase, Amount)) else value
        for name, value in words.values.items()
    }
