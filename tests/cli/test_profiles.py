"""Profiles from the command line: applied as planned, shown, taken back, exported and removed (B80, B84, B86)."""

import re
from pathlib import Path

import pytest

from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.rules.rule import read_rules
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.training.courses.catalogue import CatalogueRow
from hub.training.courses.offerings import set_offerings
from tests.cli.conftest import Command
from tests.cli.small_network import write_network

WHO = """
[[audience]]
key = "workshop"
name = "Workshop"
conditions = { positions = ["technician"] }
"""
PROFILES = """
[[profile]]
key = "base"
title = "Everybody"
floor = 20

[[profile]]
key = "workshops"
title = "Workshops"
extends = "base"
audiences = ["workshop"]
[[profile.rule]]
key = "safety"
title = "Safety"
dimension = "service"
kind = "compliance"
target = "offering:brakes"
[[profile.workflow]]
key = "hello"
title = "Hello"
on = "joined"
reason = "you are new"
tell = { words = "Somebody is new." }
[[profile.report]]
key = "reached"
title = "Training reached"
metric = "people"
"""


def words(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


@pytest.mark.requirement("B80", "B86")
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_profiles_are_applied_as_planned_taken_back_and_removed(
    hub_command: Command, inside: Hub, tmp_path: Path
) -> None:
    hub_command("network", "import", write_network(tmp_path / "net"))
    with inside.unit_of_work() as uow:
        north = create_connection(uow, "north", "lms", "LMS North", None)
        set_offerings(uow, north, [CatalogueRow("1", "brakes", "Brakes", "https://lms.example/brakes")])
    (tmp_path / "who.toml").write_text(WHO)
    assert hub_command("audiences", "apply", tmp_path / "who.toml").exit_code == 0
    file = tmp_path / "profiles.toml"
    file.write_text(PROFILES)

    planned = hub_command("profiles", "apply", file, "--dry-run")
    assert "profile workshops new" in words(planned.stdout), planned.output
    assert "rule workshop.safety new 2" in words(planned.stdout)
    assert "2 goals more for 2 people, 0 fewer for 0, 0 at other times." in planned.stdout
    with inside.reading() as uow:
        assert read_setups(uow) == {}
    outdated = hub_command("profiles", "apply", file, "--plan", "0" * 16)
    assert outdated.exit_code != 0
    assert "nothing was changed" in outdated.stderr
    found = re.search(r"Plan (\w{16})\.", planned.stdout)
    assert found
    assert "Applied." in hub_command("profiles", "apply", file, "--plan", found[1]).stdout

    file.write_text(PROFILES.replace("you are new", "you have begun").replace("floor = 20", "floor = 30"))
    changed = hub_command("profiles", "apply", file)
    assert {"profile base floor", "profile workshops workflows"} < set(words(changed.stdout))
    assert "the workflow hello, version 2, would have acted 0 times" in changed.stdout
    listed = words(hub_command("profiles", "list").stdout)
    assert listed[-2:] == ["base Everybody", "workshops Workshops base workshop"]
    assert words(hub_command("profiles", "report", "workshop", "reached").stdout)[-1] == "Workshop 2"
    assert words(hub_command("audiences", "sizes").stdout)[-1] == "workshop 2 none"

    back = hub_command("profiles", "roll-back", "workshops", "1")
    assert "Applied." in back.stdout, back.output
    versions = words(hub_command("profiles", "versions", "workshops").stdout)
    assert [line.split()[0] for line in versions[-3:]] == ["3", "2", "1"]
    assert versions[-3].endswith("as version 1")
    exported = hub_command("profiles", "export")
    file.write_text(exported.stdout)
    assert "Nothing to change." in hub_command("profiles", "apply", file).stdout

    kept = hub_command("profiles", "remove", "base")
    assert kept.exit_code != 0
    assert "profile workshops: extends: there is no profile base" in kept.stderr
    tried = hub_command("profiles", "remove", "workshops", "--dry-run")
    assert {"profile workshops removed", "rule workshop.safety removed 2"} <= set(words(tried.stdout))
    assert "Applied." in hub_command("profiles", "remove", "workshops").stdout
    with inside.reading() as uow:
        assert (read_setups(uow), read_rules(uow)) == ({}, [])
    assert hub_command("profiles", "remove", "workshops").exit_code != 0
    assert "Applied." in hub_command("profiles", "roll-back", "workshops", "1").stdout
    with inside.reading() as uow:
        assert [rule.key for rule in read_rules(uow)] == ["workshop.safety"]
