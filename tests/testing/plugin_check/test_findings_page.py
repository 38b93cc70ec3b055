"""docs/checking-a-plugin.md lists every kind of finding, as what it is, and no other."""

import re
from pathlib import Path

from hub.testing.plugin_check import CODES
from hub.testing.plugin_check.answers import LONGEST_REASON, LONGEST_TEXT, MOST_PER_APPOINTMENT
from hub.testing.plugin_check.limits import BATCH, SECONDS
from hub.testing.plugin_check.trial import CALL_SECONDS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "checking-a-plugin.md").read_text(encoding="utf-8")
ENTRY = re.compile(r"^\*\*`([a-z-]+)`\*\*( \(advice\))?: (.+?)(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)
PACKAGE = ROOT / "hub" / "testing" / "plugin_check"


def test_every_finding_is_listed_once_as_error_or_advice() -> None:
    entries = ENTRY.findall(PAGE)
    assert sorted(code for code, _, _ in entries) == sorted(CODES)
    assert {code: not advice for code, advice, _ in entries} == {k: c.is_error for k, c in CODES.items()}


def test_every_finding_says_how_it_is_mended() -> None:
    without = [code for code, _, text in ENTRY.findall(PAGE) if "*Mend it:*" not in text.replace("\n", " ")]
    assert without == []


def test_every_finding_can_be_found() -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in PACKAGE.glob("*.py")}
    of_checks = "\n".join(text for path, text in sources.items() if path.name != "codes.py")
    assert [code for code in CODES if f'"{code}"' not in of_checks] == []


def test_the_limits_are_those_of_the_code() -> None:
    text = " ".join(PAGE.split())
    assert f"{SECONDS['ask']:.0f} second for {BATCH} candidates" in text
    assert f"{SECONDS['show']} seconds for a panel; {CALL_SECONDS:.0f} seconds for anything" in text
    assert f"more than {LONGEST_REASON} characters, a text of more than {LONGEST_TEXT:,}" in text
    assert f"more than {MOST_PER_APPOINTMENT} opinions" in text
