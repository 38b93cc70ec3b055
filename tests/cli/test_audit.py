"""The audit trail and the stored secrets, from the command line."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from hub.access.tables import partner_admin
from hub.app import open_worker
from hub.cli import main
from hub.journal import audit
from hub.journal.tables import audit as trail
from hub.network.importing.roster_keys import find_id
from hub.runtime import Hub
from hub.sealing import Sealer
from tests.cli.conftest import SETTINGS, Command
from tests.cli.small_network import write_network
from tests.databases import Kind, create_database, drop_database


def write(hub: Hub, count: int) -> None:
    with hub.unit_of_work() as uow:
        for _ in range(count):
            audit(uow, "sign_in")
    open_worker(hub).drain()


def test_a_trail_as_it_was_is_verified_and_a_changed_row_is_named(hub_command: Command, inside: Hub) -> None:
    write(inside, 3)
    head = hub_command("audit", "head").stdout.strip()
    good = hub_command("audit", "verify", "--head", head)
    assert (good.exit_code, good.stdout.splitlines()[-1]) == (0, f"The chain ends with {head}")
    assert "3 rows in 1 seals are what they were." in good.stdout
    with inside.unit_of_work() as uow:
        if uow.is_sqlite:
            uow.connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        else:
            uow.connection.exec_driver_sql("DROP TRIGGER audit_append_only ON audit")
        second = sa.select(trail.c.position).order_by(trail.c.position).offset(1).limit(1).scalar_subquery()
        uow.connection.execute(sa.update(trail).where(trail.c.position == second).values(reason="x"))
    bad = hub_command("audit", "verify")
    assert bad.exit_code == 1
    assert "The row at position 2 was changed after it was sealed (seal 1)." in bad.stdout
    refused = hub_command("audit", "verify", "--head", "nonsense")
    assert refused.exit_code == 2


def test_the_trail_can_be_written_to_a_file(hub_command: Command, inside: Hub, tmp_path: Path) -> None:
    write(inside, 2)
    file = tmp_path / "trail.jsonl"
    assert hub_command("audit", "export", file).exit_code == 0
    *rows, seal = [json.loads(line) for line in file.read_text().splitlines()]
    assert [row["row"]["action"] for row in rows] == ["sign_in", "sign_in"]
    assert (seal["seal"], len(seal["positions"])) == (1, 2)


def test_the_trail_verifies_after_a_restore_on_the_other_kind_of_database(
    hub_command: Command, inside: Hub, tmp_path: Path, database_kind: Kind
) -> None:
    with inside.unit_of_work() as uow:
        audit(uow, "sign_in", "x", detail={"b": 1.0, "a": [2.5, "ü", None, True], "big": 1e20, "small": 1e-7})
    write(inside, 2)
    head = hub_command("audit", "head").stdout.strip()
    assert hub_command("backup", tmp_path / "hub.backup").exit_code == 0
    url = create_database("sqlite" if database_kind == "postgres" else "postgres")
    other = tmp_path / "other.toml"
    other.write_text(SETTINGS.format(url=url))
    outputs = [
        CliRunner().invoke(main, ["--config", str(other), *arguments], catch_exceptions=False)
        for arguments in (["restore", str(tmp_path / "hub.backup")], ["audit", "verify", "--head", head])
    ]
    drop_database(url)
    assert [result.exit_code for result in outputs] == [0, 0], [result.output for result in outputs]
    assert "3 rows in 1 seals" in outputs[1].stdout


def test_a_partner_admin_is_granted_and_withdrawn(hub_command: Command, inside: Hub, tmp_path: Path) -> None:
    hub_command("network", "import", write_network(tmp_path / "net"))
    with inside.reading() as uow:
        person, partner = _first(inside, "person"), _first(inside, "partner")
        ids = find_id(uow, "person", person), find_id(uow, "partner", partner)
    for words in ("now is", "already is"):
        done = hub_command("grant", person, "partner_admin", "--partner", partner)
        assert f"{words} partner_admin" in done.stdout
    with inside.reading() as uow:
        assert uow.connection.execute(sa.select(partner_admin)).one() == ids
    for words in ("is no partner_admin any more", "was no partner_admin there"):
        assert (
            words in hub_command("grant", person, "partner_admin", "--partner", partner, "--withdraw").stdout
        )
    assert hub_command("grant", person, "partner_admin").exit_code == 2
    assert hub_command("grant", person, "operator", "--withdraw").exit_code == 2


def _first(hub: Hub, kind: str) -> str:
    from hub.network.tables import roster_key

    with hub.reading() as uow:
        named = sa.select(roster_key.c.external_id).where(roster_key.c.kind == kind)
        return str(uow.connection.scalar(named.order_by(roster_key.c.external_id).limit(1)))


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_secrets_are_sealed_anew(hub_command: Command, inside: Hub, settings_file: Path) -> None:
    old = inside.settings.secret_keys[0]
    with inside.unit_of_work() as uow:
        from hub.network.systems.connections import create_connection
        from hub.sso.oidc.providers import add_provider

        id = create_connection(uow, "idp", "oidc", "IdP")
        add_provider(uow, id, "https://idp.example", "client", Sealer([old]).seal("secret"))
    new = "b" * 40
    text = settings_file.read_text().replace(f'secret_key = "{old}"', f'secret_key = "{new}"')
    settings_file.write_text(text)
    assert hub_command("secrets", "rotate", "--dry-run").exit_code == 1
    settings_file.write_text(f'{text}secret_key_fallbacks = ["{old}"]\n')
    assert "1 secrets would be sealed anew" in hub_command("secrets", "rotate", "--dry-run").stdout
    assert "All secrets have the newest key." in hub_command("secrets", "rotate").stdout
    settings_file.write_text(text)
    assert hub_command("secrets", "rotate", "--dry-run").exit_code == 0
