"""A hub started without any plugin: everything is stored and waits, and is made up for when plugins are on again."""

import dataclasses
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from hub.api import CreditGranted, hookimpl
from hub.app import open_hub
from hub.clock import SettableClock
from hub.config import Settings, load_settings
from hub.errors import BadInput, Conflict
from hub.journal.tables import outbox
from hub.rebuild.rebuild import rebuilt
from hub.runtime import Hub
from hub.training.tables import credit_ledger
from tests.hooks.conftest import MakeWorld
from tests.world import World


class Hears:
    """Notes each credit it is told of."""

    hub_api = "1.1"

    def __init__(self) -> None:
        self.told: list[str] = []
        self.fails = False

    @hookimpl
    def credit_granted(self, event: CreditGranted) -> None:
        if self.fails:
            raise RuntimeError("not now")
        self.told.append(event.statement_id)


@pytest.fixture
def without_plugins(settings: Settings, clock: SettableClock) -> Iterator[Hub]:
    """The same hub, started with ``HUB_PLUGINS=none`` although a plugin has settings of its own."""
    tables = {"first_90_days": {"path": "welcome"}, "gone": {"color": "blue"}}
    hub = open_hub(settings.model_copy(update={"plugins": [], "plugin": tables}), clock=clock)
    yield hub
    hub.close()


def credits(world: World) -> int:
    with world.hub.reading() as uow:
        return uow.connection.scalar(sa.select(sa.func.count()).select_from(credit_ledger)) or 0


def test_statements_wait_while_no_plugin_is_on_and_are_credited_once_when_they_are(
    world_with: MakeWorld, without_plugins: Hub
) -> None:
    hears = Hears()
    world = world_with(hears=hears)
    world.add_rule("brakes", "brakes", "service", positions=("technician",))
    world.drain()
    bare = dataclasses.replace(world, hub=without_plugins)
    first = bare.send("ann", "brakes")
    bare.drain()
    bare.add_person("eve")  # her account becomes known while nobody recognizes anything
    bare.appoint("eve", "technician", "Riverside", since=world.hub.clock.now())
    second = bare.send("eve", "brakes")
    bare.link("eve")
    bare.drain()
    assert bare.live_goals("ann") == {("brakes", "service"): None}
    assert (credits(world), hears.told) == (0, [])
    again = world_with(hears=hears)
    again.drain()
    again.drain()
    assert again.live_goals("ann") == {("brakes", "service"): first}
    assert again.live_goals("eve") == {("brakes", "service"): second}
    assert (credits(world), sorted(hears.told)) == (2, sorted([first, second]))


def test_what_plugins_were_to_be_told_waits_and_is_not_parked(
    world_with: MakeWorld, without_plugins: Hub, clock: SettableClock
) -> None:
    hears = Hears()
    world = world_with(hears=hears)
    world.add_rule("brakes", "brakes", "service", positions=("technician",))
    statement = world.send("ann", "brakes")
    hears.fails = True
    world.drain()
    hears.fails = False
    bare = dataclasses.replace(world, hub=without_plugins)
    for _ in range(20):
        clock.advance(hours=1)
        bare.drain()
    with world.hub.reading() as uow:
        (waiting,) = uow.connection.execute(sa.select(outbox.c.state, outbox.c.attempts)).all()
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    again = world_with(hears=hears)
    again.drain()
    assert hears.told == [statement]


def test_nothing_is_rebuilt_without_plugins(world_with: MakeWorld, without_plugins: Hub) -> None:
    world_with()
    with (
        without_plugins.reading() as uow,
        pytest.raises(Conflict, match="credited again"),
        rebuilt(without_plugins, uow),
    ):
        pass


@pytest.mark.parametrize("said", ["none", " none ", "[]"])
def test_plugins_are_off_by_a_word_in_the_environment(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_SECRET_KEY", "only-for-tests-0123456789abcdefghij")
    monkeypatch.setenv("HUB_PLUGINS", said)
    assert load_settings().plugins == []


@pytest.mark.parametrize(("said", "plugins"), [('["webhooks"]', ["webhooks"]), ('["none"]', ["none"])])
def test_lists_of_plugins_in_the_environment_are_json(
    said: str, plugins: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_SECRET_KEY", "only-for-tests-0123456789abcdefghij")
    monkeypatch.setenv("HUB_PLUGINS", said)
    assert load_settings().plugins == plugins


def test_any_other_word_for_plugins_is_refused_with_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_SECRET_KEY", "only-for-tests-0123456789abcdefghij")
    monkeypatch.setenv("HUB_PLUGINS", "webhooks")
    with pytest.raises(BadInput) as error:
        load_settings()
    assert [(p.place, "or none" in p.message) for p in error.value.problems] == [("plugins", True)]
