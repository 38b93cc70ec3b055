"""Retention and erasure at the command line."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.app import open_worker
from hub.journal.tables import statement
from hub.lifecycle.receipts import list_receipts
from hub.network.importing.roster_keys import find_id
from hub.network.systems.connections import create_connection
from hub.network.tables import person_detail
from hub.runtime import Hub
from hub.store.append_only import open_door
from tests.cli.conftest import Command
from tests.cli.small_network import write_network
from tests.rows import every_row
from tests.xapi.rig import Store, open_store
from tests.xapi.rig import statement as told


@pytest.fixture
def store(hub_command: Command, inside: Hub, tmp_path: Path) -> Store:
    """A hub with the small network, whose LMS has sent two statements of an unknown actor."""
    hub_command("network", "import", write_network(tmp_path / "net"))
    with inside.unit_of_work() as uow:
        opened = create_connection(uow, "other", "lms", "Other LMS")
    made = open_store(inside, opened)
    assert made.post([told(), told()]).status_code == 200
    open_worker(inside).drain()
    return made


def count(hub: Hub) -> int:
    with hub.reading() as uow:
        return uow.connection.scalar(sa.select(sa.func.count()).select_from(statement)) or 0


def age(hub: Hub, days: int) -> None:
    """Let the statements be older than they are, which only a test may: their door stays closed to everybody else."""
    with hub.unit_of_work() as uow, open_door(uow.connection, "statement"):
        uow.connection.execute(sa.update(statement).values(stored=uow.now - timedelta(days=days)))


def test_rules_plan_and_apply(hub_command: Command, inside: Hub, store: Store) -> None:
    assert "There are no rules" in hub_command("retention", "rules").stdout
    assert "There are no rules" in hub_command("retention", "plan").stdout
    made = hub_command("retention", "set", "old", "--keep-days", "30", "--connection", "other")
    assert made.stdout.startswith("Made the rule old.")
    assert "from Other LMS" in hub_command("retention", "rules").stdout
    assert "0 statements would go today." in hub_command("retention", "plan").stdout
    age(inside, 40)
    planned = hub_command("retention", "plan")
    assert "2 statements would go today." in planned.stdout
    assert re.search(r"old +Other LMS +2 ", planned.stdout)
    hash = re.search(r"hub retention apply ([0-9a-f]{64})", planned.stdout)
    assert hash
    refused = hub_command("retention", "apply", "0" * 64)
    assert refused.exit_code == 1
    assert hash[1] in refused.stderr
    assert count(inside) == 2
    done = hub_command("retention", "apply", hash[1])
    assert "Deleted 2 statements" in done.stdout
    assert "deleting: 2" in done.stderr
    assert count(inside) == 0
    open_worker(inside).drain()
    assert hub_command("replay", "--verify").exit_code == 0
    changed = hub_command("retention", "set", "old", "--keep-days", "90")
    assert changed.stdout.startswith("Changed the rule old.")
    assert hub_command("retention", "remove", "old").exit_code == 0
    assert hub_command("retention", "remove", "old").exit_code == 1
    assert hub_command("retention", "set", "bad", "--keep-days", "0", "--verb", "x").exit_code == 2


def test_what_a_rule_would_do_is_shown_before_it_is_made_changed_or_taken_away(
    hub_command: Command, inside: Hub, store: Store
) -> None:
    def shown(*arguments: str) -> list[str]:
        """What a dry run says, once it has written nothing."""
        before = every_row(inside)
        done = hub_command("retention", *arguments, "--dry-run")
        assert done.exit_code == 0, done.output
        assert done.stdout.endswith("\nThis was a dry run: nothing was changed.\n")
        assert every_row(inside) == before
        return [line for line in done.stdout.splitlines() if "would" in line]

    def planned() -> list[str]:
        """What goes with the rules as they are."""
        lines = hub_command("retention", "plan").stdout.splitlines()
        return [line for line in lines if "would go today" in line or "There are no rules" in line]

    age(inside, 40)
    other = ("--connection", "other")
    with_it = shown("set", "old", "--keep-days", "30", *other)
    assert with_it == [
        "2 statements would go today.",
        "The rule old would be made: with the rules as they are, 0 statements would go today.",
    ]
    hub_command("retention", "set", "old", "--keep-days", "30", *other)
    assert planned() == with_it[:1]
    longer = shown("set", "old", "--keep-days", "50")
    assert longer == [
        "0 statements would go today.",
        "The rule old would be changed: with the rules as they are, 2 statements would go today.",
    ]
    hub_command("retention", "set", "a", "--keep-days", "35")
    both = hub_command("retention", "set", "b", "--keep-days", "20", "--dry-run").stdout
    assert re.search(r"a +Other LMS +2 ", both)  # the first by name counts them
    assert shown("remove", "a")[0] == "2 statements would go today."
    hub_command("retention", "remove", "a")
    assert planned() == ["2 statements would go today."]
    before = every_row(inside)
    without = hub_command("retention", "remove", "old", "--dry-run").stdout
    assert without.startswith(
        "There are no rules: every statement is kept.\nThe rule old would be taken away:"
    )
    assert every_row(inside) == before
    hub_command("retention", "remove", "old")
    assert planned() == ["There are no rules: every statement is kept."]


def test_a_dry_run_of_a_rule_refuses_what_the_real_one_refuses(hub_command: Command, store: Store) -> None:
    for wrong in (
        ("remove", "nothing"),
        ("set", "bad", "--keep-days", "0", "--verb", "x"),
        ("set", "bad", "--keep-days", "1", "--connection", "nowhere"),
        ("set", "bad", "--keep-days", "1", "--partner", "nobody"),
        ("set", "bad"),
    ):
        done, shown = (hub_command("retention", *wrong, *more) for more in ([], ["--dry-run"]))
        assert (shown.exit_code, shown.stdout, shown.stderr) == (done.exit_code, done.stdout, done.stderr)
        assert shown.exit_code


def test_a_person_is_erased_by_any_name_and_gets_a_receipt(
    hub_command: Command, inside: Hub, store: Store
) -> None:
    with inside.reading() as uow:
        lena = find_id(uow, "person", "P1")
        email = uow.connection.scalar(sa.select(person_detail.c.email).filter_by(person_id=lena))
    for name in ("P1", lena, str(email).upper()):
        dry = hub_command("erase", name, "--dry-run")
        assert dry.exit_code == 0, dry.output
        assert "Lena Ortiz" in dry.stdout
        assert "personal details" in dry.stdout
        assert "This was a dry run" in dry.stdout
    assert hub_command("erase", "P1", input="n\n").exit_code == 1
    done = hub_command("erase", "P1", input="y\n")
    assert done.exit_code == 0, done.output
    receipt = json.loads(done.stdout[done.stdout.index("{") :])
    assert "Ortiz" not in json.dumps(receipt)
    assert receipt["counts"]["personal details"] == 1
    assert receipt["traces_removed_at"]
    with inside.reading() as uow:
        assert [kept.as_json() for kept in list_receipts(uow)] == [receipt]
    open_worker(inside).drain()
    assert hub_command("replay", "--verify").exit_code == 0
    assert hub_command("erase", "P1", "--yes").exit_code == 1
    assert hub_command("erase", "nobody@example.com", "--yes").exit_code == 1


def test_an_actor_the_hub_does_not_know_is_erased_too(
    hub_command: Command, inside: Hub, store: Store
) -> None:
    done = hub_command("erase", "mbox:mailto:ana@example.com", "--yes")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout[done.stdout.index("{") :])["counts"]["statements"] == 2
    assert count(inside) == 0
    assert hub_command("erase", "mbox:ana", "--yes").exit_code == 2
    open_worker(inside).drain()
    assert hub_command("replay", "--verify").exit_code == 0
