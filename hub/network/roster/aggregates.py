"""The kinds of things an import brings, in the order in which they can be applied: what is referred to comes first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from hub.network.attribute_values import SUBJECTS
from hub.network.roster import attributes, companies, people
from hub.network.roster.checks_of_nodes import read_nodes
from hub.network.roster.names import external_ids
from hub.network.roster.said import Build
from hub.network.roster.staging import ROWS, Staging, known

PAGE = 2_000


@dataclass(frozen=True)
class Aggregate:
    """A kind of thing: the change it makes, the file it comes from, how to list and how to put together its things."""

    kind: str
    change: str
    file: str
    list_pages: Callable[[Staging], Iterator[list[str]]]
    say: Build


def _own_rows(kind: str) -> Callable[[Staging], Iterator[list[str]]]:
    """Everything its own file has a row for."""

    def list_pages(staging: Staging) -> Iterator[list[str]]:
        return _pages(staging, sa.select(external_ids(kind).label("name")))

    return list_pages


def _rows_about(file: str, column: str) -> Callable[[Staging], Iterator[list[str]]]:
    """Everything a file says something about."""

    def list_pages(staging: Staging) -> Iterator[list[str]]:
        staging.add_index(ROWS[file], column)
        return _pages(staging, sa.select(ROWS[file].c[column].label("name")).distinct())

    return list_pages


def _rows_about_or_once(
    file: str, column: str, kind: str, owner: str
) -> Callable[[Staging], Iterator[list[str]]]:
    """Everything a file says something about, and what an earlier one did and this one does not, if it is in the files."""

    def list_pages(staging: Staging) -> Iterator[list[str]]:
        staging.add_index(ROWS[file], column)
        said = sa.select(ROWS[file].c[column].label("name"))
        own = sa.select(external_ids(owner))
        once = sa.select(known.c.external_id).where(known.c.kind == kind, known.c.external_id.in_(own))
        return _pages(staging, said.union(once))

    return list_pages


def _top_down(staging: Staging) -> Iterator[list[str]]:
    """Nodes, each after its last parent."""
    lines, branches = read_nodes(staging)
    listed: dict[str, None] = {}
    for node in lines:
        branch = []
        while node in lines and node not in listed and node not in branch:
            branch.append(node)
            edges = branches[node].edges
            node = edges[-1].parent_id if edges else ""
        listed.update(dict.fromkeys(reversed(branch)))
    names = list(listed)
    for start in range(0, len(names), PAGE):
        yield names[start : start + PAGE]


def _pages(staging: Staging, names: sa.Select[str] | sa.CompoundSelect[str]) -> Iterator[list[str]]:
    """The names in order. The cursor stays open: nothing else writes to the tables it reads."""
    listed = names.subquery()
    result = staging.connection.execute(sa.select(listed.c.name).order_by(listed.c.name))
    for page in result.scalars().partitions(PAGE):
        yield list(page)


AGGREGATES = (
    Aggregate(
        "dimension", "dimension_changed", "dimensions.csv", _own_rows("dimension"), companies.say_dimensions
    ),
    Aggregate("brand", "brand_changed", "brands.csv", _own_rows("brand"), companies.say_brands),
    Aggregate(
        "position", "position_changed", "positions.csv", _own_rows("position"), companies.say_positions
    ),
    Aggregate("node", "node_changed", "nodes.csv", _top_down, companies.say_nodes),
    Aggregate("partner", "partner_changed", "partners.csv", _own_rows("partner"), companies.say_partners),
    Aggregate(
        "partner_links",
        "partner_links_changed",
        "partner_links.csv",
        _rows_about_or_once("partner_links.csv", "downstream_id", "partner_links", "partner"),
        companies.say_partner_links,
    ),
    Aggregate(
        "location", "location_changed", "locations.csv", _own_rows("location"), companies.say_locations
    ),
    Aggregate("person", "person_changed", "people.csv", _own_rows("person"), people.say_people),
    Aggregate(
        "representative",
        "rep_changed",
        "representatives.csv",
        _rows_about_or_once("representatives.csv", "person_id", "representative", "person"),
        people.say_representatives,
    ),
    Aggregate(
        "position_superiors",
        "position_superiors_changed",
        "superiors.csv",
        _rows_about_or_once("superiors.csv", "position_id", "position_superiors", "position"),
        companies.say_superiors,
    ),
    Aggregate(
        "manager",
        "manager_relations_changed",
        "managers.csv",
        _rows_about_or_once("managers.csv", "manager_id", "manager", "person"),
        people.say_managers,
    ),
    Aggregate(
        "attribute_kind",
        "attribute_kind_changed",
        "attribute_kinds.csv",
        _own_rows("attribute_kind"),
        attributes.say_kinds,
    ),
    *(
        Aggregate(
            f"attributes_{subject}",
            "attributes_changed",
            "attributes.csv",
            partial(attributes.list_subjects, subject),
            partial(attributes.say_values, subject),
        )
        for subject in SUBJECTS
    ),
    Aggregate(
        "identity",
        "identity_linked",
        "identities.csv",
        _rows_about("identities.csv", "person_id"),
        people.say_identities,
    ),
)
