"""Finding people by how their names begin, among few and among many."""

from typing import Any

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.network import tables
from hub.network.people.find_people import MAX_FOUND, search_people
from hub.network.views import find_by_email
from hub.runtime import Hub
from hub.store import UnitOfWork

PEOPLE = [
    ("Lena", "Moreno", "lena.moreno@riverside.example"),
    ("Moritz", "Lang", "m.lang@lakeside.example"),
    ("Anna", "de la Cruz", "anna@riverside.example"),
    ("Ann_", "O'Neil", "oneil@riverside.example"),
]


@pytest.fixture
def partner_id(hub: Hub) -> str:
    id = new_id()
    with hub.unit_of_work() as uow:
        uow.insert(tables.partner, id=id, name="Riverside")
        add(uow, id, PEOPLE)
    return id


def add(uow: UnitOfWork, partner_id: str, people: list[tuple[str, str, str]]) -> None:
    ids = [new_id() for _ in people]
    uow.execute_many(
        sa.insert(tables.person),
        [{"id": id, "partner_id": partner_id, "locale": "en", "disabled": False} for id in ids],
    )
    uow.execute_many(
        sa.insert(tables.person_detail),
        [
            {"person_id": id, "given_name": given, "family_name": family, "email": email}
            for id, (given, family, email) in zip(ids, people, strict=True)
        ],
    )


@pytest.mark.parametrize(
    "words, names",
    [
        ("mor", ["Lena Moreno", "Moritz Lang"]),  # by family name before by given name
        ("MORENO", ["Lena Moreno"]),
        ("lena mor", ["Lena Moreno"]),
        ("moreno lena", ["Lena Moreno"]),
        ("lang m.lang@", ["Moritz Lang"]),
        ("anna@riverside", ["Anna de la Cruz"]),
        ("de la", ["Anna de la Cruz"]),
        ("ann_", ["Ann_ O'Neil"]),
        ("anna de la c", ["Anna de la Cruz"]),
        ("de la cruz ann", ["Anna de la Cruz"]),
        ("cruz anna", []),  # "de la" begins it
        ("an%", []),
        ("lena lang", []),
        ("oreno", []),
        ("  ", []),
    ],
)
def test_each_word_begins_a_name_or_the_address(
    hub: Hub, partner_id: str, words: str, names: list[str]
) -> None:
    with hub.reading() as uow:
        assert [found.name for found in search_people(uow, words)] == names
        assert {found.employer for found in search_people(uow, words)} <= {"Riverside"}


def test_the_address_is_found_in_any_case(hub: Hub, partner_id: str) -> None:
    with hub.reading() as uow:
        assert len(find_by_email(uow, "Lena.Moreno@RIVERSIDE.example")) == 1
        assert find_by_email(uow, "lena") == []


@pytest.mark.parametrize(
    "words",
    ["garcia-7", "garcia-7 maria", "maria-77@riverside.example", "mar", "mari xx", "maria-7 garcia-7"],
)
def test_many_people_cost_no_more_than_few(hub: Hub, partner_id: str, words: str) -> None:
    costs = []
    with hub.unit_of_work() as uow:
        for begin, end in ((0, 2_000), (2_000, 20_000)):
            add(
                uow,
                partner_id,
                [(f"Maria-{n}", f"Garcia-{n}", f"maria-{n}@riverside.example") for n in range(begin, end)],
            )
            if not uow.is_sqlite:
                uow.connection.exec_driver_sql("ANALYZE person, person_detail")
            found, cost = _cost(uow, words)
            assert bool(found) != ("xx" in words)
            assert len(found) <= MAX_FOUND
            costs.append(cost)
    assert costs[1] <= 1.2 * costs[0] + 8, costs  # a deeper index is a few buffers more


def _cost(uow: UnitOfWork, words: str) -> tuple[list[Any], int]:
    """Steps of SQLite's machine in hundreds, or buffers that PostgreSQL touched."""
    if uow.is_sqlite:
        driver: Any = uow.connection.connection.driver_connection
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        driver.set_progress_handler(count, 100)
        try:
            return search_people(uow, words), steps
        finally:
            driver.set_progress_handler(None, 0)
    ran: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        ran.append((statement, parameters))

    sa.event.listen(uow.connection, "before_cursor_execute", note)
    found = search_people(uow, words)
    sa.event.remove(uow.connection, "before_cursor_execute", note)
    plans = [
        uow.connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {text}", given).scalar_one()[
            0
        ]
        for text, given in ran
    ]
    return found, sum(p["Plan"]["Shared Hit Blocks"] + p["Plan"]["Shared Read Blocks"] for p in plans)
