"""The index of decisions is whole."""

import re

from tests.docs.pages import DOCS, read


def test_the_index_names_every_decision_once_in_its_order_with_its_title() -> None:
    files = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    titles = [path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ") for path in files]
    rows = re.findall(r"^\| \[(\d{4})\]\(([^)]+)\) \| (.+?) \|$", read("decisions/README.md"), re.MULTILINE)
    assert [(name, f"{number} {title}") for number, name, title in rows] == [
        (path.name, title) for path, title in zip(files, titles, strict=True)
    ]
