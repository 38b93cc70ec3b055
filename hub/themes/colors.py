"""Colors that can be read: every shade that a theme puts on a page is checked against what it stands on (WCAG 2.2, 1.4.3)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

AA = 4.5
"""The contrast that text needs."""
Color = tuple[int, int, int]
"""Red, green and blue, 0 to 255 each."""
WHITE, BLACK, INK = (255, 255, 255), (0, 0, 0), (16, 20, 42)
LIGHT = {"page": (247, 248, 250), "surface": WHITE, "sunken": (241, 242, 245)}
DARK = {"page": (18, 20, 25), "surface": (26, 29, 36), "sunken": (35, 39, 47)}
"""What stands behind text, as ``tokens.css`` has it; a test holds the two together."""
_HEX = re.compile(r"#[0-9a-f]{6}")
STEPS = 50


@dataclass(frozen=True)
class Shades:
    """The colors of one scheme, light or dark: texts and lines in ``accent``, buttons with ``on_accent`` upon it."""

    accent: Color
    accent_strong: Color
    accent_soft: Color
    on_accent: Color


def parse_color(text: str) -> Color | None:
    """``#3452c7`` as a color; None for anything else."""
    text = text.strip().lower()
    if not _HEX.fullmatch(text):
        return None
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def write_color(color: Color) -> str:
    """``#3452c7``."""
    return "#{:02x}{:02x}{:02x}".format(*color)


def contrast(one: Color, other: Color) -> float:
    """The contrast of two colors, from 1 for the same to 21 for black and white."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(one: Color, other: Color, share: float) -> Color:
    """A color with a share (0 to 1) of another one in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def light_shades(accent: Color) -> Shades:
    """The accent as it is, on light pages."""
    return Shades(accent, mixed(accent, BLACK, 0.25), mixed(accent, WHITE, 0.92), WHITE)


def dark_shades(accent: Color) -> Shades:
    """The accent as light as dark pages need it, and as little lighter as that."""
    for step in range(STEPS + 1):
        shades = _dark(mixed(accent, WHITE, step / STEPS))
        if not any(ratio < AA for _, ratio in _pairs(shades, DARK)):
            return shades
    return _dark(WHITE)


def find_low_contrast(accent: Color) -> dict[str, float]:
    """Where a color is too light to be an accent: contrasts below AA by what it stands on."""
    return {place: ratio for place, ratio in _pairs(light_shades(accent), LIGHT) if ratio < AA}


def readable(accent: Color) -> Color:
    """The color, or the nearest darker one that can be read everywhere."""
    darker = (mixed(accent, BLACK, step / STEPS) for step in range(STEPS + 1))
    return next(color for color in darker if not find_low_contrast(color))


def write_css(accent: Color) -> str:
    """The style sheet of an accent: what differs from ``tokens.css``, light and dark."""
    light, dark = _declare(light_shades(accent)), _declare(dark_shades(accent))
    return f":root{{{light}}}\n@media (prefers-color-scheme: dark){{:root{{{dark}}}}}\n"


def _dark(accent: Color) -> Shades:
    return Shades(accent, mixed(accent, WHITE, 0.3), mixed(DARK["surface"], accent, 0.14), INK)


def _pairs(shades: Shades, behind: Mapping[str, Color]) -> Iterator[tuple[str, float]]:
    """Everything that is read, by its place."""
    for place, color in {**behind, "soft": shades.accent_soft}.items():
        yield f"text on {place}", contrast(shades.accent, color)
    yield "text on a button", contrast(shades.on_accent, shades.accent)
    yield "text on a pressed button", contrast(shades.on_accent, shades.accent_strong)


def _declare(shades: Shades) -> str:
    named = {
        "--accent": shades.accent,
        "--accent-strong": shades.accent_strong,
        "--accent-soft": shades.accent_soft,
        "--on-accent": shades.on_accent,
    }
    lines = [f"{name}:{write_color(color)}" for name, color in named.items()]
    for name, color in (("link", shades.accent), ("link-hover", shades.accent_strong)):
        lines.append(f"--bs-{name}-color-rgb:{','.join(map(str, color))}")
    return ";".join(lines)


def _luminance(color: Color) -> float:
    """WCAG's relative luminance."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (each / 255 for each in color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
