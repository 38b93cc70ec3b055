"""What stands behind a wall answers as what does not exist, and nothing of it leaks (B04, I24)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.network import tables
from tests.rest.programs import LONG_AGO, Network

EACH = 100
"""Foreign ids of each kind of thing."""
LISTS = ("/partners", "/locations", "/nodes", "/people")
WORDS = ("/brands", "/positions", "/dimensions", "/audiences", "/rules")


@contextmanager
def statements(network: Network) -> Iterator[list[str]]:
    """The statements that run meanwhile."""
    ran: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        ran.append(statement)

    sa.event.listen(network.hub.engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        sa.event.remove(network.hub.engine, "before_cursor_execute", note)


def _grow_the_other_side(network: Network) -> dict[str, list[str]]:
    """Many partners, locations, people and nodes behind the wall: ids by resource."""
    behind: dict[str, list[str]] = {kind: [new_id() for _ in range(EACH)] for kind in LISTS}
    place = {"city": "Y", "country": "US", "time_zone": "America/New_York", "valid_from": LONG_AGO}
    with network.hub.unit_of_work() as uow:
        uow.execute_many(
            sa.insert(tables.partner), [{"id": id, "name": "Other"} for id in behind["/partners"]]
        )
        owned = {"partner_id": behind["/partners"][0]}
        uow.execute_many(
            sa.insert(tables.location),
            [{"id": id, "name": "L", **owned, **place} for id in behind["/locations"]],
        )
        uow.execute_many(
            sa.insert(tables.person),
            [{"id": id, "locale": "en", "disabled": False, **owned} for id in behind["/people"]],
        )
        row = {"dimension": "service", "name": "N", "valid_from": LONG_AGO}
        uow.execute_many(sa.insert(tables.node), [{"id": id, **row} for id in behind["/nodes"]])
    return behind


@pytest.mark.requirement("B04")
@pytest.mark.parametrize(("who", "each"), [("harbor", EACH), ("rosa", 5)])
def test_b04_500_foreign_and_500_missing_ids_answer_alike_after_the_same_statements(
    network: Network, who: str, each: int
) -> None:
    """Five ways to ask for one thing: 500 and 500 for a partner, some for a person, whose statements are longer."""
    behind = _grow_the_other_side(network)
    paths = [(kind, "", id) for kind in LISTS for id in behind[kind][:each]]
    paths += [("/people", "/managers", id) for id in behind["/people"][:each]]
    token = network.token(who)
    network.read(token, "/brands")  # from now on the token's use need not be noted
    answers: set[tuple[object, ...]] = set()
    for kind, part, foreign in paths:
        for id in (foreign, new_id()):
            with statements(network) as ran:
                response = network.ask(token, f"{kind}/{id}{part}")
            assert response.json is not None
            told = {**response.json, "reference": ""}
            sizes = (response.status_code, str(told), len(response.data))
            answers.add((kind, part, *sizes, *ran))
    assert len(paths) == 5 * each
    assert len(answers) == 5
    assert {answer[2] for answer in answers} == {404}


@pytest.mark.requirement("B04")
@pytest.mark.parametrize("who", ["harbor", "rosa", "ana"])
def test_i24_what_happens_behind_the_wall_changes_no_answer(network: Network, who: str) -> None:
    """Two worlds that differ only in the other partner give the same answers."""
    token = network.token(who)
    paths = (*LISTS, *WORDS) if who == "harbor" else (*LISTS, *WORDS[:3])
    before = [network.ask(token, path).text for path in paths]
    _grow_the_other_side(network)
    ids = network.ids
    with network.hub.unit_of_work() as uow:
        network.person(uow, "dora", "summit")
        network.appoint(uow, "dora", "technician", "peak")
        network.location(uow, "crest", "summit")
        network.place(uow, "crest", "hills", "service")
        carl = sa.update(tables.person_detail).where(tables.person_detail.c.person_id == ids["carl"])
        uow.connection.execute(carl.values(family_name="Changed"))
    assert [network.ask(token, path).text for path in paths] == before


@pytest.mark.parametrize("who", ["harbor", "rosa"])
def test_filters_do_not_look_over_the_wall(network: Network, who: str) -> None:
    token, ids = network.token(who), network.ids
    for path, query in (
        ("/locations", {"partner_id": ids["summit"]}),
        ("/locations", {"node_id": ids["hills"]}),
        ("/nodes", {"parent_id": ids["hills"]}),
        ("/people", {"partner_id": ids["summit"]}),
        ("/people", {"location_id": ids["peak"]}),
        ("/people", {"location_id": ids["peak"], "as_of": "2024-06-01T00:00:00Z"}),
        ("/people", {"email": "carl@summit.example"}),
    ):
        assert network.read(token, path, **query) == {"items": [], "next": None}
    assert network.read(token, "/partners", name="Summit") == {"items": [], "next": None, "total": 0}
    mine = network.names(token, "/nodes", parent_id=ids["nation"])
    assert mine == ["coast"]


def test_a_page_may_begin_behind_any_id_and_tells_nothing(network: Network) -> None:
    token = network.token("harbor")
    everything = network.read(token, "/locations")["items"]
    for after in (network.ids["peak"], new_id()):
        assert [item for item in everything if item["id"] > after] == network.read(
            token, "/locations", after=after
        )["items"]
