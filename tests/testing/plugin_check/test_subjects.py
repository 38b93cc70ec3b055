"""What can be checked: a project with folders, one file, something that was installed, and something that is broken."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.testing.plugin_check import Report, check_plugin
from tests.testing.plugin_check.mutants import ROOT

Check = Callable[[Path | str], Report]
GOOD = '''"""Nothing yet."""

from collections.abc import Sequence

from hub.api import Panel, PanelView, hookimpl


class Plugin:
    """Greets people."""

    hub_api = "1.1"

    @hookimpl
    def plan_panels(self, view: PanelView) -> Sequence[Panel]:
        """Say good day."""
        return [Panel("Welcome", "Good day.")]
'''
PROJECT = """[project]
name = "hub-greeting"
version = "1.2"
[project.entry-points."partner_training_hub.plugins"]
greeting = "greeting:Plugin"
"""


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings]


def write_project(folder: Path, source: str, below: str = "") -> Path:
    (folder / below).mkdir(exist_ok=True)
    (folder / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (folder / below / "greeting.py").write_text(source, encoding="utf-8")
    words = "Greets everybody who opens their page in the morning. It keeps no personal data.\n"
    (folder / "README.md").write_text(f"# Greeting\n\n{words}", encoding="utf-8")
    return folder


def test_a_project_may_have_its_modules_below_src(tmp_path: Path, check: Check) -> None:
    report = check(write_project(tmp_path, GOOD, "src"))
    assert (report.plugin, report.version, codes(report)) == ("greeting", "1.2", [])


def test_an_installed_one_is_checked_with_the_readme_of_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: Check
) -> None:
    info = tmp_path / "hub_greeting-1.2.dist-info"
    info.mkdir()
    (tmp_path / "greeting.py").write_text(GOOD, encoding="utf-8")
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: hub-greeting\nVersion: 1.2\n\nGreets everybody in the morning.\n",
        encoding="utf-8",
    )
    points = "[partner_training_hub.plugins]\ngreeting = greeting:Plugin\n"
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
    report = check("greeting")
    assert (report.version, codes(report)) == ("1.2", ["readme-gaps"])
    assert "what the plugin does, nor what personal data" in report.findings[0].problem


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        ("def broken(:\n", "cannot-load", 1),
        ("x = 1\nraise RuntimeError('no')\n", "cannot-load", 2),
        ("x = 1\nraise SystemExit(3)\n", "ends-process", 2),
        ("import os\nos._exit(7)\n", "ends-process", 0),
        ("class Other:\n    pass\n", "cannot-load", 0),
    ],
)
def test_what_cannot_be_loaded_says_where(
    source: str, code: str, line: int, tmp_path: Path, check: Check
) -> None:
    (finding,) = check(write_project(tmp_path, source)).findings
    assert (finding.code, finding.place.line) == (code, line)


def test_what_hangs_for_good_is_ended(tmp_path: Path, cache: Path) -> None:
    source = (
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})\nwhile True:\n    pass\n"
    )
    folder = write_project(tmp_path, source)
    (finding,) = check_plugin(str(folder), cache=cache, seconds=12).findings
    assert finding.code == "hangs"
    assert "given up after 12 s" in finding.problem


def test_a_project_without_readme_is_told_so(tmp_path: Path, check: Check) -> None:
    folder = write_project(tmp_path, GOOD)
    (folder / "README.md").unlink()
    (finding,) = check(folder).findings
    assert (finding.code, finding.place.path) == ("no-readme", "README.md")


TELLS = '''"""Tells an address of which its settings know nothing."""

from collections.abc import Sequence

from hub.api import CreditGranted, OutgoingHttp, OutsideFailed, PersonalData, hookimpl


class Plugin:
    """Tells of goals."""

    hub_api = "1.1"

    @hookimpl
    def register_personal_data(self) -> Sequence[PersonalData]:
        """Nothing."""
        return []

    @hookimpl
    def credit_granted(self, event: CreditGranted, http: OutgoingHttp) -> None:
        """Tell it."""
        answer = http.post("https://goals.example/in", form={"id": event.goal_id, "by": event.statement_id})
        if answer.status >= 300:
            raise OutsideFailed("refused", "It was refused.")
'''


def test_a_real_address_is_never_called(tmp_path: Path, check: Check) -> None:
    assert codes(check(write_project(tmp_path, TELLS))) == []
    silent = TELLS.replace("answer.status >= 300", "answer.status >= 900")
    (finding,) = check(write_project(tmp_path, silent)).findings
    assert (finding.code, "answered 500" in finding.problem) == ("swallows-failure", True)


def test_a_variable_named_hub_is_no_import(tmp_path: Path, check: Check) -> None:
    source = GOOD.replace(
        'return [Panel("Welcome", "Good day.")]', 'hub = view\n        return [Panel("Welcome", str(hub.on))]'
    )
    assert codes(check(write_project(tmp_path, source))) == []
