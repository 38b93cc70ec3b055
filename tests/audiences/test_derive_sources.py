"""Goals from facts alone: when something is asked, until when, and by when."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from hub.audiences.assigning.derive_sources import RuleIndex, derive_goals, due_of_rule
from hub.audiences.profiles.profile import WORKFLOW
from hub.audiences.rules.conditions import AppointmentFacts, CarriedBrand, Conditions
from hub.audiences.rules.rule import Audience, Rule, SwitchedPlugin
from hub.network.validity.intervals import Interval
from hub.training.goals.decisions import Decision
from hub.training.goals.due_policy import DuePolicy


def on(day: int, month: int = 6) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


@dataclass
class Given:
    """What a workflow gave for an audience, to people of one brand."""

    audience: str
    valid_from: datetime
    valid_to: datetime | None = None
    due_at: datetime | None = None
    plugin: str = WORKFLOW + "hello"
    plugin_version: str = "1"
    appointment_id: str = "a"
    target_kind: str = "offering"
    target_id: str = "brakes"
    kind: str = "brand"
    dimension: str = "service"
    reason: str = "you are new"
    verdict: str = "assign"
    id: str = "o"


def switched(audience: str, brand: str) -> SwitchedPlugin:
    return SwitchedPlugin(
        Audience(audience, audience, Conditions(brands=(brand,))), WORKFLOW + "hello", (on(1, 1), None)
    )


def at_riverside(*brands: tuple[str, Interval]) -> AppointmentFacts:
    carried = tuple(CarriedBrand(brand, "service", during) for brand, during in brands)
    return AppointmentFacts("a", "p", "technician", "l", "r", "external", (on(1), None), carried)


@pytest.mark.requirement("I8", "B34")
def test_what_a_workflow_gives_for_two_audiences_is_asked_until_the_last_of_them_ends() -> None:
    facts = at_riverside(("A", (on(1), None)), ("B", (on(1), on(10))))
    both = [Given("all", on(2), due_at=on(30)), Given("few", on(2), due_at=on(20))]
    audiences = [switched("all", "A"), switched("few", "B")]
    for opinions in (both, both[::-1]):
        (source,), _ = derive_goals([facts], RuleIndex([]), audiences, opinions)
        assert (source.valid_from, source.valid_to, source.due_at) == (on(2), None, on(20))
    # Also where a waiver lets two begin at one instant.
    later = [Given("all", on(3)), Given("few", on(2))]
    goal = ("offering", "brakes", "brand", "service")
    waived = Decision("w", "p", "waive", *goal, actor_id=None, valid_from=on(1), valid_to=on(5))
    (source,), left = derive_goals([facts], RuleIndex([]), audiences, later, [waived])
    assert (source.valid_from, source.valid_to) == (on(5), None)
    assert sorted((each.source.valid_from, each.source.valid_to) for each in left) == [
        (on(2), on(5)),
        (on(3), on(5)),
    ]


def test_the_anniversary_is_that_of_the_appointment_where_its_location_opened_later() -> None:
    hired, opened = datetime(2025, 3, 10, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)
    facts = AppointmentFacts("a", "p", "technician", "l", "r", "external", (opened, None), since=hired)
    due = DuePolicy("anniversary", "start")
    rule = Rule("r", "R", "service", "brand", "offering", "brakes", Conditions(), opened, due=due)
    assert due_of_rule(rule, opened, facts) == datetime(2026, 3, 11, tzinfo=UTC)
