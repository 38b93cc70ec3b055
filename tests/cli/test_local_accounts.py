"""Inviting somebody to an account of the hub with a command."""

import pytest

from hub.ids import new_id
from hub.network import tables as network
from hub.network.people.provision import NewPerson, create_person
from hub.runtime import Hub
from hub.sso.local.opening import look
from tests.cli.conftest import Command
from tests.rows import every_row

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def tess(inside: Hub) -> str:
    with inside.unit_of_work() as uow:
        uow.insert(network.partner, id=(partner_id := new_id()), name="Riverside Cars")
        return create_person(
            uow, NewPerson(partner_id, "Tess", "Okafor", "tess@riverside.example"), made_by="scim"
        )


def test_the_link_that_is_printed_opens_the_account(hub_command: Command, inside: Hub, tess: str) -> None:
    before = every_row(inside)
    shown = hub_command("sso", "invite", tess, "--dry-run")
    assert shown.stdout == (
        "Tess Okafor would be invited, by a mail to tess@riverside.example.\n"
        "\nThis was a dry run: nothing was changed.\n"
    )
    assert every_row(inside) == before
    told = hub_command("sso", "invite", tess)
    assert told.exit_code == 0, told.output
    assert "Tess Okafor is invited" in told.stdout
    code = told.stdout.rstrip().rpartition("/")[2]
    assert look(inside, "invitation", code, "127.0.0.1").person.id == tess


def test_whoever_is_not_there_or_elsewhere_is_not_invited(hub_command: Command, tess: str) -> None:
    for wrong in ([new_id()], ["nobody"], [tess, "--partner", "Lakeside"]):
        done, dry = (hub_command("sso", "invite", *wrong, *more) for more in ([], ["--dry-run"]))
        assert done.exit_code != 0
        assert (dry.exit_code, dry.output) == (done.exit_code, done.output)
