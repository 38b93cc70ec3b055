"""``hub cmi5``: importing packages and listing courses."""

from pathlib import Path

import pytest

from hub.runtime import Hub
from tests.cli.conftest import Command
from tests.rows import every_row
from tests.xapi.cmi5.packages import au, course, package


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A right package."""
    monkeypatch.setenv("HUB_STORAGE_URL", f"file://{tmp_path / 'files'}")
    path = tmp_path / "brakes.zip"
    path.write_bytes(package())
    return path


def test_a_package_is_imported_once_and_listed(hub_command: Command, file: Path) -> None:
    unknown = hub_command("cmi5", "import", file, "--connection", "library")
    assert unknown.exit_code == 2
    assert "--name" in unknown.output
    dry = hub_command("cmi5", "import", file, "--connection", "library", "--name", "Library", "--dry-run")
    assert "would be new" in dry.output
    first = hub_command(
        "cmi5", "import", file, "--connection", "library", "--name", "Library", "--key", "brakes"
    )
    assert first.output.startswith("Brake systems (brakes): added, 1 AU, 0 blocks, 1 file.\n")
    assert "content_url" in first.output
    again = hub_command("cmi5", "import", file, "--connection", "library")
    assert "Brake systems (brakes): unchanged" in again.output
    file.write_bytes(package(course(au(moveOn="Passed"))))
    dry = hub_command("cmi5", "import", file, "--connection", "library", "--dry-run")
    assert "would be changed" in dry.output
    listed = hub_command("cmi5", "list").output
    assert [word for word in ("brakes", "Brake systems", "Library") if word not in listed] == []


def test_a_new_connection_is_shown_before_with_its_course_and_refused_with_it(
    hub_command: Command, inside: Hub, file: Path
) -> None:
    given = ("cmi5", "import", file, "--connection", "library", "--name", "Library")
    before = every_row(inside)
    dry = hub_command(*given, "--key", "brakes", "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert dry.stdout.startswith(
        "The connection library would be new.\nBrake systems (brakes): would be added, 1 AU, 0 blocks, 1 file.\n"
    )
    for wrong in (["--key", "Not A Key"], ["--partner", "nobody"], ["--connection", "Not A Slug"]):
        done, dry = (hub_command(*given, *wrong, *more) for more in ([], ["--dry-run"]))
        assert (dry.exit_code, dry.stdout, dry.stderr) == (done.exit_code, done.stdout, done.stderr)
        assert dry.exit_code
    assert every_row(inside) == before
    assert "added, 1 AU" in hub_command(*given, "--key", "brakes").stdout


def test_every_problem_is_told_with_its_line(hub_command: Command, file: Path) -> None:
    file.write_bytes(package(course(au("a", moveOn="x"), au("b", masteryScore="2"))))
    refused = hub_command("cmi5", "import", file, "--connection", "library", "--name", "Library")
    assert refused.exit_code == 2
    assert "line 4, courseStructure/au: au has the moveOn 'x'" in refused.output
    assert "line 5, courseStructure/au: au has the masteryScore '2'" in refused.output
    assert "No" not in hub_command("cmi5", "list").output
