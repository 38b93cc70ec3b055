"""hub plugin remove: off the list, and gone with its data, also when nobody has it installed any more."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.plugin_data.migrate import migrate_plugin
from hub.runtime import Hub
from tests.cli.conftest import Command
from tests.plugin_data.shelf import TABLE, tables_there, write_revision


@pytest.fixture
def left_behind(inside: Hub, settings_file: Path, tmp_path: Path) -> Hub:
    """Somebody had a plugin, uninstalled it, and forgot the rest."""
    migrate_plugin(inside.engine, "shelf", write_revision(tmp_path / "migrations", TABLE))
    with inside.unit_of_work() as uow:
        uow.connection.execute(sa.text("INSERT INTO plugin_shelf_book (id, person_id) VALUES (1, 'ann')"))
    text = settings_file.read_text().replace('"webhooks"]', '"webhooks", "shelf"]')
    settings_file.write_text(f"{text}\n[plugin.shelf]\ndays = 3\n")
    return inside


def test_the_hub_does_not_start_while_it_is_listed_and_says_how_to_take_it_off(
    hub_command: Command, left_behind: Hub, settings_file: Path
) -> None:
    refused = hub_command("plugins")
    assert refused.exit_code != 0
    assert "plugins: shelf" in refused.output
    assert "hub plugin remove NAME" in refused.output
    done = hub_command("plugin", "remove", "shelf")
    assert "table plugin_shelf_book" in done.stdout
    assert "hub plugin remove shelf --data" in done.stdout
    assert "Restart the hub." in done.stdout
    assert "shelf" not in settings_file.read_text()
    assert tables_there(left_behind) == {"plugin_shelf_book", "plugin_shelf_alembic_version"}
    assert hub_command("plugins").exit_code == 0
    assert hub_command("migrate").exit_code == 0
    assert "shelf is not on, and has tables here" in hub_command("doctor").stdout


def test_a_dry_run_shows_and_data_goes_when_one_is_sure(
    hub_command: Command, left_behind: Hub, settings_file: Path
) -> None:
    before = settings_file.read_text()
    assert "nothing was changed" in hub_command("plugin", "remove", "shelf", "--data", "--dry-run").stdout
    assert hub_command("plugin", "remove", "shelf", "--data", input="n\n").exit_code == 1
    assert (settings_file.read_text(), len(tables_there(left_behind))) == (before, 2)
    done = hub_command("plugin", "remove", "shelf", "--data", "--yes")
    assert "All that shelf kept is gone." in done.stdout
    assert tables_there(left_behind) == set()
    assert "shelf" not in settings_file.read_text()
    again = hub_command("plugin", "remove", "shelf", "--data", "--yes")
    assert "shelf is not on the list" in again.stdout
    assert "keeps nothing here" in again.stdout


def test_what_the_settings_say_in_another_way_is_left_to_a_person(
    hub_command: Command, left_behind: Hub, settings_file: Path
) -> None:
    text = settings_file.read_text().replace("[plugin.shelf]\ndays = 3\n", "[plugin]\nshelf = { days = 3 }\n")
    settings_file.write_text(text)
    told = hub_command("plugin", "remove", "shelf").stdout
    assert "Take shelf off `plugins`" in told
    assert settings_file.read_text() == text
    refused = hub_command("plugin", "remove", "shelf", "--data", "--yes")
    assert (refused.exit_code, settings_file.read_text()) == (1, text)
    assert "Take shelf off `plugins`" in refused.stdout
    assert "Nothing was changed. Then run this again." in refused.stderr
    assert len(tables_there(left_behind)) == 2


def test_data_stays_while_the_environment_lists_the_plugin(
    hub_command: Command, left_behind: Hub, settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = settings_file.read_text()
    monkeypatch.setenv("HUB_PLUGINS", '["webhooks", "shelf"]')
    refused = hub_command("plugin", "remove", "shelf", "--data", "--yes")
    assert (refused.exit_code, settings_file.read_text()) == (1, before)
    assert "HUB_PLUGINS" in refused.stdout
    assert len(tables_there(left_behind)) == 2
    assert hub_command("plugin", "remove", "shelf").exit_code == 0
    assert "shelf" not in settings_file.read_text()
    assert hub_command("plugin", "remove", "shelf", "--data", "--yes").exit_code == 1
    assert len(tables_there(left_behind)) == 2


def test_it_comes_off_the_list_in_the_file_while_the_environment_says_none(
    hub_command: Command, left_behind: Hub, settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_PLUGINS", "none")
    assert hub_command("plugin", "remove", "shelf", "--data", "--yes").exit_code == 0
    assert "shelf" not in settings_file.read_text()
    assert tables_there(left_behind) == set()


def test_the_settings_are_written_beside_and_put_in_place_with_their_mode(
    hub_command: Command, left_behind: Hub, settings_file: Path
) -> None:
    settings_file.chmod(0o640)
    before, there = settings_file.stat(), set(settings_file.parent.iterdir())
    with settings_file.open() as reading:
        text = settings_file.read_text()
        hub_command("plugin", "remove", "shelf")
        assert reading.read() == text  # whoever reads meanwhile reads all of it
    after = settings_file.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert set(settings_file.parent.iterdir()) == there
    assert "shelf" not in settings_file.read_text()
