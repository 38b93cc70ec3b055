"""Which language of a language map is given for an Accept-Language header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.xapi.finding.languages import MAX_LANGUAGES, MAX_RANGES, choose_language, parse_accept_language


@pytest.mark.parametrize(
    ("header", "tags", "chosen"),
    [
        ("en-GB", "en-US en-GB", "en-GB"),
        ("en-gb", "en-US en-GB", "en-GB"),
        ("de, en;q=0.5", "en de", "de"),
        ("de;q=0.4, en;q=0.5", "de en", "en"),
        ("en;q=0.5,de;q=0.5", "de en", "en"),
        ("en", "de en-US", "en-US"),
        ("en", "de english", "de"),
        ("en;q=0.2, en-US;q=0.9, de;q=0.5", "en-GB de en-US", "en-US"),
        ("en, en-GB;q=0.3, de;q=0.5", "en-GB de", "de"),
        ("*", "fr de", "fr"),
        ("de, *;q=0.1", "fr de", "de"),
        ("en-US;q=0.5, *;q=0.8", "en-US fr", "fr"),
        ("*, fr;q=0", "fr de", "de"),
        ("zh-Hans", "zh-Hans-CN de", "zh-Hans-CN"),
        # Nothing fits, and one must be given all the same.
        ("en-GB", "de en-US", "en-US"),
        ("ja", "de en", "de"),
        ("de;q=0", "de en", "en"),
        ("de;q=0", "de", "de"),
        ("en-GB, *;q=0.1", "fr en-US", "en-US"),
        # What is malformed was not said.
        ("", "de en", "de"),
        (None, "de en", "de"),
        ("en;q=2", "de en", "de"),
        ("en;q=x, , ;;, en us", "de en", "de"),
        ("en ; Q = 0.9 , de;q=1.000", "en de", "de"),
    ],
)
def test_the_language_that_fits_best(header: str | None, tags: str, chosen: str) -> None:
    languages = dict.fromkeys(tags.split(), "text")
    assert choose_language(languages, parse_accept_language(header)) == chosen


def test_an_empty_map_has_none() -> None:
    assert choose_language({}, parse_accept_language("en")) is None


def test_a_header_without_end_is_cut_off() -> None:
    assert len(parse_accept_language("en," * 100_000)) == MAX_RANGES


@given(
    st.text(max_size=200),
    st.lists(st.sampled_from(["en", "en-US", "de", "sr-Latn-RS", "x-klingon"]), unique=True),
)
def test_always_one_and_one_of_the_map(header: str, tags: list[str]) -> None:
    chosen = choose_language(dict.fromkeys(tags, ""), parse_accept_language(header))
    assert chosen in tags if tags else chosen is None


def test_of_a_map_without_end_the_first_are_looked_at() -> None:
    tags = [f"x-{n}" for n in range(MAX_LANGUAGES)]
    ranges = parse_accept_language("de")
    assert choose_language(dict.fromkeys([*tags[1:], "de"]), ranges) == "de"
    assert choose_language(dict.fromkeys([*tags, "de"]), ranges) == "x-0"
