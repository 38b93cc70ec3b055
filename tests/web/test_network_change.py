"""Many at once: chosen, planned line by line, done as planned; partner admins for their own people alone."""

import csv
import html
import io
import re

import pytest

from hub.access.roles import grant_partner_admin
from hub.network.people.appointments import end_appointment
from hub.network.people.person import read_appointments
from hub.network.structure.field import add_node
from tests.web.world import Browser, World


@pytest.fixture
def network(world: World) -> World:
    """Ana and Ben work at Riverside for the dealer, Mila of the maker too; Nils administers the dealer's people."""
    world.person("ben", "Ben", "=Borg")
    world.person("mila", "Mila", "Maker", "maker")
    for who, brand in (("ana", "aurora"), ("ben", "borealis"), ("mila", "aurora")):
        world.ids[f"{who} there"] = world.appoint(who, "technician", "riverside", [brand])
    with world.hub.unit_of_work() as uow:
        grant_partner_admin(uow, world.ids["nils"], world.ids["dealer"])
    return world


def send(browser: Browser, path: str, **form: object) -> tuple[int, str]:
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/network/change").text)
    assert token
    answer = browser.post(path, data={"csrf_token": token[1], **form})
    return answer.status_code, answer.text


def hidden(page: str) -> dict[str, list[str]]:
    """The fields of the form that does what was planned."""
    form = page[page.index("hash") - 200 :]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(html.unescape(value))
    found.pop("csrf_token", None)
    return found


def works(world: World, who: str) -> set[tuple[str, str]]:
    with world.hub.reading() as uow:
        return {(one.position, one.location) for one in read_appointments(uow, world.ids[who])}


@pytest.mark.requirement("B40", "I16")
def test_people_are_moved_as_planned_and_the_wall_holds(network: World) -> None:
    ids, admin = network.ids, network.browser("nils")
    page = admin.get("/network/change").text
    assert "Ana Lopes" in page
    assert "Mila" not in page
    chosen = [ids[f"{who} there"] for who in ("ana", "ben", "mila")]
    said = {"do": "move", "appointment": chosen, "location": "hilltop, hilltop"}
    status, plan = send(admin, "/network/change/plan", **said)
    assert status == 200
    assert "2 people go on at Hilltop" in " ".join(plan.split())
    assert "Mila" not in plan
    with network.hub.unit_of_work() as uow:
        end_appointment(uow, ids["ben there"])
    status, again = send(admin, "/network/change", **hidden(plan))
    assert status == 409
    assert "This is the new plan" in again
    assert works(network, "ana") == {("Service Technician", "Riverside")}
    status, _ = send(admin, "/network/change", **hidden(again))
    assert status == 303
    assert works(network, "ana") == {("Service Technician", "Hilltop")}
    assert works(network, "ben") == set()
    assert works(network, "mila") == {("Service Technician", "Riverside")}
    assert "1 appointment was changed." in admin.get("/network/change").text


def test_what_cannot_be_done_is_said_beside_its_field(network: World) -> None:
    ids, operator = network.ids, network.browser("olga")
    for said, words in (
        ({"do": "end"}, "choose 1 to 500"),
        ({"do": "move", "appointment": ids["ana there"], "location": "nowhere"}, "no such location"),
        ({"do": "add", "appointment": ids["ana there"], "location": "Hilltop"}, "no such position"),
        ({"do": "end", "appointment": ids["ana there"], "day": "soon"}, "not a day"),
    ):
        status, page = send(operator, "/network/change/plan", **said)
        assert (status, words in page) == (400, True), words
    said = {"do": "add", "appointment": ids["ana there"], "location": "Hilltop", "position": ids["seller"]}
    status, plan = send(operator, "/network/change/plan", **said, brand=ids["aurora"])
    assert send(operator, "/network/change", **hidden(plan))[0] == 303
    assert works(network, "ana") == {("Service Technician", "Riverside"), ("Salesperson", "Hilltop")}
    assert "does that already" in send(operator, "/network/change/plan", **said)[1]
    status, plan = send(
        operator, "/network/change/plan", do="end", appointment=ids["mila there"], day="2030-05-01"
    )
    assert send(operator, "/network/change", **hidden(plan))[0] == 303
    assert works(network, "mila")
    assert network.browser("sofia").get("/network/change").status_code == 403
    assert operator.get("/network/change/locations?q=hill").json == ["Hilltop, Hilltop"]


def test_operators_close_locations_and_move_nodes_by_a_plan(network: World) -> None:
    ids, operator = network.ids, network.browser("olga")
    riverside, south = f"/network/do/close/{ids['riverside']}", f"/network/do/move/{ids['south-field']}"
    with network.hub.unit_of_work() as uow:
        above = add_node(uow, "service", "Nation")
    assert "stands under nothing" in operator.get(south).text
    assert "no such node" in send(operator, f"{south}/plan", parent="Coast")[1]
    status, plan = send(operator, f"{south}/plan", parent="nation")
    assert (status, "stands under Nation" in plan) == (200, True)
    assert send(operator, south, **hidden(plan))[0] == 303
    assert "south-field" in operator.get(f"/network/nodes/{above}").text
    brand = f"/network/do/brand/{ids['riverside']}"
    assert "that the location carries" in send(operator, f"{brand}/plan", brand="none")[1]
    status, plan = send(operator, f"{brand}/plan", brand=ids["borealis"])
    assert send(operator, brand, **hidden(plan))[0] == 303
    status, plan = send(operator, f"{riverside}/plan", day="")
    assert re.search(r"<dt>Appointments</dt><dd>3</dd>", plan)
    with network.hub.unit_of_work() as uow:
        end_appointment(uow, ids["ben there"])
    status, plan = send(operator, riverside, **hidden(plan))
    assert (status, "This is the new plan" in plan) == (409, True)
    assert send(operator, riverside, **hidden(plan))[0] == 303
    assert "closed" in operator.get(f"/network/locations/{ids['riverside']}").text
    assert works(network, "ana") == set()
    assert network.browser("nils").get(riverside).status_code == 403
    assert operator.get(f"/network/do/sell/{ids['riverside']}").status_code == 404


@pytest.mark.requirement("B40")
def test_operators_change_many_locations_by_a_plan_and_see_how_far_it_is(network: World) -> None:
    ids, operator, many = network.ids, network.browser("olga"), "/network/many"
    assert "Change all of these" in operator.get("/network/locations").text
    assert "Hilltop" not in operator.get(f"{many}?in={ids['south-field']}").text
    for said, words in (
        ({"do": "sell"}, "choose what is to happen"),
        ({"do": "carry", "brand": ids["aurora"]}, "choose for what"),
        ({"do": "place", "dimension": "sales", "node": "moon"}, "no such node"),
        ({"do": "close", "q": "moon"}, "these are no locations"),
    ):
        status, page = send(operator, f"{many}/plan", **said)
        assert (status, words in page) == (400, True), words
    said = {"do": "place", "dimension": "sales", "node": "coast"}
    status, plan = send(operator, f"{many}/plan", **said)
    assert (status, "<dt>Locations</dt><dd>2</dd>" in plan, "coast" in plan) == (200, True, True)
    with network.hub.unit_of_work() as uow:
        end_appointment(uow, ids["ben there"])
    status, plan = send(operator, many, **hidden(plan))
    assert (status, "This is the new plan" in plan) == (409, True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', plan)
    assert token
    answer = operator.post(many, data={"csrf_token": token[1], **hidden(plan)})
    assert answer.status_code == 303
    waiting = operator.get(answer.location)
    assert ("The hub is at it" in waiting.text, waiting.headers["Refresh"]) == (True, "5")
    network.work()
    assert "<dt>Looked at</dt><dd>2</dd>" in operator.get(answer.location).text
    assert operator.get(f"{many}?in={ids['coast']}").text.count("/network/locations/") == 2
    assert "2 of 2" in operator.get(many).text
    assert "Changed many locations" in operator.get("/admin/audit").text
    assert network.browser("nils").get(many).status_code == 403


@pytest.mark.requirement("B40")
def test_lists_are_taken_away_as_files(network: World) -> None:
    def rows(who: str, name: str) -> list[list[str]]:
        answer = network.browser(who).get(f"/network/{name}.csv")
        assert answer.mimetype == "text/csv"
        return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))

    locations = rows("nils", "locations")
    assert sorted(line[0] for line in locations[1:]) == ["Hilltop", "Riverside"]
    assert locations[1][-1] == "Aurora, Borealis, Caldera"
    people = rows("nils", "people")
    assert {line[1] for line in people[1:]} == {"Lopes", "'=Borg"}
    assert len(rows("olga", "people")) == 4
    assert len(rows("sofia", "people")) == 4
    assert "Took a list of people away" in network.browser("olga").get("/admin/audit").text
