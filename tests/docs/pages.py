"""Reading the pages in docs/ for tests: their headings and code blocks."""

import re
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"

_BLOCK = re.compile(
    r"^(?:\*\*`(?P<file>[^`\n]+)`\*\*\n\n)?```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """A code block; ``file`` is the name in bold above it, empty without one."""

    language: str
    file: str
    text: str


def read(page: str) -> str:
    """The text of a page."""
    return (DOCS / page).read_text(encoding="utf-8")


def blocks(text: str) -> list[Block]:
    """The code blocks of a text, in order."""
    return [Block(m["language"], m["file"] or "", m["text"]) for m in _BLOCK.finditer(text)]


def sections(text: str, level: int) -> dict[str, str]:
    """What stands under each heading of one level, up to the next heading of that level or above."""
    outside = re.sub(
        r"^```.*?^```$",
        lambda m: re.sub("^#", " ", m[0], flags=re.MULTILINE),
        text,
        flags=re.MULTILINE | re.DOTALL,
    )
    marks = "#" * level
    parts = re.split(rf"^#{{1,{level}}} ", outside, flags=re.MULTILINE)
    heads = re.findall(rf"^(#{{1,{level}}}) ", outside, flags=re.MULTILINE)
    found = {}
    for mark, part in zip(heads, parts[1:], strict=True):
        title, _, body = part.partition("\n")
        if mark == marks:
            assert title.strip() not in found, f"{title.strip()} is a heading twice"
            found[title.strip()] = body
    return found
