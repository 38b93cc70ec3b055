"""The pages about plugins: what they say, and what can be switched and tried again there."""

import html
import re
from dataclasses import replace

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from hub import hookspecs
from hub.access.roles import grant_partner_admin
from hub.api import CreditGranted, PersonalData, PluginSettings, hookimpl
from hub.app import create_app
from hub.audiences.rules.partner_switches import switch_for_partner
from hub.audiences.rules.rule import read_switched, switch_plugin
from hub.errors import OutsideFailed
from hub.hooks import Deprecated, Hooks, Plugin
from hub.ids import new_id
from hub.journal import enqueue
from hub.journal import tables as journal
from hub.journal.aside import list_aside
from hub.journal.outbox import TO_PLUGINS
from hub.network import tables as network
from hub.notify.webhooks.remote import connect_remote_plugin
from hub.plugin_data.remove import TELLINGS
from hub.publish import GATHERED, TELL
from tests.web.world import FirstNinetyDays, World

SECRET = "hunter2-never-to-be-shown"
LIST, PAGE = "/admin/plugins", "/admin/plugins/first_90_days"


class Settings(PluginSettings):
    """``password`` is text, as careless authors write it."""

    address: str = ""
    password: str = ""
    key: SecretStr = SecretStr("")


class Told:
    """Hears of credits, which fails while ``fails``."""

    hub_api = "1.1"
    settings = Settings(address=f"https://ann:{SECRET}@crm.example", password=SECRET, key=SecretStr(SECRET))
    fails = True

    @hookimpl
    def register_settings(self) -> type[PluginSettings]:
        return Settings

    @hookimpl
    def register_personal_data(self) -> list[PersonalData]:
        return [PersonalData("ids of people", "to know a repeat", "the CRM forgets them", "crm.example")]

    @hookimpl
    def credit_granted(self, event: CreditGranted) -> None:
        if self.fails:
            raise OutsideFailed("gone", "crm.example answered 410.", retryable=False)


def page(world: World, path: str, who: str = "olga") -> str:
    answer = world.browser(who).get(path)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def text(page: str) -> str:
    """What a user reads, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def audited(world: World, action: str) -> list[sa.Row[tuple[object, ...]]]:
    with world.hub.reading() as uow:
        return list(uow.connection.execute(sa.select(journal.audit).where(journal.audit.c.action == action)))


@pytest.fixture
def with_told(world: World) -> World:
    """The same with a plugin that is told of credits."""
    plugins = [*world.hub.hooks.plugins, Plugin("crm", "2.1", Told())]
    hub = replace(world.hub, hooks=Hooks(hookspecs, plugins))
    return World(hub, create_app(hub), world.ids)


def test_deliveries_to_plugins_are_called_the_same_everywhere() -> None:
    assert set(TELLINGS) == set(TO_PLUGINS) == {TELL, GATHERED}


def test_the_list_has_all_in_their_order_and_those_that_are_not_on(world: World) -> None:
    found = page(world, LIST)
    assert found.index("standard_completion") < found.index("first_90_days")
    assert "on for no audience" in found
    assert found.index("Not on") < found.index("csv_catalogue")


def test_deprecated_hooks_are_named_with_what_follows_and_when_they_go(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "credit_granted goes away in plugin API 1.2; news_gathered takes its place"
    leaving = replace(hookspecs.credit_granted.hub_contract, deprecated=Deprecated("1.1", "news_gathered"))  # type: ignore[attr-defined]
    monkeypatch.setattr(hookspecs.credit_granted, "hub_contract", leaving)
    with pytest.warns(DeprecationWarning, match="crm implements credit_granted"):
        hooks = Hooks(hookspecs, [*world.hub.hooks.plugins, Plugin("crm", "2.1", Told())])
    hub = replace(world.hub, hooks=hooks)
    old = World(hub, create_app(hub), world.ids)
    for path in (LIST, "/admin/plugins/crm"):
        assert text(page(old, path)).count(said) == 1
        assert "Deprecated" in page(old, path)
    for path in (LIST, PAGE):
        assert "goes away" not in page(world, path)


def test_a_page_says_how_often_hooks_were_called_how_long_they_took_and_what_failed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.appoint("ana", "technician", "riverside", days=10)
    world.browser("olga").send(f"{PAGE}/switch", PAGE, audience="new-technicians", on="1")
    world.complete("ana", "brake-safety", "north")
    monkeypatch.setattr(FirstNinetyDays, "fails", True)
    world.browser("ana").get("/my-training")
    found = text(page(world, PAGE))
    assert re.search(r"plan_panels show, subject 1 1 [\d.]+ [µm]s [\d.]+ [µm]s [\d.]+ [µm]s", found)
    assert re.search(r"decide_assignments ask, subject [1-9]\d* 0 ", found)
    assert "Last error of plan_panels , just now in version 1.0.0 RuntimeError: the panel is broken" in found
    assert "1 failed call" in page(world, LIST)
    assert "The plugin first_90_days has failed 1 time" in page(world, "/admin")
    world.hub.clock.advance(days=2)  # type: ignore[attr-defined]
    later = text(page(world, PAGE))
    assert "plan_panels show, subject 0 0 – – –" in later
    assert "the panel is broken" in later
    assert "has failed" not in page(world, "/admin"), "old failures are history"


def test_a_plugin_that_is_not_on_has_no_page(world: World) -> None:
    for name in ("moodle", "nothing", "%00"):
        assert world.browser("olga").get(f"{LIST}/{name}").status_code in (400, 404)


def test_everybody_else_is_refused(world: World) -> None:
    for path in (LIST, PAGE):
        assert world.browser("sofia").get(path).status_code == 403
    for action in ("switch", "partner", "deliveries", "aside"):
        assert world.browser("sofia").send(f"{PAGE}/{action}", on="0").status_code == 403


def test_a_plugin_is_switched_for_one_audience(world: World) -> None:
    browser = world.browser("olga")
    answer = browser.send(f"{PAGE}/switch", PAGE, audience="new-technicians", on="1")
    assert answer.status_code == 303
    found = text(html.unescape(browser.get(answer.location).text))
    assert "first_90_days is now on for New technicians" in found
    assert "on since 4 May" in found
    world.hub.clock.advance(minutes=1)  # type: ignore[attr-defined]
    browser.send(f"{PAGE}/switch", PAGE, audience="new-technicians", on="0")
    with world.hub.reading() as uow:
        assert [s.during[1] is None for s in read_switched(uow)] == [False]
    assert {row.actor_id for row in audited(world, "plugin_switched")} == {world.ids["olga"]}
    assert "first_90_days on for new-technicians" in page(world, "/admin/activity")


def test_a_plugin_is_switched_off_for_one_partner_at_the_next_request(world: World) -> None:
    world.appoint("ana", "technician", "riverside", days=10)
    browser = world.browser("olga")
    browser.send(f"{PAGE}/switch", PAGE, audience="new-technicians", on="1")
    world.work()
    assert "Welcome to the team" in page(world, "/my-training", "ana")
    with world.hub.reading() as uow:
        riverside = world.ids["riverside"]
        place = sa.select(network.location.c.partner_id).where(network.location.c.id == riverside)
        partner = uow.find(network.partner, id=uow.connection.scalar(place))
    world.hub.clock.advance(minutes=1)  # type: ignore[attr-defined]
    answer = browser.send(f"{PAGE}/partner", PAGE, partner=partner.name, on="0")
    assert answer.status_code == 303, answer.text
    found = text(html.unescape(browser.get(answer.location).text))
    assert f"first_90_days is now off for {partner.name}" in found
    assert f"{partner.name} off since 4 May" in found
    assert "off for 1 partner" in page(world, LIST)
    assert "Welcome to the team" not in page(world, "/my-training", "ana")
    (row,) = audited(world, "plugin_switched_for_partner")
    assert (row.actor_id, row.partner_id) == (world.ids["olga"], partner.id)
    assert "Switched a plugin for a partner" in page(world, "/admin/activity")
    world.hub.clock.advance(minutes=1)  # type: ignore[attr-defined]
    browser.send(f"{PAGE}/partner", PAGE, partner=partner.id, on="1")
    assert "Welcome to the team" in page(world, "/my-training", "ana")


@pytest.mark.parametrize(
    ("partner", "status", "said"),
    [
        ("Nobody & Sons", 400, "There is no partner Nobody & Sons"),
        ("", 400, "Is missing"),
        ("019e0000-0000-7000-8000-000000000001", 400, "There is no such partner"),
    ],
)
def test_a_partner_that_is_not_there_is_said_beside_the_field(
    world: World, partner: str, status: int, said: str
) -> None:
    answer = world.browser("olga").send(f"{PAGE}/partner", PAGE, partner=partner, on="0")
    assert answer.status_code == status
    assert said in html.unescape(answer.text)
    assert "Nothing was switched." in answer.text


def test_what_cannot_be_switched_is_refused(world: World) -> None:
    browser = world.browser("olga")
    for plugin, action, form, status in (
        ("first_90_days", "switch", {"audience": "nobody", "on": "1"}, 404),
        ("no_such_plugin", "switch", {"audience": "new-technicians", "on": "1"}, 400),
        ("first_90_days", "switch", {"audience": "new-technicians", "on": "perhaps"}, 400),
        ("first_90_days", "switch", {"audience": "\0", "on": "1"}, 400),
        ("first_90_days", "partner", {"partner": "x", "on": ""}, 400),
        ("standard_completion", "partner", {"partner": world.ids["dealer"], "on": "0"}, 400),
        ("no_such_plugin", "aside", {"on": "0"}, 404),
    ):
        answer = browser.send(f"{LIST}/{plugin}/{action}", LIST, **form)
        assert answer.status_code == status, (plugin, action, form)


def test_no_page_shows_a_secret_of_the_settings(with_told: World) -> None:
    found = page(with_told, f"{LIST}/crm")
    assert "crm.example" in found
    assert text(found).count("[masked]") == 3
    assert SECRET not in found


def test_a_page_says_what_a_plugin_keeps_about_people(with_told: World) -> None:
    found = text(page(with_told, f"{LIST}/crm"))
    assert "What it keeps about people ids of people to know a repeat" in found
    assert "until the CRM forgets them crm.example" in found
    assert "about people" not in page(with_told, PAGE)


def test_parked_deliveries_of_a_plugin_are_tried_again_one_and_all(with_told: World) -> None:
    world, path = with_told, f"{LIST}/crm"
    with world.hub.unit_of_work() as uow:
        for key in "abc":
            body = {"hook": "credit_granted", "person_id": new_id()}
            enqueue(uow, TELL, "crm", key, body)
            enqueue(uow, TELL, "another", f"{key}2", body)
        uow.connection.execute(sa.update(journal.outbox).values(state="parked", last_error="410"))
        mine = sa.select(journal.outbox.c.id).where(journal.outbox.c.key == "a")
        id = str(uow.connection.scalar(mine))
    assert "3 parked" in page(world, LIST)
    assert text(page(world, path)).count("Credit granted Parked") == 3
    browser = world.browser("olga")
    assert browser.send(f"{path}/deliveries", path, delivery=id).status_code == 303
    assert states(world) == {"a": "waiting", "b": "parked", "c": "parked"}
    assert browser.send(f"{path}/deliveries", path, delivery=id).status_code == 404
    assert browser.send(f"{path}/deliveries", path, delivery="nonsense").status_code == 404
    answer = browser.send(f"{path}/deliveries", path)
    assert "2 deliveries are tried again now." in browser.get(answer.location).text
    assert set(states(world).values()) == {"waiting"}
    assert "Nothing is parked." in page(world, path)
    assert len(audited(world, "delivery_resent")) == 2


def states(world: World) -> dict[str, str]:
    with world.hub.reading() as uow:
        o = journal.outbox.c
        rows = uow.connection.execute(sa.select(o.key, o.state).where(o.receiver == "crm"))
        return {row.key: row.state for row in rows}


def test_a_plugin_is_set_aside_and_taken_back(world: World) -> None:
    world.appoint("ana", "technician", "riverside", days=10)
    browser = world.browser("olga")
    browser.send(f"{PAGE}/switch", PAGE, audience="new-technicians", on="1")
    browser.send(f"{PAGE}/aside", PAGE, on="0")
    with world.hub.reading() as uow:
        assert [each.plugin for each in list_aside(uow)] == ["first_90_days"]
    assert "It is set aside, and nobody calls it." in page(world, PAGE)
    assert "Set aside" in page(world, LIST)
    assert "The plugin first_90_days is set aside" in page(world, "/admin")
    browser.send(f"{PAGE}/aside", PAGE, on="1")
    assert "nobody calls it." not in page(world, PAGE).replace("until somebody", "")
    assert browser.send(f"{PAGE}/aside", PAGE, on="1").status_code == 404


def test_pages_work_on_a_hub_without_plugins(world: World) -> None:
    hub = replace(
        world.hub, hooks=Hooks(hookspecs, []), settings=world.hub.settings.model_copy(update={"plugins": []})
    )
    bare = World(hub, create_app(hub), world.ids)
    found = page(bare, LIST)
    assert "No plugins are on" in found
    assert "No plugin at all is to be on." in found
    assert "No plugins are on" in page(bare, "/admin")
    for path in ("/my-training", "/account"):
        assert bare.browser("ana").get(path).status_code == 200
    for path in ("/admin/audiences", "/admin/statements", "/admin/readers", "/admin/deliveries"):
        assert bare.browser("olga").get(path).status_code == 200


def test_the_admin_of_a_partner_sees_what_is_on_there_and_switches_nothing(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        grant_partner_admin(uow, world.ids["sofia"], world.ids["dealer"])
    mine = "/partner/plugins"
    assert "No plugins take part" in page(world, mine, "sofia")
    browser = world.browser("olga")
    browser.send(f"{PAGE}/switch", PAGE, audience="new-technicians", on="1")
    assert "first_90_days On" in text(page(world, mine, "sofia"))
    browser.send(f"{PAGE}/partner", PAGE, partner=world.ids["dealer"], on="0")
    found = page(world, mine, "sofia")
    assert "first_90_days Off here" in text(found)
    assert "standard_completion" not in found
    assert "/admin/" not in found
    assert world.browser("ana").get(mine).status_code == 403
    other = world.browser("sofia").get(mine, query_string={"partner": new_id()})
    assert other.status_code == 403


def test_a_plugin_that_runs_elsewhere_is_shown_by_its_name(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        grant_partner_admin(uow, world.ids["sofia"], world.ids["dealer"])
        connect_remote_plugin(uow, "academy", "https://academy.example/hub")
    assert "remote:academy on for no audience" in text(page(world, LIST))
    with world.hub.unit_of_work() as uow:
        switch_plugin(uow, "new-technicians", "remote:academy", on=True)
    assert "remote:academy on for 1 audience" in text(page(world, LIST))
    assert "remote:academy On" in text(page(world, "/partner/plugins", "sofia"))
    assert "remote:academy" in page(world, "/admin/audiences/new-technicians")
    for path in ("/admin", "/admin/audiences", PAGE):
        page(world, path)
    with world.hub.unit_of_work() as uow:
        switch_for_partner(uow, world.ids["dealer"], "remote:academy", on=False)
    assert "remote:academy Off here" in text(page(world, "/partner/plugins", "sofia"))
