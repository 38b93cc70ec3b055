"""``hub plugins``: what an operator reads of plugins, and switches."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Audience, set_audience
from hub.hooks import Timing
from hub.hooks.timing import BUCKET_SECONDS
from hub.ids import new_id
from hub.journal.outbox import PARKED, enqueue
from hub.journal.tables import outbox
from hub.journal.timings import save_timings
from hub.network import tables as network
from hub.notify.webhooks.remote import connect_remote_plugin
from hub.runtime import Hub
from tests.cli.conftest import Command

SECRET = "hunter2-never-to-be-printed"
PLUGINS = f"""\
plugins = ["standard_completion", "first_90_days", "webhooks"]

[plugin.first_90_days]
path = "welcome"

[plugin.webhooks]
urls = ["https://user:{SECRET}@hooks.example/a"]
secret = "{SECRET}"
"""


@pytest.fixture(autouse=True)
def _configured(settings_file: Path) -> None:
    """The settings of a hub with a plugin that is switched, and one with a secret."""
    lines = settings_file.read_text().splitlines()
    settings_file.write_text("\n".join([*lines[:-1], PLUGINS]))


def measured(hub: Hub, plugin: str, hook: str, seconds: float, calls: int, error: str = "") -> None:
    timing = Timing(calls, int(bool(error)), seconds * calls, seconds, error)
    timing.buckets[next(n for n, bound in enumerate(BUCKET_SECONDS) if seconds <= bound)] = calls
    with hub.unit_of_work() as uow:
        save_timings(uow, {(plugin, hook): timing})


def configured(hub: Hub) -> str:
    """An audience for which first_90_days is on, and a partner; its id."""
    with hub.unit_of_work() as uow:
        set_audience(uow, Audience("technicians", "Technicians", Conditions()))
        id = new_id()
        uow.insert(network.partner, id=id, name="Lakeside Motors")
        uow.insert(network.roster_key, kind="partner", external_id="L-1", id=id, content_hash="")
    return id


def test_the_list_says_how_each_plugin_does_within_100_columns(hub_command: Command, inside: Hub) -> None:
    configured(inside)
    measured(inside, "standard_completion", "recognize_completion", 0.0004, 12345)
    measured(inside, "webhooks", "credit_granted", 2.0, 3, "OutsideFailed: hooks.example answered 503")
    with inside.unit_of_work() as uow:
        enqueue(uow, "tell", "webhooks", "a", {"hook": "credit_granted"})
        enqueue(uow, "tell", "webhooks", "b", {"hook": "credit_granted"})
        uow.connection.execute(sa.update(outbox).where(outbox.c.key == "a").values(state=PARKED))
    shown = hub_command("plugins")
    assert shown.exit_code == 0, shown.output
    lines = shown.stdout.splitlines()
    assert max(map(len, lines)) <= 100
    assert [line.split(" (")[0].split()[:2] for line in lines if line[:2] in ("1.", "2.", "3.")] == [
        ["1.", "standard_completion"],
        ["2.", "first_90_days"],
        ["3.", "webhooks"],
    ]
    (recognizes,) = [line.split() for line in lines if "recognize_completion" in line]
    assert recognizes[1:5] == ["ask,", "source", "12,345", "0"]
    assert recognizes[6] == "µs"
    told = next(line.split() for line in lines if "credit_granted " in line)
    assert told[1:5] == ["tell,", "hub", "3", "1"]
    assert told[-2:] == ["2", "s"]
    assert "   on for: no audience" in lines
    assert "   deliveries: 1 waiting, 1 parked" in lines
    assert "Not on: " in shown.stdout
    assert "csv_roster" in shown.stdout


def test_no_secret_is_ever_printed(hub_command: Command) -> None:
    for command in (["plugins"], ["plugins", "--json"], ["plugins", "show", "webhooks"]):
        shown = hub_command(*command)
        assert shown.exit_code == 0, shown.output
        assert "hooks.example" in shown.output
        assert "[masked]" in shown.output
        assert SECRET not in shown.output


def test_one_is_shown_in_full(hub_command: Command, inside: Hub) -> None:
    configured(inside)
    measured(inside, "first_90_days", "plan_panels", 0.02, 4, "RuntimeError: no panel today")
    hub_command("plugins", "switch", "technicians", "first_90_days", "on")
    hub_command("plugins", "switch", "--partner", "L-1", "first_90_days", "off")
    shown = hub_command("plugins", "show", "first_90_days")
    assert shown.exit_code == 0, shown.output
    assert max(map(len, shown.stdout.splitlines())) <= 100
    for words in (
        "on for: technicians; off for 1 partner",
        "Lakeside Motors",
        "RuntimeError: no panel today",
        "path = welcome",
        "in version",
    ):
        assert words in shown.stdout
    unknown = hub_command("plugins", "show", "moodle")
    assert unknown.exit_code == 1
    assert "No plugin moodle is on." in unknown.stderr


def test_programs_get_the_same_as_json(hub_command: Command, inside: Hub) -> None:
    id = configured(inside)
    hub_command("plugins", "switch", "--partner", "Lakeside Motors", "first_90_days", "off")
    measured(inside, "first_90_days", "plan_panels", 0.02, 4)
    found = json.loads(hub_command("plugins", "--json").stdout)
    plugin = next(each for each in found["plugins"] if each["name"] == "first_90_days")
    assert (plugin["place"], plugin["built_in"], plugin["is_switched"]) == (2, False, True)
    assert [each["id"] for each in plugin["partners_off"]] == [id]
    panels = next(hook for hook in plugin["hooks"] if hook["name"] == "plan_panels")
    assert (panels["shape"], panels["scope"], panels["last_24_hours"]["calls"]) == ("show", "subject", 4)
    assert panels["last_24_hours"]["median"] == pytest.approx(0.02, rel=0.4)
    assert plugin["migrations"] is None
    assert {each["name"] for each in found["not_on"]} >= {"csv_catalogue", "moodle"}
    one = json.loads(hub_command("plugins", "show", "first_90_days", "--json").stdout)
    assert one == plugin


def test_a_plugin_is_switched_for_an_audience_and_for_a_partner(hub_command: Command, inside: Hub) -> None:
    configured(inside)
    for words, said in (
        (["technicians", "first_90_days", "on"], "first_90_days is now on for technicians."),
        (["technicians", "first_90_days", "on"], "first_90_days already is on for technicians."),
        (["--partner", "L-1", "first_90_days", "off"], "first_90_days is now off for L-1."),
        (["--partner", "L-1", "first_90_days", "off"], "first_90_days already is off for L-1."),
        (["--partner", "L-1", "first_90_days", "on"], "first_90_days is now on for L-1."),
    ):
        done = hub_command("plugins", "switch", *words)
        assert done.exit_code == 0, done.output
        assert said in done.stdout


def test_a_plugin_that_runs_elsewhere_is_listed_and_switched(hub_command: Command, inside: Hub) -> None:
    configured(inside)
    with inside.unit_of_work() as uow:
        connect_remote_plugin(uow, "academy", "https://academy.example/hub")
    for words in (["technicians", "remote:academy", "on"], ["--partner", "L-1", "remote:academy", "off"]):
        tried = hub_command("plugins", "switch", *words, "--dry-run")
        assert tried.exit_code == 0, tried.output
        done = hub_command("plugins", "switch", *words)
        assert "remote:academy is now" in done.stdout, done.output
    shown = hub_command("plugins").stdout
    assert "remote:academy" in shown.partition("Asked elsewhere")[2]
    assert "on for 1 audience" in shown
    remote = [{"name": "remote:academy", "audiences": ["technicians"]}]
    assert json.loads(hub_command("plugins", "--json").stdout)["remote"] == remote


def test_a_plugin_that_is_off_the_list_can_still_be_switched_off(
    hub_command: Command, inside: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(inside)
    assert hub_command("plugins", "switch", "technicians", "first_90_days", "on").exit_code == 0
    monkeypatch.setenv("HUB_PLUGINS", "none")
    tried = hub_command("plugins", "switch", "technicians", "first_90_days", "off", "--dry-run")
    assert tried.exit_code == 0, tried.output
    off = hub_command("plugins", "switch", "technicians", "first_90_days", "off")
    assert "is now off" in off.stdout
    refused = hub_command("plugins", "switch", "technicians", "first_90_days", "on", "--dry-run")
    assert "No plugin first_90_days that can be switched" in refused.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["first_90_days", "on"], "Say AUDIENCE PLUGIN on|off"),
        (["technicians", "first_90_days", "perhaps"], "Say AUDIENCE PLUGIN on|off"),
        (["--partner", "L-1", "technicians", "first_90_days", "off"], "Say AUDIENCE PLUGIN on|off"),
        (["--partner", "L-9", "first_90_days", "off"], "no partner"),
        (["--partner", "L-1", "webhooks", "off"], "No plugin webhooks that can be switched per partner"),
    ],
)
def test_what_cannot_be_switched_is_said(
    hub_command: Command, inside: Hub, words: list[str], said: str
) -> None:
    configured(inside)
    refused = hub_command("plugins", "switch", *words)
    assert refused.exit_code != 0
    assert said in refused.stderr


def test_a_hub_without_plugins_says_so_and_what_could_be_on(
    hub_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_PLUGINS", "none")
    shown = hub_command("plugins")
    assert shown.exit_code == 0, shown.output
    assert "No plugin is on: what arrives is stored and waits" in shown.stdout
    assert "standard_completion" in shown.stdout
    assert "no plugin at all is to be on" in shown.stdout
    assert json.loads(hub_command("plugins", "--json").stdout)["plugins"] == []
