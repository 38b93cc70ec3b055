"""The network explorer: everybody finds what they may see, as of any day, and nothing else exists."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from hub.access.roles import grant_partner_admin
from hub.config import Settings
from hub.ids import new_id
from hub.network import tables
from hub.network.importing.roster_keys import name_for_files
from hub.network.importing.waiting_rows import keep_waiting
from hub.network.roster.unknown_people import Waiting
from hub.network.structure.field import add_node, rename_node
from hub.network.structure.locations import end_brand, move_location
from hub.network.structure.partners import link_partners
from hub.network.structure.representatives import look_after
from tests.statements import statements
from tests.web.world import World, course


@pytest.fixture
def network(world: World) -> World:
    """Ana works at Riverside and Hilltop of the dealer and at the maker's plant; Nils administers the dealer's people."""
    world.courses("north", course("brake-safety", "Brake Safety Essentials"))
    world.appoint("ana", "technician", "riverside", ["borealis"])
    world.appoint("ana", "seller", "hilltop", ["aurora"])
    with world.hub.unit_of_work() as uow:
        grant_partner_admin(uow, world.ids["nils"], world.ids["dealer"])
    world.person("mila", "Mila", "Maker", "maker")
    world.appoint("mila", "clerk", "riverside")
    return world


def names(text: str) -> str:
    """What the page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", text[text.index("<main") :]).split())


@pytest.mark.requirement("B21", "B52", "B60", "B61")
def test_everybody_sees_as_far_as_one_rule_says(network: World) -> None:
    riverside, hilltop, ana = (network.ids[name] for name in ("riverside", "hilltop", "ana"))
    operator, manager, admin = (network.browser(who) for who in ("olga", "sofia", "nils"))
    page = names(operator.get("/network").text)
    assert "Harbor Auto Group" in page
    assert "south-field 1 location" in page
    assert "Riverside" in page
    assert "Sofia Keller" in names(operator.get(f"/network/locations/{riverside}").text)
    person = names(operator.get(f"/network/people/{ana}").text)
    assert "Service Technician" in person
    assert "Salesperson" in person
    assert "Sofia Keller" in person
    assert "Marc Dubois" in person
    assert "Brake Safety Essentials" in person
    assert "Understanding Customer Needs" in person

    theirs = names(manager.get(f"/network/people/{ana}").text)
    assert "Brake Safety Essentials" in theirs
    assert "Understanding Customer Needs" not in theirs
    assert "Service Technician" in theirs
    assert "Salesperson" not in theirs
    assert "Marc Dubois" not in theirs
    assert "ana@harbor.example" not in theirs
    assert manager.get(f"/network/locations/{hilltop}").status_code == 404
    assert "Hilltop" not in names(manager.get("/network?q=hill").text)

    assert names(admin.get("/network/locations").text).count("person") == 2
    assert admin.get(f"/network/locations/{hilltop}").status_code == 200
    assert "Mila" not in names(admin.get(f"/network/locations/{riverside}").text)
    assert "Mila Maker" in names(operator.get(f"/network/locations/{riverside}").text)
    for hidden in (
        f"/network/people/{network.ids['mila']}",
        f"/network/partners/{network.ids['maker']}",
        f"/network/people/{network.ids['idp']}",
        "/network/people/nobody",
    ):
        assert admin.get(hidden).status_code == 404
    assert "Mila" not in names(admin.get("/network?q=mila").text)
    assert "Mila Maker" in names(operator.get("/network?q=mila").text)
    assert network.browser("ana").get("/network").status_code == 403
    assert admin.get("/network?as=hub").status_code == 403


@pytest.mark.requirement("B22", "I33")
def test_a_day_shows_what_was_true_then_and_the_history_who_changed_it(network: World) -> None:
    riverside, ids = network.ids["riverside"], network.ids
    with network.hub.unit_of_work() as uow:
        now = uow.now
        rename_node(uow, ids["south-field"], "Deep South", actor_id=ids["olga"])
        below = add_node(uow, "service", "Delta", ids["south-field"], now)
        end_brand(uow, riverside, ids["borealis"], now, actor_id=ids["olga"])
    browser = network.browser("olga")
    before = (now - timedelta(days=30)).date()
    today = names(browser.get(f"/network/locations/{riverside}").text)
    assert "Deep South" in today
    assert "Borealis service" in today
    assert "not at that time" in today
    earlier = names(browser.get(f"/network/locations/{riverside}?on={before}").text)
    assert "not at that time" not in earlier
    assert "as known now" in earlier
    assert "Delta" in names(browser.get(f"/network/nodes/{ids['south-field']}").text)
    assert (
        "Delta"
        not in names(browser.get(f"/network/nodes/{ids['south-field']}?on={before}").text).partition(
            "History"
        )[0]
    )
    assert "not at that time" in names(browser.get(f"/network/nodes/{below}?on={before}").text)
    history = today.partition("History")[2]
    assert "Olga Berg" in history
    assert "Borealis · service 1 January 2020 until 4 May" in history
    own = names(network.browser("nils").get(f"/network/locations/{riverside}").text).partition("History")[2]
    assert "Borealis" in own
    assert "Olga Berg" in own
    assert "History" not in names(network.browser("sofia").get(f"/network/locations/{riverside}").text)
    for bad in ("x", "2026-13-01", "1800-01-01"):
        assert browser.get(f"/network?on={bad}").status_code == 400


def test_long_lists_go_on_in_the_order_of_names(network: World) -> None:
    with network.hub.unit_of_work() as uow:
        for number in range(120):
            place = {
                "city": "Port",
                "country": "US",
                "time_zone": "UTC",
                "valid_from": datetime(2020, 1, 1, tzinfo=UTC),
            }
            uow.insert(
                tables.location,
                id=f"0190a000-0000-7000-8000-{number:012}",
                partner_id=network.ids["dealer"],
                name=f"dock {number % 40:03}",
                **place,
            )
    browser, found, address = network.browser("nils"), [], "/network/locations?q=port"
    while address:
        text = browser.get(address).text
        found += re.findall(r"dock \d+", text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        address = following[1].replace("&amp;", "&") if following else ""
    assert found == sorted(f"dock {number % 40:03}" for number in range(120))
    assert "120" in names(browser.get("/network/locations?q=dock").text)


@pytest.mark.requirement("B40")
def test_rows_that_wait_are_seen_and_let_be_by_whose_they_are(network: World) -> None:
    operator, admin, manager = (network.browser(who) for who in ("olga", "nils", "sofia"))
    assert "Waiting rows" not in names(admin.get("/partner").text)
    place = {"appointment_id": "A9", "person_id": "U9", "location_id": "L1", "position_id": "tech"}
    with network.hub.unit_of_work() as uow:
        name_for_files(uow, "location", "L1", network.ids["riverside"])
        name_for_files(uow, "position", "tech", network.ids["technician"])
        rows = [
            Waiting("appointments.csv", 2, "person_id", "U9", place),
            Waiting("managers.csv", 2, "manager_id", "U8", {"manager_id": "U8", "dimension_id": "service"}),
        ]
        keep_waiting(uow, ["appointments.csv", "managers.csv"], rows)
    assert "Waiting rows 1" in names(admin.get("/partner").text)
    assert "Waiting rows 2" in names(operator.get("/network").text)
    assert "U8 Manager Service" in names(operator.get("/network/waiting").text)
    page = admin.get("/network/waiting").text
    assert "U9 Appointment Service Technician Riverside" in names(page)
    assert "U8" not in page
    assert manager.get("/network/waiting").status_code == 403
    urls = re.findall(r'action="(/network/waiting/[^"]+)"', operator.get("/network/waiting").text)
    mine = re.findall(r'action="(/network/waiting/[^"]+)"', page)
    (other,) = set(urls) - set(mine)
    assert admin.send(other).status_code == 404
    assert manager.send(mine[0]).status_code == 403
    assert admin.send(mine[0]).status_code == 303
    assert "Nothing waits" in admin.get("/network/waiting").text
    assert "Let a waiting row be" in operator.get("/admin/audit").text


def test_what_a_search_finds_is_counted_so_far_and_no_farther(
    network: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.access.explore.locations.MOST_COUNTED", 1)
    operator = network.browser("olga")
    assert "Locations 2" in names(operator.get("/network/locations").text)
    assert "Locations 1+ " in names(operator.get("/network/locations?q=i").text)
    assert "Locations 1 " in names(operator.get("/network/locations?q=hill").text)


@pytest.mark.requirement("B04", "I24")
def test_the_history_names_nobody_behind_the_wall(network: World) -> None:
    ids = network.ids
    wall = ("Borealis Motors", "Deep South", ids["maker"], ids["south-field"])
    with network.hub.unit_of_work() as uow:
        link_partners(uow, ids["maker"], ids["dealer"], "distributor")
        rename_node(uow, ids["south-field"], "Deep South", actor_id=ids["olga"])
        other = add_node(uow, "service", "North", None, uow.now)
        move_location(uow, ids["riverside"], other)
    pages = (f"/network/partners/{ids['dealer']}", f"/network/locations/{ids['riverside']}")
    everything = " ".join(network.browser("olga").get(page).text for page in pages)
    own = [names(network.browser("nils").get(page).text) for page in pages]
    assert all(word in everything for word in wall[:2])
    assert not any(word in page for word in wall for page in own)
    assert "another partner · distributor" in own[0]
    assert "another area" in own[1]


@pytest.mark.requirement("B21")
def test_a_location_shows_its_representatives_of_all_dimensions_to_each_who_sees_it(network: World) -> None:
    """They belong to the place; who else looks after one of its people is told in the own dimension alone (B61)."""
    ids, page = network.ids, f"/network/locations/{network.ids['riverside']}"
    with network.hub.unit_of_work() as uow:
        look_after(uow, ids["marc"], "sales", location_id=ids["riverside"])
    seen = names(network.browser("sofia").get(page).text)
    assert "Marc Dubois" in seen
    assert f"/network/people/{ids['marc']}" not in network.browser("sofia").get(page).text
    assert "Marc Dubois" not in names(network.browser("sofia").get(f"/network/people/{ids['ana']}").text)


@pytest.mark.requirement("B04", "I24")
def test_where_a_list_goes_on_tells_nothing_of_foreign_ids(network: World) -> None:
    browser, plant, place = (
        network.browser("nils"),
        new_id(),
        {"city": "Zed", "country": "US", "time_zone": "UTC"},
    )
    with network.hub.unit_of_work() as uow:
        began = datetime(2020, 1, 1, tzinfo=UTC)
        of_maker = {"partner_id": network.ids["maker"], "name": "Zed", "valid_from": began}
        uow.insert(tables.location, id=plant, **of_maker, **place)
    for address, foreign in (("/network/partners", network.ids["maker"]), ("/network/locations", plant)):
        tried = (foreign, new_id(), "nonsense")
        assert len({names(browser.get(f"{address}?after={id}").text) for id in tried}) == 1


@pytest.mark.requirement("B04")
@pytest.mark.parametrize("who", ["nils", "sofia"])
def test_foreign_ids_are_missing_ids_on_every_page(network: World, who: str) -> None:
    """The plant, its people, its partner and its area lie behind the walls of a partner admin and of a manager elsewhere."""
    ids, browser = network.ids, network.browser(who)
    with network.hub.unit_of_work() as uow:
        ids["far-field"] = add_node(uow, "service", "Far away", None, uow.now)
        plant = {"name": "Plant", "city": "Zed", "country": "US", "time_zone": "UTC"}
        began = datetime(2020, 1, 1, tzinfo=UTC)
        ids["plant"] = new_id()
        uow.insert(tables.location, id=ids["plant"], partner_id=ids["maker"], valid_from=began, **plant)
    network.person("lars", "Lars", "Far", "maker")
    network.appoint("lars", "clerk", "plant")
    browser.get("/network")
    for page, name in (
        ("/network/people/{}", "lars"),
        ("/network/locations/{}", "plant"),
        ("/network/nodes/{}", "far-field"),
        ("/network/locations?node={}", "far-field"),
        ("/network/locations?after={}", "plant"),
        ("/network/partners?after={}", "maker"),
        *(
            (("/network/partners/{}", "maker"), ("/network/locations?partner={}", "maker"))
            if who == "nils"
            else ()
        ),
        *((("/network/change?at={}", "plant"),) if who == "nils" else ()),
    ):
        answers = set()
        for id in (ids[name], new_id()):
            with statements(network.hub) as ran:
                answer = browser.get(page.format(id))
            told = re.sub(r"[A-Z2-7]{8}", "", answer.text.partition("<main")[2].partition("</main")[0])
            answers.add((answer.status_code, told, *ran))
        assert len(answers) == 1, page


class TestStepUp:
    """The settings ask more of operators than of others."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"admin_acr": "urn:mfa"})

    def test_operators_prove_themselves_as_on_their_other_pages(self, network: World) -> None:
        olga = network.browser("olga")
        for address in ("/network", "/network/people.csv", "/network/change"):
            answer = olga.get(address)
            assert answer.status_code in {303, 502}
            assert "Ana" not in answer.text
        assert olga.send("/network/change/plan", "/my-training", do="end").status_code == 403
        assert network.browser("nils").get("/network").status_code == 200
