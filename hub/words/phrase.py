"""Phrases: English words that remember how they came about, so that whoever shows them can say them in another language."""

from typing import Any

from hub.words.catalogues import translations


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


def say(template: str, **values: Any) -> Phrase:
    """Words that will be said in the language of whoever reads them. Extraction finds the template, so it must be a literal."""
    return Phrase(template, values)


def in_language(words: str, language: str) -> str:
    """A phrase, or a text that is in the catalogue as it stands, in a language; as it is when nobody translated it."""
    if not words:
        return ""
    if not isinstance(words, Phrase):
        return translations(language).gettext(words)
    said = translations(language).gettext(words.template)
    if not words.values:
        return said
    return said % {
        name: in_language(value, language) if isinstance(value, Phrase) else value
        for name, value in words.values.items()
    }
