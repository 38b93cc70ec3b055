"""A world in which every kind of rule, plugin and evidence is at work, so that any one change has consequences."""

from hub.audiences.rules.conditions import Conditions
from tests.journeys.happenings import (
    Appointed,
    Arrived,
    AudienceSet,
    CatalogueRead,
    Drained,
    Happening,
    Linked,
    NodeMoved,
    PathSet,
    PolicySet,
    Relocated,
    RuleSet,
    Switched,
    SwitchedForPartner,
    Voided,
)
from tests.journeys.world import BRANDS, Sent, activity, an_id

TECHNICIANS = Conditions(positions=(an_id("position", "technician"),))
BOREALIS_SERVICE = Conditions(brands=(an_id("brand", "borealis"),), activity="service")
IN_THE_FIELD = Conditions(nodes=(an_id("service", 0),))
NOBODYS = an_id("partner", "of nobody")

BRAKES = Sent(0, 0, "mbox", activity(0, 0), "completed", 0)
BRAKES_AGAIN = Sent(0, 0, "mbox", activity(0, 0), "passed", 3)
SELLING = Sent(1, 0, "mbox", activity(1, 0), "completed", 1, score=0.9)
OF_SOMEBODY = Sent(1, 1, "sub", activity(1, 1), "passed", 2)
ON_ANOTHER_COURSE = Sent(0, 1, "mbox", activity(0, 1), "passed", 2)


def rule(
    key: str, dimension: str, target: tuple[str, str], conditions: Conditions, days: int | None = None
) -> RuleSet:
    """A rule in force since long ago."""
    return RuleSet(key, dimension, "brand", target, conditions, -300, days, 30, None)


BEGINNING: tuple[Happening, ...] = (
    Relocated(
        0,
        (
            ("borealis", "service", -900, None),
            ("borealis", "sell", -900, None),
            ("cetus", "service", -900, None),
        ),
        (("service", 1, -900, None), ("sales", 1, -900, None)),
    ),
    Relocated(1, (("borealis", "sell", -900, None),), (("service", 2, -900, None),)),
    Appointed(0, 0, 0, "technician", "internal", BRANDS, -100, None),
    Appointed(0, 1, 1, "advisor", "external", ("borealis",), -50, 400),
    Appointed(1, 0, 1, "advisor", "internal", ("borealis",), -20, None),
    Linked(0, 0, "mbox"),
    Linked(1, 0, "mbox"),
    Linked(0, 1, "mbox"),
    rule("in-the-field", "service", ("offering", "course-0-0"), IN_THE_FIELD),
    rule("borealis", "sales", ("offering", "course-0-0"), BOREALIS_SERVICE),
    rule("everybody", "general", ("offering", "course-1-1"), Conditions()),
    rule("on-the-way", "sales", ("path", "path-1"), Conditions(audience_class="internal")),
    AudienceSet("technicians", TECHNICIANS),
    Switched("technicians", "first_days", on=True),
    Arrived((BRAKES, SELLING, OF_SOMEBODY, ON_ANOTHER_COURSE)),
    Drained(),
)

USUAL = "completed-or-passed"
CHANGES: dict[str, Happening] = {
    "an appointment moves": Appointed(0, 0, 1, "technician", "internal", BRANDS, -100, None),
    "an appointment ends": Appointed(1, 0, 1, "advisor", "internal", ("borealis",), -20, 10),
    "an appointment changes its class": Appointed(1, 0, 1, "advisor", "external", ("borealis",), -20, None),
    "a location drops a brand": Relocated(
        0, (("cetus", "service", -900, None),), (("service", 1, -900, None),)
    ),
    "a location leaves the field": Relocated(0, (("borealis", "service", -900, None),), ()),
    "a node moves": NodeMoved(1, None),
    "a rule asks others": rule("borealis", "sales", ("offering", "course-0-0"), TECHNICIANS),
    "a rule asks nobody": rule(
        "everybody", "general", ("offering", "course-1-1"), Conditions(partners=(NOBODYS,))
    ),
    "a rule has another target": rule("everybody", "general", ("offering", "course-0-1"), Conditions()),
    "a rule has another dimension": rule("everybody", "sales", ("offering", "course-1-1"), Conditions()),
    "a rule ends": rule("everybody", "general", ("offering", "course-1-1"), Conditions(), days=310),
    "a rule is new": rule("more", "service", ("offering", "course-1-0"), Conditions()),
    "an audience asks others": AudienceSet("technicians", IN_THE_FIELD),
    "an audience asks nobody": AudienceSet("technicians", Conditions(partners=(NOBODYS,))),
    "a plugin goes on": Switched("everybody", "one_brand", on=True),
    "a plugin goes off for a partner": SwitchedForPartner("first_days", on=False),
    "a plugin goes off": Switched("technicians", "first_days", on=False),
    "a course reports another activity": CatalogueRead(0, ((0, 2, USUAL), (1, 1, USUAL))),
    "a course asks for more": CatalogueRead(0, ((0, 1, "passed"), (1, 1, USUAL))),
    "no evidence counts": PolicySet(0, ("experienced",), None),
    "other evidence counts": PolicySet(0, ("passed", "completed"), 0.5),
    "evidence of one course counts": PolicySet(1, ("experienced",), None, ("passed", "completed")),
    "a path has another course": PathSet("path-1", ("course-0-1",)),
    "a path has one more course": PathSet("path-1", ("course-0-0", "course-1-1")),
    "somebody becomes known": Linked(1, 1, "sub"),
    "a statement arrives": Arrived((Sent(1, 0, "mbox", activity(1, 1), "passed", 4),)),
    "earlier evidence arrives": Arrived((Sent(0, 0, "mbox", activity(0, 0), "passed", -2),)),
    "the evidence is voided": Voided(BRAKES, 0),
    "evidence is voided before its actor is known": Voided(OF_SOMEBODY, 1),
}
"""Each on its own changes goals, sources, credits or completions; but for the last, which shows only later."""
