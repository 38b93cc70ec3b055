"""The plugin at a hub: asking, deciding, the walls between partners, waiting too long, and what is kept about people."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from distributor_onboarding import Plugin, pages, requests
from werkzeug.test import TestResponse

from hub.clock import SettableClock
from hub.runtime import Hub
from hub.testing.small_hub import Browse, MakeCourse, MakePath, MakePerson, Person

NAME = "distributor_onboarding"
MINE, REQUESTS = f"/plugins/{NAME}/", f"/plugins/{NAME}/requests"
pytestmark = pytest.mark.hub(plugins=[NAME], settings={NAME: {"path": "basics", "wait_days": 7}})


@dataclass
class Depot:
    """Ann is new at the depot, Pia looks after its people; Max looks after those of another company."""

    ann: Person
    pia: Person
    max: Person
    browse: Browse

    def page(self, who: Person, path: str) -> str:
        answer = self.browse(who).get(path)
        assert answer.status_code == 200, answer.text
        return html.unescape(answer.text)

    def ask(self) -> str:
        """Ann asks; the id of the appointment."""
        found = re.search(r'name="appointment_id" value="([^"]+)"', self.page(self.ann, MINE))
        assert found
        assert self.send(self.ann, f"{MINE}ask", MINE, appointment_id=found[1]).status_code == 200
        return found[1]

    def decide(self, who: Person, appointment_id: str, decision: str = "approved") -> TestResponse:
        return self.send(who, f"{REQUESTS}/{appointment_id}", MINE, decision=decision)

    def send(self, who: Person, path: str, page: str, **form: str) -> TestResponse:
        return self.browse(who).send(path, page, **form)

    def targets(self) -> list[str]:
        return [goal.target for goal in self.ann.goals()]


@pytest.fixture
def depot(
    person: MakePerson, course: MakeCourse, learning_path: MakePath, browse: Browse, clock: SettableClock
) -> Depot:
    course("tour")
    learning_path("basics", "tour")
    ann = person("ann", location="Depot", partner="North Imports", since=clock.now())
    pia = person("pia", location="Depot", partner="North Imports", position="boss")
    other = person("max", location="Yard", partner="South Imports", position="boss")
    pia.grant("partner_admin")
    other.grant("partner_admin")
    return Depot(ann, pia, other, browse)


def test_who_is_approved_gets_the_path_and_everybody_reads_who_said_so(depot: Depot) -> None:
    assert "not asked for" in depot.page(depot.ann, MINE)
    about = depot.ask()
    assert depot.targets() == []
    assert "waiting" in depot.page(depot.ann, MINE)
    assert "Ann Tester" in depot.page(depot.pia, REQUESTS)
    done = depot.decide(depot.pia, about)
    assert "The onboarding of Ann Tester is approved." in done.text
    (goal,) = depot.ann.goals()
    assert goal.target == "basics"
    assert "approved by Pia Tester" in depot.page(depot.ann, MINE)
    told = depot.page(depot.pia, REQUESTS)
    assert "Nobody waits." in told
    assert "Pia Tester" in told
    assert "a partner admin approved it on 2026-05-04" in depot.page(depot.ann, "/my-training")


def test_who_is_declined_gets_nothing_and_may_ask_again(depot: Depot) -> None:
    about = depot.ask()
    depot.decide(depot.pia, about, "declined")
    assert depot.targets() == []
    assert "Ask again" in depot.page(depot.ann, MINE)
    depot.ask()
    depot.decide(depot.pia, about)
    assert depot.targets() == ["basics"]


def test_two_who_decide_at_once_decide_once(depot: Depot) -> None:
    about = depot.ask()
    depot.decide(depot.pia, about)
    late = depot.decide(depot.pia, about, "declined")
    assert (late.status_code, "Nobody waits here any more." in late.text) == (409, True)
    assert depot.targets() == ["basics"]


def test_a_manager_proposes_somebody_and_another_may_decide(depot: Depot) -> None:
    page = depot.page(depot.pia, REQUESTS)
    about = re.search(r'<option value="([^"]+)"[^>]*>Ann Tester', page)
    assert about
    depot.send(depot.pia, f"{REQUESTS}/propose", REQUESTS, appointment_id=about[1])
    assert "waiting" in depot.page(depot.ann, MINE)
    depot.decide(depot.pia, about[1])
    assert depot.targets() == ["basics"]


def test_the_wall_between_partners_holds(depot: Depot) -> None:
    about = depot.ask()
    assert "Ann" not in depot.page(depot.max, REQUESTS)
    assert depot.decide(depot.max, about).status_code == 404
    assert depot.send(depot.max, f"{REQUESTS}/propose", REQUESTS, appointment_id=about).status_code == 404
    assert depot.send(depot.max, f"{MINE}ask", MINE, appointment_id=about).status_code == 404
    assert depot.browse(depot.ann).get(REQUESTS).status_code == 403
    assert depot.decide(depot.ann, about).status_code == 403
    assert depot.targets() == []


def test_nobody_decides_about_their_own(depot: Depot) -> None:
    own = re.search(r'name="appointment_id" value="([^"]+)"', depot.page(depot.pia, MINE))
    assert own
    depot.send(depot.pia, f"{MINE}ask", MINE, appointment_id=own[1])
    assert "somebody else decides" in depot.page(depot.pia, REQUESTS)
    assert depot.decide(depot.pia, own[1]).status_code == 403


def test_who_waits_too_long_is_shown(depot: Depot, clock: SettableClock) -> None:
    depot.ask()
    assert "have waited" not in depot.page(depot.pia, REQUESTS)
    clock.advance(days=7)
    page = depot.page(depot.pia, REQUESTS)
    assert "1 person has waited for 7 days or longer." in page
    assert "7 days" in page


def test_a_nonsense_decision_is_refused(depot: Depot) -> None:
    assert depot.decide(depot.pia, depot.ask(), "perhaps").status_code == 400


def links(page: str, name: str) -> list[str]:
    return re.findall(rf'href="([^"]*{name}=[^"]*)"', page)


@pytest.mark.parametrize(("waiting", "name"), [(True, "waiting_after"), (False, "decided_after")])
def test_of_very_many_requests_a_bounded_number_is_looked_through_and_a_link_goes_on(
    depot: Depot, hub: Hub, monkeypatch: pytest.MonkeyPatch, waiting: bool, name: str
) -> None:
    about = depot.ask()
    if not waiting:
        depot.decide(depot.pia, about)
    others = [
        {
            "appointment_id": f"of-others-{n:02}",
            "person_id": f"other-{n}",
            "asked_by": None,
            "asked_at": "2020-01-01T00:00:00+00:00",
            "state": "waiting" if waiting else "approved",
            "decided_at": None if waiting else "2050-01-01T00:00:00+00:00",
        }
        for n in range(7)
    ]
    with plugin_of(hub).storage.writing() as unit:
        unit.connection.execute(sa.insert(requests.TABLE), others)
    monkeypatch.setattr(requests, "CHUNK", 2)
    monkeypatch.setattr(pages, "CHUNKS", 2)
    who = f"requests/{about}" if waiting else "approved</span>"
    first = depot.page(depot.pia, REQUESTS)
    (on,) = links(first, name)
    assert ("None of those" if waiting else "None of the latest") in first
    then = depot.page(depot.pia, on)
    assert (who in first, who in then) == (False, True)
    with plugin_of(hub).storage.writing() as unit:
        unit.connection.execute(sa.delete(requests.TABLE).where(requests.TABLE.c.person_id.like("other-%")))
    assert links(depot.page(depot.pia, REQUESTS), name) == []


def plugin_of(hub: Hub) -> Plugin:
    (found,) = [each.instance for each in hub.hooks.plugins if each.name == NAME]
    assert type(found).__name__ == Plugin.__name__
    plugin: Plugin = found
    return plugin


def test_what_is_kept_is_handed_out_and_erased(depot: Depot, hub: Hub) -> None:
    depot.decide(depot.pia, depot.ask())
    plugin = plugin_of(hub)
    rows: Callable[[Person], list[object]] = lambda who: list(plugin.export_person(who.id))  # noqa: E731
    assert [row["state"] for row in plugin.export_person(depot.ann.id)] == ["approved"]
    assert [row["did"] for row in plugin.export_person(depot.pia.id)] == ["decided"]
    erased = {each.what: each.number for each in plugin.erase_person(depot.pia.id)}
    assert erased == {"requests for onboarding": 0, "requests of others without the person": 1}
    assert (rows(depot.pia), len(rows(depot.ann))) == ([], 1)
    assert sum(each.number for each in plugin.erase_person(depot.ann.id)) == 1
    assert sum(each.number for each in plugin.erase_person(depot.ann.id)) == 0
