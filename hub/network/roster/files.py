"""The network files as a table: columns, what may stand in them, what each row is known by and refers to.

UTF-8, a header row, commas; dates are YYYY-MM-DD and empty where open; lists are separated by semicolons.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from hub.network.attribute_values import SUBJECTS, TYPES
from hub.network.roster import cells
from hub.network.roster.cells import Check

RowCheck = Callable[[Sequence[str]], tuple[str, str] | None]
"""Takes the cells of a row; says which column is wrong and why, or None."""


@dataclass(frozen=True)
class Column:
    """A column; ``check`` judges what stands in it, only an ``optional`` one may be empty, and only a ``spare`` one absent."""

    name: str
    check: Check
    optional: bool = False
    spare: bool = False

    def judge(self, text: str) -> str | None:
        """What is wrong with a cell, or None."""
        if not text:
            return None if self.optional else "is empty"
        return self.check(text)


@dataclass(frozen=True)
class Reference:
    """A column that names something else: a row of a file, or what an earlier import brought.

    ``within``: a column that the name is unique in. ``owned``: the named row must be in these files, since they give
    it with all its parts.
    """

    column: str
    kind: str
    within: str = ""
    owned: bool = False


@dataclass(frozen=True)
class NetworkFile:
    """One file. ``key``: the columns that tell its things apart; ``once``: those whose rows must not overlap in time.

    What is named in ``once`` may have several rows, each for a time of its own.

    ``main``: the file that must come with it, because the two make up one whole.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    period: tuple[str, str] | None = None
    references: tuple[Reference, ...] = ()
    row_check: RowCheck | None = None
    main: str = ""

    @property
    def table(self) -> str:
        """The file's name without its ending."""
        return self.name.removesuffix(".csv")

    @cached_property
    def period_places(self) -> tuple[int, int] | None:
        """The numbers, from 0, of the columns in which a row's validity begins and ends."""
        names = [column.name for column in self.columns]
        return (names.index(self.period[0]), names.index(self.period[1])) if self.period else None


def _id(name: str, *, optional: bool = False) -> Column:
    return Column(name, cells.external_id, optional)


KINDS = ("make", "sell", "service", "distribute", "supply", "use")
"""What a partner can be to the network."""
LINKS = ("distributor", "supplier")
"""How one partner can be upstream of another."""
VALIDITY = ("valid_from", "valid_to")
_DAYS = (cells.day, cells.last_day)
_VALID = tuple(Column(name, day, optional=True) for name, day in zip(VALIDITY, _DAYS, strict=True))
_DATED = tuple(Column(c.name, c.check, optional=True, spare=True) for c in _VALID)
_DIMENSION = Column("dimension_id", cells.dimension)
_IN_DIMENSION = Reference("dimension_id", "dimension")
_ACCOUNT = re.compile(r"https?://[^|\s]+\|\S.*")
_SUBJECTS = {
    "sub": (re.compile(r".{1,255}"), "at most 255 characters"),
    "lti": (re.compile(r".{1,255}"), "at most 255 characters"),
    "lti1p1": (re.compile(r".{1,255}"), "at most 255 characters"),
    "sub1p1": (re.compile(r".{1,255}"), "at most 255 characters"),
    "nameid": (re.compile(r".{1,256}"), "at most 256 characters"),
    "attribute": (re.compile(r".{1,256}"), "at most 256 characters"),
    "account": (_ACCOUNT, "an account's homePage and name, such as https://lms.example.com|jane"),
    "mbox": (re.compile(r"mailto:[^@\s]+@[^@\s]+"), "an address such as mailto:jane@example.com"),
    "mbox_sha1sum": (re.compile(r"[0-9a-f]{40}"), "40 hexadecimal digits in lower case"),
    "openid": (re.compile(r"https?://\S+"), "a web address"),
}


def _check_link(row: Sequence[str]) -> tuple[str, str] | None:
    return ("downstream_id", "is the upstream partner itself") if row[0] == row[1] else None


def _check_scope(row: Sequence[str]) -> tuple[str, str] | None:
    if sum(map(bool, (row[2], row[3], row[6]))) != 1:
        return "node_id", "exactly one of node_id, location_id and upstream_id must be given"
    if bool(row[6]) != bool(row[7]):
        return "link", f"is one of {', '.join(LINKS)} with an upstream_id, and empty without"
    return None


def _check_managed(row: Sequence[str]) -> tuple[str, str] | None:
    if bool(row[2]) == bool(row[3]):
        return "person_id", "exactly one of person_id and appointment_id must be given"
    return ("person_id", "is the manager") if row[0] == row[2] else None


def _check_choices(row: Sequence[str]) -> tuple[str, str] | None:
    if (row[3] == "choice") != bool(row[4]):
        return "choices", "are given with the type choice, and with no other"
    return None


def _check_subject(row: Sequence[str]) -> tuple[str, str] | None:
    pattern, meaning = _SUBJECTS.get(row[2], (re.compile(""), ""))
    return (
        ("subject", f"for {row[2]} this must be {meaning}")
        if meaning and not pattern.fullmatch(row[3])
        else None
    )


def _check_kinds(row: Sequence[str]) -> tuple[str, str] | None:
    spans = sorted(map(cells.parts_of_dated, row[2].split(";")))
    for (word, _, until), (other, since, _) in pairwise(spans):
        if word == other and (not until or since < until):
            return "kinds", f"{word} holds twice at one time"
    return None


FILES = (
    NetworkFile(
        "dimensions.csv",
        (Column("dimension_id", cells.dimension), Column("name", cells.words)),
        key=("dimension_id",),
    ),
    NetworkFile("brands.csv", (_id("brand_id"), Column("name", cells.words)), key=("brand_id",)),
    NetworkFile(
        "positions.csv",
        (_id("position_id"), Column("title", cells.words), Column("family", cells.short(40))),
        key=("position_id",),
    ),
    NetworkFile(
        "nodes.csv",
        (_DIMENSION, _id("node_id"), Column("name", cells.words), _id("parent_id", optional=True), *_DATED),
        key=("dimension_id", "node_id"),
        # One row for each parent that a node has in the course of time.
        once=("dimension_id", "node_id"),
        period=VALIDITY,
        references=(_IN_DIMENSION, Reference("parent_id", "node", within="dimension_id")),
    ),
    NetworkFile(
        "partners.csv",
        (
            _id("partner_id"),
            Column("name", cells.words),
            Column("kinds", cells.list_of(cells.dated(cells.one_of(*KINDS)))),
        ),
        key=("partner_id",),
        row_check=_check_kinds,
    ),
    NetworkFile(
        "partner_links.csv",
        (
            _id("upstream_id"),
            _id("downstream_id"),
            Column("kind", cells.one_of(*LINKS)),
            *_VALID,
        ),
        once=("upstream_id", "downstream_id", "kind"),
        period=VALIDITY,
        references=(Reference("upstream_id", "partner"), Reference("downstream_id", "partner", owned=True)),
        row_check=_check_link,
        main="partners.csv",
    ),
    NetworkFile(
        "locations.csv",
        (
            _id("location_id"),
            _id("partner_id"),
            Column("name", cells.words),
            Column("city", cells.words),
            Column("country", cells.country),
            Column("time_zone", cells.time_zone),
            Column("opened", cells.day, optional=True),
            Column("closed", cells.last_day, optional=True),
        ),
        key=("location_id",),
        period=("opened", "closed"),
        references=(Reference("partner_id", "partner"),),
    ),
    NetworkFile(
        "location_brands.csv",
        (
            _id("location_id"),
            _id("brand_id"),
            Column("activity", cells.one_of("sell", "service", "parts", "make", "use")),
            *_VALID,
        ),
        once=("location_id", "brand_id", "activity"),
        period=VALIDITY,
        references=(Reference("location_id", "location", owned=True), Reference("brand_id", "brand")),
        main="locations.csv",
    ),
    NetworkFile(
        "location_nodes.csv",
        (_id("location_id"), _DIMENSION, _id("node_id"), *_VALID),
        once=("location_id", "dimension_id"),
        period=VALIDITY,
        references=(
            Reference("location_id", "location", owned=True),
            _IN_DIMENSION,
            Reference("node_id", "node", within="dimension_id"),
        ),
        main="locations.csv",
    ),
    NetworkFile(
        "people.csv",
        (
            _id("person_id"),
            _id("partner_id"),
            Column("given_name", cells.words, optional=True),
            Column("family_name", cells.words),
            Column("email", cells.email, optional=True),
            Column("locale", cells.locale),
        ),
        key=("person_id",),
        references=(Reference("partner_id", "partner"),),
    ),
    NetworkFile(
        "appointments.csv",
        (
            _id("appointment_id"),
            _id("person_id"),
            _id("location_id"),
            _id("position_id"),
            Column("audience_class", cells.one_of("internal", "external")),
            Column("brands", cells.list_of(cells.external_id), optional=True),
            *_VALID,
        ),
        key=("appointment_id",),
        period=VALIDITY,
        references=(
            Reference("person_id", "person", owned=True),
            Reference("location_id", "location"),
            Reference("position_id", "position"),
        ),
        main="people.csv",
    ),
    NetworkFile(
        "representatives.csv",
        (
            _id("person_id"),
            _DIMENSION,
            _id("node_id", optional=True),
            _id("location_id", optional=True),
            *_VALID,
            Column("upstream_id", cells.external_id, optional=True, spare=True),
            Column("link", cells.one_of(*LINKS), optional=True, spare=True),
            Column("service", cells.short(80), optional=True, spare=True),
        ),
        once=("person_id", "dimension_id", "node_id", "location_id", "upstream_id", "link", "service"),
        period=VALIDITY,
        references=(
            Reference("person_id", "person"),
            _IN_DIMENSION,
            Reference("node_id", "node", within="dimension_id"),
            Reference("location_id", "location"),
            Reference("upstream_id", "partner"),
        ),
        row_check=_check_scope,
    ),
    NetworkFile(
        "superiors.csv",
        (_id("position_id"), _id("superior_id"), _DIMENSION, *_VALID),
        once=("position_id", "superior_id", "dimension_id"),
        period=VALIDITY,
        references=(
            Reference("position_id", "position"),
            Reference("superior_id", "position"),
            _IN_DIMENSION,
        ),
    ),
    NetworkFile(
        "managers.csv",
        (
            _id("manager_id"),
            _DIMENSION,
            _id("person_id", optional=True),
            _id("appointment_id", optional=True),
            *_VALID,
        ),
        once=("manager_id", "dimension_id", "person_id", "appointment_id"),
        period=VALIDITY,
        references=(
            Reference("manager_id", "person"),
            _IN_DIMENSION,
            Reference("person_id", "person"),
            Reference("appointment_id", "appointment"),
        ),
        row_check=_check_managed,
    ),
    NetworkFile(
        "attribute_kinds.csv",
        (
            Column("attribute_id", cells.slug),
            Column("title", cells.words),
            Column("subject", cells.one_of(*SUBJECTS)),
            Column("type", cells.one_of(*TYPES)),
            Column("choices", cells.list_of(cells.words), optional=True),
            Column("mandatory_for", cells.list_of(cells.words), optional=True, spare=True),
        ),
        key=("attribute_id",),
        row_check=_check_choices,
    ),
    NetworkFile(
        "attributes.csv",
        (
            Column("subject", cells.one_of(*SUBJECTS)),
            _id("subject_id"),
            Column("attribute_id", cells.slug),
            Column("value", cells.short(200)),
            *_VALID,
        ),
        once=("subject", "subject_id", "attribute_id"),
        period=VALIDITY,
        references=(Reference("attribute_id", "attribute_kind"),),
    ),
    NetworkFile(
        "identities.csv",
        (
            _id("person_id"),
            Column("connection", cells.words),
            Column("form", cells.one_of(*_SUBJECTS)),
            Column("subject", cells.words),
        ),
        references=(Reference("person_id", "person"), Reference("connection", "connection")),
        row_check=_check_subject,
    ),
)
FILE_OF_KIND = {
    "dimension": "dimensions.csv",
    "brand": "brands.csv",
    "position": "positions.csv",
    "node": "nodes.csv",
    "partner": "partners.csv",
    "location": "locations.csv",
    "person": "people.csv",
    "appointment": "appointments.csv",
    "attribute_kind": "attribute_kinds.csv",
}
"""Which file gives things of a kind; the file's key is what they are known by."""
KEYS = {file.name: file.key for file in FILES}
