"""``hub sso door``: short addresses for the people of a partner."""

from hub.ids import new_id
from hub.network import tables as network
from hub.runtime import Hub
from hub.sso.doors import find_door
from tests.cli.conftest import Command


def test_a_door_is_given_and_taken_away(hub_command: Command, inside: Hub) -> None:
    partner_id = new_id()
    with inside.unit_of_work() as uow:
        uow.insert(network.partner, id=partner_id, name="Harbor")
    given = hub_command("sso", "door", "harbor", "Harbor")
    assert given.exit_code == 0, given.output
    assert "http://127.0.0.1:8000/sign-in/harbor" in given.stdout
    assert hub_command("sso", "door", "Har bor", "Harbor").exit_code != 0
    assert hub_command("sso", "door", "harbor", "Nobody").exit_code != 0
    with inside.reading() as uow:
        door = find_door(uow, "harbor")
        assert door
        assert (door.partner_id, door.name) == (partner_id, "Harbor")
    assert hub_command("sso", "door", "harbor", "Harbor", "--remove").exit_code == 0
    assert hub_command("sso", "door", "harbor", "Harbor", "--remove").exit_code != 0
