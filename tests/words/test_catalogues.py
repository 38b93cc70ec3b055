"""Nothing that people read is left in English by mistake, and no translation says something else than its message."""

import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest

from hub.words.catalogues import read_catalogue, translations
from hub.words.extract import HUB, find_in_template, templates, wanted
from hub.words.languages import TRANSLATED, first_language, language_of
from hub.words.phrase import in_language, say

PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%%")
TAG = re.compile(r"</?[a-z][^>]*>")
NAMES = {"Partner Training Hub", "SCIM", "OpenID Connect", "SAML", "LTI", "xAPI", "JSON", "SHA"}
"""Proper names, which are the same in every language."""


def _strings(message: object) -> list[str]:
    return list(message) if isinstance(message, (tuple, list)) else [str(message or "")]


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated(language: str) -> None:
    found = {_strings(each.id)[0]: each for each in read_catalogue(language) if each.id}
    missing = [id for each in wanted() if each.id and (id := _strings(each.id)[0]) not in found]
    empty = [id for id, each in found.items() if not all(_strings(each.string))]
    fuzzy = [id for id, each in found.items() if each.fuzzy]
    assert (missing, empty, fuzzy) == ([], [], []), "make words, then translate what it lists"


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_have_the_same_placeholders_and_tags(language: str) -> None:
    for message in read_catalogue(language):
        if message.id:
            for pattern in (PLACEHOLDER, TAG):
                wants = {m.group() for id in _strings(message.id) for m in pattern.finditer(id)}
                for string in filter(None, _strings(message.string)):
                    has = {m.group() for m in pattern.finditer(string)}
                    assert has == wants or (wants - has) == {"%(num)s"}, (message.id, string)


def _bare_words(path: Path) -> Iterator[str]:
    """Words of a template that stand between tags, or in attributes that are read out, without being marked."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\{#.*?#\}|<script.*?</script>|<style.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{% macro described\(.*?endmacro %\}", "", text, flags=re.DOTALL)  # attributes of a tag
    text = re.sub(r"\{% block main_class %\}.*?\{% endblock %\}", "", text)
    quoted = re.findall(r'(?:aria-label|placeholder|title|alt)="([^"{}]*)"', re.sub(r"\{\{.*?\}\}", "", text))
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "\n", text, flags=re.DOTALL)
    text = re.sub(r"<[^<>]*>", "\n", text)
    for piece in [*quoted, *text.split("\n")]:
        words = re.sub(r"&[a-z]+;", " ", piece).strip(" ·←→…:.,;()“”/-–—?!%+0123456789")
        if re.search(r"[A-Za-z]{2,}", words) and words not in NAMES:
            yield words


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(HUB)))
def test_templates_have_no_words_that_are_not_marked(path: Path) -> None:
    assert list(_bare_words(path)) == []


def test_messages_are_found_in_templates_with_their_plurals(tmp_path: Path) -> None:
    page = HUB / "web/templates/plan_reasons.html"
    assert ("and %(more)s more reason", "and %(more)s more reasons") in {
        (each.id, each.plural) for each in find_in_template(page)
    }


def test_languages_are_found_in_locales() -> None:
    assert [language_of(each) for each in ("de-AT", "fr_CA", "EN", "pt-BR", "")] == [
        "de",
        "fr",
        "en",
        None,
        None,
    ]
    assert first_language(["pt", "es-MX", "de"]) == "es"
    assert first_language([]) == "en"


def test_a_phrase_is_english_for_programs_and_translated_for_people() -> None:
    phrase = say("Due %(day)s", day="27 November")
    assert phrase == "Due 27 November"
    assert in_language(phrase, "de") == "Fällig am 27 November"
    assert in_language("A title that nobody translates", "de") == "A title that nobody translates"
    assert in_language("", "de") == ""
    assert translations("en").gettext("Sign in") == "Sign in"


def test_every_translated_template_can_be_read() -> None:
    environment = jinja2.Environment(autoescape=True, extensions=["jinja2.ext.i18n", "jinja2.ext.do"])
    for path in templates():
        environment.parse(path.read_text(encoding="utf-8"))
