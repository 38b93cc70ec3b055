"""The story's part of the network: one dealer group, its people, and two field managers who look after them."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.testing.network.files import COLUMNS, append_rows

PASSWORD = "welcome"
LOCAL_PASSWORD = "a fresh start at work"
"""Of the account that the hub itself keeps: it takes longer ones only."""
GROUP = "RIV"
GROUP_NAME = "Riverside Auto Group"
LAKESIDE, LAKESIDE_NAME = "LAK", "Lakeside Motors"
"""Whose people sign in by SAML."""
COVE, COVE_NAME = "COV", "Cove Cars"
"""A partner without a sign-in of its own."""
NEW_FOR_DAYS = 90
TIME_ZONE = "America/Phoenix"
"""Where the group is. The clocks there never change, so that every day has 24 hours."""


@dataclass(frozen=True)
class DemoPerson:
    """Somebody of the story. ``subject`` is the name at the own identity provider, ``south_id`` the one in LMS South.

    ``west_id`` is the one in LMS West.
    """

    id: str
    given_name: str
    family_name: str
    email: str
    subject: str
    role: str
    south_id: str = ""
    west_id: str = ""

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}"


LENA = DemoPerson(
    "RIV-lena",
    "Lena",
    "Moreno",
    "lena.moreno@riverside.example",
    "riv-1001",
    "learner with two roles",
    "s-1042",
    "w-7",
)
NADIA = DemoPerson(
    "RIV-nadia",
    "Nadia",
    "Brandt",
    "nadia.brandt@riverside.example",
    "riv-1002",
    "hired 23 days ago",
    "s-1043",
    "w-8",
)
OLU = DemoPerson(
    "RIV-olu",
    "Olu",
    "Adeyemi",
    "olu.adeyemi@riverside.example",
    "riv-1003",
    "today is day 91",
    "s-1044",
    "w-9",
)
SARA = DemoPerson("RIV-sara", "Sara", "Okafor", "sara.okafor@orvantis.example", "orv-77", "service manager")
SAM = DemoPerson("RIV-sam", "Sam", "Lindqvist", "sam.lindqvist@orvantis.example", "orv-78", "sales manager")
OMAR = DemoPerson(
    "RIV-omar", "Omar", "Haddad", "omar.haddad@orvantis.example", "orv-1", "operator of the hub"
)

MIKA = DemoPerson(
    "LAK-mika", "Mika", "Lund", "mika.lund@lakeside.example", "lak-31", "learner, signs in by SAML"
)
TOMAS = DemoPerson(
    "COV-tomas", "Tomas", "Ek", "tomas.ek@cove.example", "", "partner admin with an account of the hub"
)

LEARNERS = (LENA, NADIA, OLU)
FIELD = (SARA, SAM, OMAR)
OTHERS = {MIKA: LAKESIDE, TOMAS: COVE}
"""People of other partners, with their employers."""
PEOPLE = (*LEARNERS, *FIELD, *OTHERS)
MANUFACTURER = "P00001"
WEST_TEACHER = "w-1"
"""Who looks after the course in LMS West; the hub knows nobody of that name."""


@dataclass(frozen=True)
class Story:
    """What the rest of the demo needs to know of the generated network. ``brands`` are the group's three, A, B and C."""

    brands: tuple[str, str, str]
    learner_since: date
    today: date


def date_of_story(now: datetime) -> date:
    """Which day it is where the story plays: people are new there until their own midnight."""
    return now.astimezone(ZoneInfo(TIME_ZONE)).date()


def write_story(out: Path, today: date) -> Story:
    """Add the story's rows to the generated network files in ``out``; dates count from ``today``."""
    brand_ids = [row["brand_id"] for row in _read(out, "brands.csv")[:3]]
    brands = (brand_ids[0], brand_ids[1], brand_ids[2])
    roots = {row["dimension_id"]: row["node_id"] for row in _read(out, "nodes.csv") if not row["parent_id"]}
    office = next(
        row["location_id"] for row in _read(out, "locations.csv") if row["partner_id"] == MANUFACTURER
    )
    story = Story(brands, _third_of_may(today), today)
    for file, rows in (
        (
            "partners.csv",
            [
                _partner_row(*one)
                for one in ((GROUP, GROUP_NAME), (LAKESIDE, LAKESIDE_NAME), (COVE, COVE_NAME))
            ],
        ),
        ("nodes.csv", _nodes(roots)),
        ("locations.csv", _locations()),
        ("location_brands.csv", _location_brands(brands)),
        ("location_nodes.csv", _location_nodes(roots)),
        ("people.csv", [_person_row(p) for p in PEOPLE]),
        ("appointments.csv", _appointments(story, today, office)),
        ("representatives.csv", [_looks_after(SARA, "service"), _looks_after(SAM, "sales")]),
    ):
        empty = dict.fromkeys(COLUMNS[file], "")
        append_rows(out, file, [{**empty, **row} for row in rows])
    return story


def write_identities(out: Path, south_url: str) -> None:
    """Write the roster's identities into ``out``: how the identity providers, LMS South and LMS West call people."""
    rows = [
        {"person_id": p.id, "connection": "riverside-idp", "form": "sub", "subject": p.subject}
        for p in LEARNERS
    ]
    rows += [
        {"person_id": p.id, "connection": "orvantis-idp", "form": "sub", "subject": p.subject} for p in FIELD
    ]
    rows += [
        {
            "person_id": p.id,
            "connection": "lms-south",
            "form": "account",
            "subject": f"{south_url}|{p.south_id}",
        }
        for p in LEARNERS
        if p is not OLU  # nobody told the hub about Olu's account in LMS South: his statements wait
    ]
    rows += [{"person_id": MIKA.id, "connection": "lakeside-idp", "form": "nameid", "subject": MIKA.subject}]
    rows += [
        {"person_id": p.id, "connection": "lms-west", "form": "lti", "subject": p.west_id} for p in LEARNERS
    ]
    with (out / "identities.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["person_id", "connection", "form", "subject"])
        writer.writeheader()
        writer.writerows(rows)


def _third_of_may(today: date) -> date:
    this_year = date(today.year, 5, 3)
    return this_year if this_year <= today else date(today.year - 1, 5, 3)


def _nodes(roots: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"dimension_id": d, "node_id": f"RIV-{d}", "name": f"Riverside {d} area", "parent_id": root}
        for d, root in roots.items()
    ]


def _partner_row(id: str, name: str) -> dict[str, str]:
    return {"partner_id": id, "name": name, "kinds": "sell;service"}


def _locations() -> list[dict[str, str]]:
    places = (
        ("RIV-1", GROUP, "Riverside Motors"),
        ("RIV-2", GROUP, "Hillside Cars"),
        ("RIV-3", GROUP, "Lakeview Autohaus"),
        ("LAK-1", LAKESIDE, LAKESIDE_NAME),
        ("COV-1", COVE, COVE_NAME),
    )
    return [
        {
            "location_id": id,
            "partner_id": partner,
            "name": name,
            "city": "Riverside",
            "country": "US",
            "time_zone": TIME_ZONE,
            "opened": "2015-03-01",
        }
        for id, partner, name in places
    ]


def _location_brands(brands: tuple[str, str, str]) -> list[dict[str, str]]:
    a, b, c = brands
    carried = {
        "RIV-1": {a: ["sell"], b: ["sell", "service", "parts"]},
        "RIV-2": {a: ["sell", "service"], c: ["sell"]},
        "RIV-3": {b: ["service"], c: ["sell", "service"]},
        "LAK-1": {a: ["sell"]},
        "COV-1": {a: ["sell"]},
    }
    return [
        {"location_id": location, "brand_id": brand, "activity": activity, "valid_from": "2015-03-01"}
        for location, by_brand in carried.items()
        for brand, activities in by_brand.items()
        for activity in activities
    ]


def _location_nodes(roots: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"location_id": f"RIV-{n}", "dimension_id": d, "node_id": f"RIV-{d}", "valid_from": "2015-03-01"}
        for n in (1, 2, 3)
        for d in roots
    ]


def _person_row(person: DemoPerson) -> dict[str, str]:
    return {
        "person_id": person.id,
        "partner_id": OTHERS.get(person, GROUP if person in LEARNERS else MANUFACTURER),
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "locale": "en-US",
    }


def _appointments(story: Story, today: date, office: str) -> Sequence[dict[str, str]]:
    a, b, _ = story.brands
    day = timedelta(days=1)
    technician, salesperson = "service-technician", "salesperson"
    wanted = [
        (LENA, "RIV-1", technician, b, story.learner_since),
        (LENA, "RIV-2", salesperson, a, date(2024, 2, 1)),
        (NADIA, "RIV-3", technician, b, today - 22 * day),
        (OLU, "RIV-3", technician, b, today - NEW_FOR_DAYS * day),
        (SARA, office, "field-service-manager", "", date(2019, 1, 7)),
        (SAM, office, "field-sales-manager", "", date(2020, 9, 1)),
        (OMAR, office, "program-administrator", "", date(2021, 4, 1)),
        (MIKA, "LAK-1", salesperson, a, date(2023, 5, 1)),
        (TOMAS, "COV-1", salesperson, a, date(2022, 8, 1)),
    ]
    return [
        {
            "appointment_id": f"RIV-A{number}",
            "person_id": person.id,
            "location_id": location,
            "position_id": position,
            "audience_class": "internal" if person in FIELD else "external",
            "brands": brands,
            "valid_from": since.isoformat(),
        }
        for number, (person, location, position, brands, since) in enumerate(wanted, start=1)
    ]


def _looks_after(person: DemoPerson, dimension: str) -> dict[str, str]:
    return {
        "person_id": person.id,
        "dimension_id": dimension,
        "node_id": f"RIV-{dimension}",
        "valid_from": "2023-01-01",
    }


def _read(out: Path, file: str) -> list[dict[str, str]]:
    with (out / file).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))
