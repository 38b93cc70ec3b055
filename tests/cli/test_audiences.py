"""Rules from the command line: status, versions, going back, and what is probably not meant."""

import json
import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.app import open_worker
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.training.courses.catalogue import CatalogueRow
from hub.training.courses.offerings import set_offerings
from hub.training.tables import goal_source
from tests.cli.conftest import Command
from tests.cli.small_network import write_network

FILE = """
[[path]]
key = "welcome"
title = "Welcome"
steps = ["brakes"]

[[rule]]
key = "welcome"
title = "Welcome"
dimension = "service"
kind = "brand"
target = "path:welcome"
conditions = { positions = ["technician"] }
status = "shadow"
"""


def goals(hub: Hub) -> int:
    open_worker(hub).drain()
    with hub.reading() as uow:
        return uow.connection.scalar(sa.select(sa.func.count()).select_from(goal_source)) or 0


def words(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


@pytest.mark.requirement("B86", "D2", "D4", "D8")
def test_a_rule_goes_live_and_back(hub_command: Command, inside: Hub, tmp_path: Path) -> None:
    hub_command("network", "import", write_network(tmp_path / "net"))
    with inside.unit_of_work() as uow:
        north = create_connection(uow, "north", "lms", "LMS North", None)
        set_offerings(uow, north, [CatalogueRow("1", "brakes", "Brakes", "https://lms.example/brakes")])
    file = tmp_path / "who.toml"
    file.write_text(FILE)
    applied = hub_command("audiences", "apply", file)
    assert applied.exit_code == 0, applied.output
    assert "new shadow" in applied.stdout
    assert goals(inside) == 0
    *_, [*rule, people] = words(hub_command("audiences", "rules").stdout)
    assert (rule, people) == (["welcome", "shadow", "1"], "2")

    branch = hub_command("replay", "--branch", file, "--since", "2025-03-01")
    assert "so since 2025-03-01: 2 goals more, 0 fewer. Nothing was changed." in branch.stdout, branch.output
    assert ["people", "0", "2"] in words(branch.stdout)
    assert hub_command("replay", "--branch", file).exit_code == 2

    planned = hub_command("audiences", "status", "welcome", "live", "--dry-run")
    assert "2 goals more for 2 people" in planned.stdout
    outdated = hub_command("audiences", "status", "welcome", "live", "--plan", "0" * 16)
    assert outdated.exit_code != 0
    assert "nothing was changed" in outdated.stderr
    found = re.search(r"Plan (\w{16})\.", planned.stdout)
    assert found
    live = hub_command("audiences", "status", "welcome", "live", "--plan", found[1])
    assert "Applied 1 change." in live.stdout, live.output
    assert goals(inside) == 2
    asked = hub_command("why", "P1", "brakes")
    assert asked.stdout.startswith("Brakes: asked for, open"), asked.output
    assert "rule welcome v2 asks through Technician, Riverside Motors" in asked.stdout
    not_asked = hub_command("why", "P3", "path:welcome", "--purpose", "a complaint")
    assert "- position: Advisor, asked for: Technician" in not_asked.stdout, not_asked.output
    assert json.loads(hub_command("why", "P3", "brakes", "--json").stdout)["verdict"] == "not_asked"
    assert hub_command("why", "nobody", "brakes").exit_code == hub_command("why", "P1", "moon").exit_code == 1

    assert "Applied 1 change." in hub_command("audiences", "roll-back", "rule", "welcome", "1").stdout
    assert goals(inside) == 0
    _, _, third, second, first = words(hub_command("audiences", "versions", "rule", "welcome").stdout)
    assert (third[-3:], second[-1], first[-1]) == (["as", "version", "1"], "status", "new")
    assert hub_command("audiences", "roll-back", "rule", "welcome", "7").exit_code != 0

    assert hub_command("audiences", "lint").stdout == "Nothing to look at.\n"
    file.write_text(FILE.replace('["technician"]', '["technician"], class = "internal"'))
    hub_command("audiences", "apply", file)
    looked = hub_command("audiences", "lint")
    assert looked.exit_code == 1
    assert words(looked.stdout)[2][:2] == ["welcome", "reaches_nobody"]
