"""SAML providers connected with a command, and the hub's key towards them changed in two steps."""

from pathlib import Path

from hub.runtime import Hub
from hub.sso.saml.providers import read_saml_provider
from hub.sso.saml.sp_keys import list_sp_keys, signing_key
from tests.cli.conftest import Command
from tests.sso.saml.forge import stranger
from tests.sso.saml.test_metadata import provider

SAML = ("connect", "saml", "harbor", "--name", "Harbor", "--metadata")


def test_a_provider_by_its_metadata_as_a_file(hub_command: Command, inside: Hub, tmp_path: Path) -> None:
    file, signer = tmp_path / "metadata.xml", tmp_path / "signer.pem"
    assert hub_command(*SAML, str(file)).exit_code == 2
    file.write_bytes(provider().metadata())
    signer.write_text(stranger().pem)
    refused = hub_command(*SAML, str(file), "--signer", str(signer))
    assert refused.exit_code != 0
    assert "not signed" in refused.output
    file.write_bytes(provider().metadata(stranger()))
    made = hub_command(
        *SAML, str(file), "--signer", str(signer), "--name-id", "unspecified", "--signed", "response"
    )
    assert made.exit_code == 0, made.output
    assert "/sso/saml/harbor/acs" in made.stdout
    with inside.reading() as uow:
        found = read_saml_provider(uow, "harbor")
    assert (found.choices.signed_part, found.choices.signer) == ("response", stranger().encoded)
    tried = hub_command("sso", "try", "harbor")
    assert "Look at its certificates" in tried.stdout


def test_the_hubs_key_changes_in_two_steps(hub_command: Command, inside: Hub) -> None:
    first = signing_key(inside)
    assert hub_command("sso", "rotate-saml-key", "--use").exit_code != 0
    assert "--use" in hub_command("sso", "rotate-saml-key").stdout
    assert "waits" in hub_command("sso", "rotate-saml-key").output
    assert "signs from now on" in hub_command("sso", "rotate-saml-key", "--use").stdout
    assert signing_key(inside).private_numbers() != first.private_numbers()
    with inside.reading() as uow:
        assert len(list_sp_keys(uow)) == 2
