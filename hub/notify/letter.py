"""Letters: one text of ours becomes a subject, a plain text and a simple HTML page.

A template is ``letters/NAME.txt``, in other languages ``letters/LANGUAGE/NAME.txt``: its first line is ``Subject: ...``, then come paragraphs, an empty line between them. A
paragraph that is ``[words](address)`` becomes a link. Values stand between double braces, as in every template here; one
that is missing is an error. A paragraph that comes out empty is left out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from hub.words.languages import DEFAULT
from hub.words.numbers import full_day
from hub.words.phrase import Amount, Phrase, in_language, say

FOLDER = Path(__file__).parent / "letters"
SUBJECT = "Subject: "
_LINK = re.compile(r"\[([^\[\]]+)\]\(([^()]+)\)")
_NAME = re.compile(r"[a-z0-9_]{1,64}")
_WORDS = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # noqa: S701  (escaped below)
_BODY = "font: 16px/1.5 system-ui, sans-serif; color: #1d2433; max-width: 36rem; margin: 2rem auto; padding: 0 1rem"
_BUTTON = (
    "display: inline-block; padding: .6rem 1.1rem; border-radius: .4rem; background: #1b4dd1; color: #fff;"
    " text-decoration: none"
)

Value = str | int | datetime | Sequence[str]


@dataclass(frozen=True)
class Letter:
    """A mail as it is read. ``text`` and ``html`` say the same."""

    subject: str
    text: str
    html: str


def write_letter(template: str, values: Mapping[str, Value], language: str = DEFAULT) -> Letter:
    """The letter of a template with these values, each of which stays on one line; in English where a language has none.

    Phrases, amounts and days among the values are said in that language.

    ValueError for a template there is not, jinja2.UndefinedError for a value that is missing: mistakes of ours.
    """
    if not _path(template, language).is_file():
        language = DEFAULT
    subject, paragraphs = _read(template, language)
    clean = {name: _clean(value, language) for name, value in values.items()}
    texts: list[str] = []
    pages: list[Markup] = []
    for paragraph in paragraphs:
        link = _LINK.fullmatch(paragraph)
        if link:
            words, address = _fill(link[1], clean), _fill(link[2], clean)
            if not address.startswith(("http://", "https://")) or " " in address:
                raise ValueError(f"the letter {template} links to what is no address")
            texts.append(f"{words}:\n{address}")
            pages.append(_button(words, address, language))
        elif filled := _fill(paragraph, clean):
            texts.append(filled)
            pages.append(Markup("<p>{}</p>").format(Markup("<br>").join(filled.split("\n"))))
    title = " ".join(_fill(subject, clean).split())
    html = Markup(
        '<!doctype html><html lang="{}"><head><meta charset="utf-8"><title>{}</title></head>'
        '<body style="{}">{}</body></html>'
    ).format(language, title, _BODY, Markup("\n").join(pages))
    return Letter(title, "\n\n".join(texts) + "\n", str(html))


def _button(words: str, address: str, language: str) -> Markup:
    return Markup('<p><a href="{0}" style="{1}">{2}</a></p><p style="font-size: 14px">{3} {0}</p>').format(
        escape(address), _BUTTON, words, in_language(say("Or copy this address:"), language)
    )


def _path(template: str, language: str) -> Path:
    return FOLDER / ("" if language == DEFAULT else language) / f"{template}.txt"


@cache
def _read(template: str, language: str) -> tuple[str, tuple[str, ...]]:
    path = _path(template, language)
    if not _NAME.fullmatch(template) or not path.is_file():
        raise ValueError(f"there is no letter {template}")
    first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    if not first.startswith(SUBJECT):
        raise ValueError(f"the letter {template} begins without a subject")
    return first.removeprefix(SUBJECT), tuple(part.strip() for part in rest.split("\n\n") if part.strip())


def _fill(words: str, values: Mapping[str, str | int | list[str]]) -> str:
    return _template(words).render(values).strip()


@cache
def _template(words: str) -> jinja2.Template:
    return _WORDS.from_string(words)


def _clean(value: Value, language: str) -> str | int | list[str]:
    if isinstance(value, int):
        return value
    if isinstance(value, datetime):
        return full_day(value, language)
    return _line(value, language) if isinstance(value, str) else [_line(each, language) for each in value]


def _line(words: str, language: str) -> str:
    said = in_language(words, language) if isinstance(words, (Phrase, Amount)) else words
    return " ".join(said.split())
