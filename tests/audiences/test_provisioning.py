"""By which ways people may come into an audience (B81)."""

from pathlib import Path

import pytest

from hub.audiences.files.audience_files import apply_audience_file, plan_audience_file
from hub.audiences.files.export_audiences import export_audiences
from hub.audiences.files.shapes import MODES
from hub.audiences.provisioning import check_mode
from hub.errors import BadInput, NotAllowed
from hub.network.importing.import_network import import_network
from hub.network.importing.roster_keys import find_id
from hub.network.people.provision import Place
from hub.rebuild.compare import compare_states
from hub.rebuild.rebuild import rebuilt
from hub.runtime import Hub
from tests.network.small_network import SmallNetwork

FILE = """
[[audience]]
key = "riverside-tech"
name = "Technicians at Riverside for Avelora"
conditions = {{ positions = ["tech"], brands = ["A"], class = "external", partners = ["P1"] }}
plugins = []
{provisioning}

[[audience]]
key = "city"
name = "Sales City"
conditions = {{ nodes = ["sales:city"] }}
plugins = []
provisioning = ["scim", "file"]
"""


@pytest.fixture
def network(hub: Hub, tmp_path: Path) -> Hub:
    import_network(hub, SmallNetwork().write(tmp_path / "files"))
    return hub


def write(folder: Path, provisioning: str) -> Path:
    file = folder / "who.toml"
    file.write_text(FILE.format(provisioning=provisioning))
    return file


def refused(hub: Hub, mode: str, location: str, position: str, *brands: str) -> bool:
    with hub.reading() as uow:
        place = Place(
            find_id(uow, "location", location),
            find_id(uow, "position", position),
            brand_ids=tuple(find_id(uow, "brand", brand) for brand in brands),
        )
        try:
            check_mode(uow, mode, [place])  # type: ignore[arg-type]
        except NotAllowed as refusal:
            return refusal.code == "mode_not_for_audience"
        return False


@pytest.mark.requirement("B81")
def test_people_come_into_an_audience_by_its_ways_alone(network: Hub, tmp_path: Path) -> None:
    apply_audience_file(network, write(tmp_path, 'provisioning = ["invitation"]'))
    open_to = {mode for mode in MODES if not refused(network, mode, "L2", "tech", "A")}
    assert open_to == set(MODES)  # Lakeside does not carry Avelora, so it is not this audience
    assert not any(refused(network, mode, "L2", "seller") for mode in MODES)
    in_city = {mode for mode in MODES if not refused(network, mode, "L1", "seller", "A")}
    assert in_city == {"scim", "file"}
    assert all(refused(network, mode, "L1", "tech", "A") for mode in MODES)  # both audiences must be open
    with network.reading() as uow:
        check_mode(uow, "self_registration", [])


def test_file_without_ways_opens_an_audience_to_all(network: Hub, tmp_path: Path) -> None:
    apply_audience_file(network, write(tmp_path, 'provisioning = ["invitation"]'))
    changed = plan_audience_file(network, write(tmp_path, ""))
    assert [change.key for change in changed.changes] == ["riverside-tech"]
    apply_audience_file(network, write(tmp_path, ""))
    assert {mode for mode in MODES if not refused(network, mode, "L1", "tech", "A")} == {"scim", "file"}


def test_ways_are_exported_and_the_export_changes_nothing(network: Hub, tmp_path: Path) -> None:
    apply_audience_file(network, write(tmp_path, 'provisioning = ["scim", "invitation"]'))
    with network.reading() as uow:
        text = export_audiences(uow)
        with rebuilt(network, uow) as again, again.reading() as other:
            assert compare_states(uow, other).equal
    assert 'provisioning = ["scim", "invitation"]' in text
    file = tmp_path / "exported.toml"
    file.write_text(text)
    assert plan_audience_file(network, file).changes == ()


@pytest.mark.parametrize("wrong", ['["by_mail"]', "[]", '"scim"'], ids=["unknown", "none", "no_list"])
def test_ways_that_are_none_are_refused_with_their_place(network: Hub, tmp_path: Path, wrong: str) -> None:
    with pytest.raises(BadInput) as error:
        apply_audience_file(network, write(tmp_path, f"provisioning = {wrong}"))
    assert all("audience riverside-tech: provisioning" in problem.place for problem in error.value.problems)
