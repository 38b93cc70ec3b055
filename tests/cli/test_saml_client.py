"""A system that knows only SAML is connected with a command, and the key towards such systems changes apart from the other."""

from pathlib import Path

from hub.network.systems.connections import find_connection
from hub.runtime import Hub
from hub.sso.saml.sp_keys import list_sp_keys, signing_key
from hub.sso.saml_provider.systems import list_systems
from tests.cli.conftest import Command
from tests.sso.saml_provider.rig import ENTITY, sp_metadata

CLIENT = ("connect", "saml-client", "old-lms", "--name", "Old LMS", "--metadata")


def test_a_system_by_its_metadata_as_a_file(hub_command: Command, inside: Hub, tmp_path: Path) -> None:
    file = tmp_path / "metadata.xml"
    assert hub_command(*CLIENT, str(file)).exit_code == 2
    file.write_bytes(sp_metadata())
    assert "no RSA certificate" in hub_command(*CLIENT, str(file), "--encrypt").output
    made = hub_command(*CLIENT, str(file), "--anonymous", "--opened-from-hub")
    assert made.exit_code == 0, made.output
    assert "/saml/metadata" in made.stdout
    with inside.reading() as uow:
        (system,) = list_systems(uow, find_connection(uow, "old-lms").id)
    assert (system.entity_id, system.attribute_names, system.hub_initiated) == (ENTITY, {}, True)


def test_the_key_towards_systems_changes_by_itself(hub_command: Command, inside: Hub) -> None:
    towards_providers = signing_key(inside)
    first = signing_key(inside, "idp")
    assert "--to-systems" in hub_command("sso", "rotate-saml-key", "--to-systems").stdout
    assert "signs from now on" in hub_command("sso", "rotate-saml-key", "--to-systems", "--use").stdout
    assert signing_key(inside, "idp").private_numbers() != first.private_numbers()
    assert signing_key(inside).private_numbers() == towards_providers.private_numbers()
    with inside.reading() as uow:
        assert len(list_sp_keys(uow)) == 1
