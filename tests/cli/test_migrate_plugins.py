"""hub migrate, hub doctor and hub export --person with a plugin that has tables."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.network.importing.roster_keys import find_id
from hub.runtime import Hub
from tests.cli.conftest import Command
from tests.cli.small_network import write_network
from tests.packages import installed

NAME = "distributor_onboarding"
PROJECT = Path(__file__).parents[2] / "plugins_contrib" / NAME


@pytest.fixture(autouse=True)
def _listed(inside: Hub, settings_file: Path) -> Iterator[None]:
    """The plugin is installed and on the list of a hub that was there before."""
    text = settings_file.read_text().replace('"webhooks"]', f'"webhooks", "{NAME}"]')
    settings_file.write_text(text)
    with installed(PROJECT):
        yield


def test_pending_tables_are_told_and_keep_the_hub_from_working_until_they_are_made(
    hub_command: Command,
) -> None:
    told = hub_command("migrate", "--check")
    assert (told.exit_code, told.stdout) == (
        1,
        f"{NAME}: tables at nothing, and 0001 is the newest.\n",
    )
    refused = hub_command("plugins")
    assert refused.exit_code != 0
    assert f"The tables of {NAME} are not the newest." in refused.output
    assert f"tables of {NAME} are at nothing; it needs 0001" in hub_command("doctor").stdout
    done = hub_command("migrate")
    assert f"Brought the tables of {NAME} from nothing to 0001." in done.stdout
    assert hub_command("migrate", "--check").exit_code == 0
    assert "Brought the tables" not in hub_command("migrate").stdout
    assert hub_command("plugins").exit_code == 0


def test_what_is_kept_about_a_person_is_handed_out_with_what_plugins_keep(
    hub_command: Command, inside: Hub, tmp_path: Path
) -> None:
    hub_command("migrate")
    hub_command("network", "import", write_network(tmp_path / "net"))
    with inside.reading() as uow:
        person_id = find_id(uow, "person", "P1")
    done = hub_command("export", tmp_path / "out", "--person", "P1")
    assert done.exit_code == 0, done.output
    told = json.loads((tmp_path / "out" / "person.json").read_text())
    assert told["person"]["id"] == person_id
    assert told["plugins"][NAME]["records"] == []
    assert "Who asked for whose onboarding" in told["plugins"][NAME]["keeps"][0]["what"]
    assert "already" in hub_command("export", tmp_path / "out", "--person", "P1").output
