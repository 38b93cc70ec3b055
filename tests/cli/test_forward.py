"""``hub forward``, ``hub export`` and ``hub import`` as an operator types them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.xapi.forward.forwarder import Forwarder
from tests.cli.conftest import Command
from tests.rows import every_row
from tests.xapi.forward.rig import VERB, Receiver, Sender, receiver
from tests.xapi.rig import statement


@pytest.fixture
def away() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def sender(inside: Hub, settings_file: Path, away: Receiver) -> Sender:
    """A hub with a system; its settings let it call the receiver."""
    host = away.url.removeprefix("http://")
    settings_file.write_text(settings_file.read_text() + f'outgoing_allow = ["{host}"]\n')
    with inside.unit_of_work() as uow:
        found = Sender(inside, create_connection(uow, "south", "lms", "LMS South"))
    found.allow(away)
    return found


def add(hub_command: Command, away: Receiver, *more: str) -> str:
    result = hub_command(
        *("forward", "add", "away", "--endpoint", away.endpoint, "--key", "hub"),
        *("--secret", away.store.config.password, *more),
    )
    assert result.exit_code == 0, result.output
    assert away.store.config.password not in result.output
    return str(result.output)


def test_a_store_is_added_tried_listed_paused_and_removed(
    hub_command: Command, sender: Sender, away: Receiver
) -> None:
    ids = sender.learn(3)
    assert "3 fit" in add(hub_command, away, "--from-beginning", "--dry-run")
    assert "no receiving stores yet" in hub_command("forward", "list").output
    add(hub_command, away, "--from-beginning")
    tried = hub_command("forward", "test", "away", "--send")
    assert (tried.exit_code, tried.output.count("works")) == (0, 3)
    assert "away" in hub_command("forward", "list").output
    hub_command("forward", "pause", "away")
    assert "paused" in hub_command("forward", "list").output
    sender.send()
    assert len(away.store.ids) == 1  # the test statement
    hub_command("forward", "resume", "away")
    sender.send()
    assert away.store.ids[1:] == ids
    assert hub_command("forward", "remove", "away", input="n\n").exit_code == 1
    assert "Removed." in hub_command("forward", "remove", "away", "--yes").output
    assert "There is no such store." in hub_command("forward", "list", "away").output


def test_what_fails_is_told_step_by_step(hub_command: Command, sender: Sender, away: Receiver) -> None:
    hub_command(
        "forward", "add", "away", "--endpoint", away.endpoint, "--key", "hub", "--secret", "wrong-one"
    )
    tried = hub_command("forward", "test", "away")
    assert tried.exit_code == 1
    assert "FAILED" in tried.output
    assert "The store does not know these credentials." in tried.output
    away.faults.switch("down")
    assert "The store itself failed." in hub_command("forward", "test", "away").output


def test_every_problem_of_an_input_is_told(hub_command: Command, sender: Sender, away: Receiver) -> None:
    result = hub_command(
        *("forward", "add", "Not A Slug", "--endpoint", "gopher://x", "--key", "k", "--secret", "s"),
        *("--verb", "completed", "--partner", "nobody", "--version", "0.9"),
    )
    assert result.exit_code == 2
    for field in ("slug", "endpoint", "verbs", "partners", "version"):
        assert f"{field}: " in result.stderr


def test_refused_statements_are_listed_and_sent_again(
    hub_command: Command, sender: Sender, away: Receiver
) -> None:
    away.store.refused_verbs.add(VERB + "slept")
    add(hub_command, away)
    ids = sender.learn(2, "slept")
    sender.send()
    listed = hub_command("forward", "parked", "away", "profile").output
    assert all(id in listed for id in ids)
    assert "Nothing is parked" in hub_command("forward", "parked", "away", "moon").output
    assert hub_command("forward", "resend", "away").exit_code == 2
    assert "1 will not be sent" in hub_command("forward", "resend", "away", ids[0], "--dismiss").output
    away.store.refused_verbs.clear()
    assert "1 will be sent again" in hub_command("forward", "resend", "away", "--all").output
    sender.send()
    assert away.store.ids == ids[1:]
    assert hub_command("forward", "resend", "away", "--all").exit_code == 1


@pytest.mark.parametrize("dismiss", [False, True])
def test_sending_again_is_shown_before(
    hub_command: Command, sender: Sender, away: Receiver, dismiss: bool
) -> None:
    away.store.refused_verbs.add(VERB + "slept")
    add(hub_command, away)
    ids = sender.learn(7, "slept")
    sender.send()
    away.store.refused_verbs.clear()
    more = ["--dismiss"] if dismiss else []
    becomes = "not be sent" if dismiss else "be sent again by the worker"
    before = every_row(sender.hub)
    one = hub_command("forward", "resend", "away", ids[0], "--dry-run", *more)
    assert f"1 would {becomes}." in one.stdout
    assert ids[0] in one.stdout
    shown = hub_command("forward", "resend", "away", "--all", "--dry-run", *more)
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith(f"7 would {becomes}.\n")
    assert [id for id in ids if id in shown.stdout] == ids[2:]
    assert "and 2 before them" in shown.stdout
    assert shown.stdout.endswith("This was a dry run: nothing was changed.\n")
    assert every_row(sender.hub) == before
    sender.send()
    assert away.store.ids == []
    hub_command("forward", "pause", "away")
    paused = hub_command("forward", "resend", "away", "--all", "--dry-run", *more).stdout
    assert ("away is paused: they would wait until it is resumed." in paused) is not dismiss
    hub_command("forward", "resume", "away")
    done = hub_command("forward", "resend", "away", "--all", *more)
    assert done.stdout == f"7 will {becomes}.\n"
    sender.send()
    assert away.store.ids == ([] if dismiss else ids)
    for wrong in (["--all"], [ids[0]], ["nonsense"], [], [ids[0], "--all"]):
        again, dry = (
            hub_command("forward", "resend", "away", *wrong, *more, *last) for last in ([], ["--dry-run"])
        )
        assert (dry.exit_code, dry.stdout, dry.stderr) == (again.exit_code, again.stdout, again.stderr)
        assert dry.exit_code
    unknown = hub_command("forward", "resend", "nowhere", "--all", "--dry-run", *more)
    assert "no such receiving store" in unknown.stderr


def test_what_waits_is_counted_before_it_goes_on_or_is_given_up(
    hub_command: Command, sender: Sender, away: Receiver
) -> None:
    away.store.refused_verbs.add(VERB + "slept")
    add(hub_command, away, "--verb", VERB + "slept", "--verb", VERB + "completed")
    refused = sender.learn(2, "slept")
    sender.send()
    hub_command("forward", "pause", "away")
    wanted = sender.learn(3, "completed")
    sender.learn(4, "launched")
    hub_command("forward", "resend", "away", refused[0])
    before = every_row(sender.hub)
    shown = hub_command("forward", "resume", "away", "--dry-run").stdout
    assert shown == (
        "Of the next 7 statements, 3 would be sent.\n1 that it refused would be sent again.\n"
        "\nThis was a dry run: nothing was changed.\n"
    )
    given_up = hub_command("forward", "remove", "away", "--dry-run")
    assert given_up.stdout == (
        "Nothing would be forwarded to away any more.\nOf the next 7 statements it would not get 3.\n"
        "2 that it refused would be forgotten.\n\nThis was a dry run: nothing was changed.\n"
    )
    assert every_row(sender.hub) == before
    sender.send()
    assert away.store.ids == []
    away.store.refused_verbs.clear()
    hub_command("forward", "resume", "away")
    assert "is not paused" in hub_command("forward", "resume", "away", "--dry-run").stdout
    sender.send()
    assert sorted(away.store.ids) == sorted([refused[0], *wanted])
    assert "Of the next 0 statements, 0" in hub_command("forward", "resume", "away", "--dry-run").stdout
    for command in ("resume", "remove"):
        done, dry = (hub_command("forward", command, "nowhere", *more) for more in ([], ["--dry-run"]))
        assert (dry.exit_code, dry.output) == (done.exit_code, done.output)


def test_the_worker_forwards(hub_command: Command, sender: Sender, away: Receiver) -> None:
    from hub.app import open_worker

    add(hub_command, away)
    ids = sender.learn(60)
    worker = open_worker(sender.hub)
    assert any(isinstance(errand, Forwarder) for errand in worker.errands)
    worker.drain()
    assert away.store.ids == ids


def test_statements_are_imported_and_exported(hub_command: Command, sender: Sender, tmp_path: Path) -> None:
    file = tmp_path / "old.ndjson"
    file.write_text("".join(json.dumps(statement(result={"response": str(n)})) + "\n" for n in range(5)))
    dry = hub_command("import", "south", file, "--dry-run")
    assert "This was a dry run: nothing was stored." in dry.output
    assert "Stored 5 statements." in hub_command("import", "south", file).output
    assert "Nothing to store." in hub_command("import", "south", file).output
    out = hub_command("export", tmp_path / "out", "--per-file", "2", "--connection", "south")
    assert "5 statements in 3 new files" in out.output
    assert (
        "0 statements in 0 new files; 5 in all"
        in hub_command("export", tmp_path / "out", "--connection", "south").output
    )
    again = hub_command("import", "south", tmp_path / "out", "--dry-run").stdout.splitlines()
    assert ["0", "5", "0"] in [line.split() for line in again]
    assert hub_command("export", tmp_path / "out", "--forget").exit_code == 1, "it does not follow"
    only = hub_command("export", tmp_path / "none", "--until", "2020-01-01", "--format", "parquet")
    assert "0 statements in 0 new files" in only.output


def test_bad_lines_and_bad_options_are_told_with_their_places(
    hub_command: Command, sender: Sender, tmp_path: Path
) -> None:
    file = tmp_path / "bad.ndjson"
    file.write_text('{"actor": 1}\n')
    result = hub_command("import", "south", file)
    assert result.exit_code == 2
    assert f"{file}:1: verb is missing" in result.stderr
    assert hub_command("import", "nowhere", file).exit_code == 1
    result = hub_command("export", tmp_path / "out", "--verb", "completed", "--partner", "nobody")
    assert result.exit_code == 2
    assert "verbs: " in result.stderr
    assert "partners: " in result.stderr
    assert not (tmp_path / "out").exists()


def test_the_doctor_looks_at_receiving_stores(hub_command: Command, sender: Sender, away: Receiver) -> None:
    def check() -> dict[str, str]:
        found = json.loads(hub_command("doctor", "--json").stdout)["checks"]
        return {"state": ""} | next((c for c in found if c["check"] == "receiving store away"), {})

    assert check()["state"] == ""
    add(hub_command, away)
    assert check()["state"] == "ok"
    away.store.refused_verbs.add(VERB + "slept")
    sender.learn(1, "slept")
    sender.send()
    refused = check()
    assert (refused["state"], refused["found"]) == ("warning", "has refused 1 statements")
    away.faults.switch("down")
    sender.learn()
    sender.send()
    failing = check()
    assert failing["state"] == "problem"
    assert "answered 503" in failing["found"]
    hub_command("forward", "pause", "away")
    assert check()["state"] == "ok"
