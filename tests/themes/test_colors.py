"""Whatever color somebody chooses: what is saved can be read, in light and in dark."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.themes.colors import (
    AA,
    DARK,
    INK,
    LIGHT,
    WHITE,
    Color,
    Shades,
    contrast,
    dark_shades,
    find_low_contrast,
    light_shades,
    parse_color,
    readable,
    write_color,
    write_css,
)

TOKENS = Path("hub/web/static/tokens.css")
COLORS = st.tuples(*[st.integers(0, 255)] * 3)


def worst(shades: Shades, behind: dict[str, Color]) -> float:
    """The lowest contrast of all that is read with these shades."""
    texts = [contrast(shades.accent, color) for color in (*behind.values(), shades.accent_soft)]
    return min(*texts, *(contrast(shades.on_accent, each) for each in (shades.accent, shades.accent_strong)))


@pytest.mark.requirement("B11")
@given(COLORS)
def test_every_color_that_passes_can_be_read_light_and_dark(color: Color) -> None:
    assert worst(dark_shades(color), DARK) >= AA
    assert bool(find_low_contrast(color)) == (worst(light_shades(color), LIGHT) < AA)
    offered = readable(color)
    assert not find_low_contrast(offered)
    assert offered == color or find_low_contrast(color)
    assert parse_color(write_color(color)) == color


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast((0, 0, 0), WHITE) == pytest.approx(21)
    assert contrast((119, 119, 119), WHITE) == pytest.approx(4.48, abs=0.01)
    assert contrast(WHITE, WHITE) == 1


def test_what_is_no_color_is_none() -> None:
    assert [parse_color(text) for text in ("red", "#12345", "#1234567", "#ggg000", "")] == [None] * 5
    assert parse_color(" #FFcc00 ") == (255, 204, 0)
    assert "--accent:#3452c7" in write_css((0x34, 0x52, 0xC7))


def test_colors_behind_text_are_those_of_the_style_sheet() -> None:
    light, _, dark = TOKENS.read_text(encoding="utf-8").partition("prefers-color-scheme: dark")
    for scheme, behind, ink in ((light, LIGHT, WHITE), (dark, DARK, INK)):
        said = {
            name: parse_color(value) for name, value in re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", scheme)
        }
        assert {place: said[place] for place in behind} == behind
        assert said["on-accent"] == ink
