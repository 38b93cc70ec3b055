"""``hub plugins set-aside`` and ``take-back``."""

from collections.abc import Callable

from click.testing import Result

from hub.journal.aside import list_aside
from hub.runtime import Hub

Command = Callable[..., Result]


def test_a_plugin_is_set_aside_with_a_reason_and_taken_back(hub_command: Command, inside: Hub) -> None:
    done = hub_command("plugins", "set-aside", "webhooks", "--because", "their server is down")
    assert done.exit_code == 0
    assert "`hub plugins take-back webhooks` ends that" in done.output
    with inside.reading() as uow:
        (aside,) = list_aside(uow)
    assert (aside.plugin, aside.hook, aside.reason) == ("webhooks", "", "their server is down")
    assert hub_command("plugins", "take-back", "webhooks").exit_code == 0
    with inside.reading() as uow:
        assert list_aside(uow) == []
    refused = hub_command("plugins", "take-back", "webhooks")
    assert refused.exit_code != 0
    assert "is not set aside" in refused.output


def test_a_name_that_no_plugin_has_is_refused(hub_command: Command, inside: Hub) -> None:
    for dry in ((), ("--dry-run",)):
        refused = hub_command("plugins", "set-aside", "webhoks", *dry)
        assert refused.exit_code != 0
        assert "There is no plugin webhoks." in refused.output
    with inside.reading() as uow:
        assert list_aside(uow) == []


def test_a_process_that_begins_anew_ends_with_the_code_it_was_given(hub_command: Command) -> None:
    done = hub_command("plugins", "set-aside", "webhooks", "--exit-with", "75")
    assert done.exit_code == 75
