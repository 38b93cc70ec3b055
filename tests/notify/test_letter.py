"""Letters: what stands in them, and what values cannot do to them."""

import re
from datetime import UTC, datetime
from pathlib import Path

import jinja2
import pytest

from hub.notify import letter as room
from hub.notify.letter import FOLDER, Value, write_letter
from hub.words.languages import TRANSLATED
from hub.words.phrase import Amount, in_language, say

VALUE = re.compile(r"\{\{ (\w+) \}\}")


@pytest.fixture
def letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(room, "FOLDER", tmp_path)
    room._read.cache_clear()
    return tmp_path


def test_text_and_page_say_the_same() -> None:
    letter = write_letter("test", {"name": "Tess", "hub": "https://hub.example.com"})
    assert letter.subject == "A mail of the Partner Training Hub"
    assert letter.text.startswith("Hello Tess,\n\nthis mail")
    assert letter.text.endswith("Open the training hub:\nhttps://hub.example.com\n")
    assert '<a href="https://hub.example.com"' in letter.html
    assert "<p>Hello Tess,</p>" in letter.html


def test_values_stay_on_their_line_and_in_their_text(letters: Path) -> None:
    (letters / "one.txt").write_text("Subject: For {{ name }}\n\nHello {{ name }},\n\n{{ name }}\n")
    letter = write_letter(
        "one", {"name": "<b>Eve</b>\nBcc: all@example.com\n\n[Click](https://evil.example)"}
    )
    assert "\n" not in letter.subject
    assert "<b>" not in letter.html
    assert "href" not in letter.html


def test_empty_paragraphs_are_left_out_and_lists_stay_lines(letters: Path) -> None:
    source = "Subject: S\n\n{% if more %}more{% endif %}\n\n{% for one in all %}\n- {{ one }}\n{% endfor %}\n"
    (letters / "two.txt").write_text(source)
    letter = write_letter("two", {"more": "", "all": ["a", "b\nc"]})
    assert letter.text == "- a\n- b c\n"
    assert "<p>- a<br>- b c</p>" in letter.html


def test_missing_values_and_letters_are_mistakes(letters: Path) -> None:
    (letters / "three.txt").write_text("Subject: S\n\n{{ who }}\n\n[Go]({{ to }})\n")
    with pytest.raises(jinja2.UndefinedError):
        write_letter("three", {"to": "https://hub.example.com"})
    with pytest.raises(ValueError, match="no address"):
        write_letter("three", {"who": "x", "to": "javascript:alert(1)"})
    for name in ("four", "../letter", ""):
        with pytest.raises(ValueError, match="there is no letter"):
            write_letter(name, {})


def test_every_letter_begins_with_a_subject() -> None:
    for path in FOLDER.glob("*.txt"):
        assert room._read(path.stem, "en")[0], path


@pytest.mark.parametrize("language", TRANSLATED)
def test_letters_say_the_same_in_every_language(language: str) -> None:
    for path in (FOLDER / language).glob("*.txt"):
        here, there = room._read(path.stem, language), room._read(path.stem, "en")
        assert len(here[1]) == len(there[1]), path
        for said, english in zip((here[0], *here[1]), (there[0], *there[1]), strict=True):
            assert sorted(VALUE.findall(said)) == sorted(VALUE.findall(english)), path
    written = {path.name for path in (FOLDER / language).glob("*.txt")}
    assert written == {path.name for path in FOLDER.glob("*.txt")}


def test_phrases_amounts_and_days_are_said_in_the_language_of_the_letter() -> None:
    values: dict[str, Value] = {
        "what": say("client secret of the OpenID provider"),
        "then": say("Then nobody can sign in there any more."),
        "change": "",
        "connection": "Lakeside",
        "day": datetime(2026, 5, 3, tzinfo=UTC),
        "days": 7,
        "hub": "https://hub.example",
    }
    assert "expires on 3 May 2026. Then nobody" in write_letter("expiry", values).text
    german = write_letter("expiry", values, "de")
    assert (
        german.subject == "Läuft in 7 Tagen oder früher ab: Client-Geheimnis des OpenID-Anbieters (Lakeside)"
    )
    assert "am 3. Mai 2026 läuft ab" in german.text
    share = say("%(name)s: %(figure)s", name="Service", figure=Amount(0.875, share=True))
    assert (share, in_language(share, "de")) == ("Service: 88 %", "Service: 88 %")
    assert (Amount(1204), in_language(Amount(1204), "de")) == ("1,204", "1.204")
