"""``hub network show``: a person and a location as of any day."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.network.small_network import SmallNetwork


@pytest.mark.requirement("B21", "B22", "B52", "B60")
def test_a_person_and_a_location_as_of_a_day(hub_command: Command, tmp_path: Path) -> None:
    files = SmallNetwork().add("managers.csv", "U2,service,U1,,2025-01-01,")
    files.add("attribute_kinds.csv", "bays,Bays,location,number,")
    files.add("attributes.csv", "location,L1,bays,6,2025-01-01,")
    hub_command("network", "import", files.write(tmp_path / "net"))
    now = hub_command("network", "show", "U1", "--as-of", "2026-05-01").stdout
    assert "Lena Okafor, Riverside Group, as of 2026-05-01" in now
    assert "Service Technician" in now
    assert "Salesperson" not in now
    assert "Marco Conti" in now
    assert "representative" in now
    before = hub_command("network", "show", "U1", "--as-of", "2021-05-01").stdout
    assert "Salesperson" in before
    assert "Marco Conti" not in before
    place = hub_command("network", "show", "L1", "--as-of", "2026-05-01").stdout
    assert "Riverside, New York, Riverside Group (sell, service): open as of 2026-05-01, 1 people" in place
    assert "Sales worldwide > Sales North > Sales City" in place
    assert "Bays" in place
    assert [line.split()[0] for line in place.splitlines() if line.startswith("Suda")] == ["Suda", "Suda"]
    assert "closed" in hub_command("network", "show", "L1", "--as-of", "2014-05-01").stdout
    missing = hub_command("network", "show", "nobody")
    assert missing.exit_code == 1
    assert "no person and no location nobody" in missing.output


@pytest.mark.requirement("D2", "B22")
def test_a_change_of_many_is_planned_and_done_as_planned(hub_command: Command, tmp_path: Path) -> None:
    hub_command("network", "import", SmallNetwork().write(tmp_path / "net"))
    move = ("network", "change", "move", "sales/city", "--to", "sales/south", "--from", "2026-05-01")
    planned = hub_command(*move).stdout
    assert "Nothing was changed" in planned
    plan = planned.rsplit(" ", 1)[-1].strip()
    assert "Done" in hub_command(*move, "--apply", plan).stdout
    moved = hub_command("network", "show", "L1", "--as-of", "2026-05-02").stdout
    assert "Sales worldwide > Sales South > Sales City" in moved
    refused = hub_command("network", "change", "close", "L1", "--apply", plan)
    assert refused.exit_code == 1
    assert "nothing was changed" in refused.output
