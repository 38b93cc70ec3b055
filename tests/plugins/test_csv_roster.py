"""read_roster of the plugin csv_roster, and the sync that links what it reads: all of a roster, or no change at all."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import flask
import pytest
import sqlalchemy as sa

from hub.api import CatalogueSource, RosterRow
from hub.app import open_hub
from hub.config import Settings
from hub.errors import BadInput, Missing, OutsideFailed
from hub.http import OutgoingHttp
from hub.ids import new_id
from hub.journal.tables import audit, change
from hub.network.importing.waiting_rows import list_waiting
from hub.network.people.identities import LTI_SUBJECT, SUBJECT, link_identity
from hub.network.systems.connections import find_connection
from hub.network.tables import identity_link, roster_key
from hub.network.tables import person as person_table
from hub.plugins.csv_roster import Plugin
from hub.runtime import Hub
from hub.testing.serve import serve
from hub.training.courses.sources import set_source
from hub.training.courses.sync_roster import RosterCounts, sync_roster
from tests.world import World, account

HEADER = "person_id,subject,form\n"


class Lms:
    """An LMS that publishes a file, for those who know a key; what it answers can be changed."""

    def __init__(self, address: str) -> None:
        self.host = address.removeprefix("http://")
        self.address = f"{address}/people.csv"
        self.text: str | bytes = HEADER + "P1,11,\nP2,22,lti\n"
        self.status = 200
        self.key = ""


@pytest.fixture
def lms() -> Iterator[Lms]:
    app = flask.Flask("lms", static_folder=None)
    with serve(app) as address:
        published = Lms(address)

        def people() -> tuple[str | bytes, int]:
            given = flask.request.headers.get("Authorization", "")
            right = f"Bearer {published.key}" if published.key else ""
            return (published.text, published.status) if given == right else ("", 401)

        app.add_url_rule("/people.csv", "people", people)
        yield published


@pytest.fixture
def hub(settings: Settings, lms: Lms) -> Iterator[Hub]:
    """A hub that may call this LMS, in place of the usual one."""
    opened = open_hub(
        settings.model_copy(update={"plugins": ["csv_roster", "webhooks"], "outgoing_allow": [lms.host]})
    )
    yield opened
    opened.close()


@pytest.fixture
def world(hub: Hub, lms: Lms) -> World:
    """Ann and Bob, whom the network files call P1 and P2; where the roster of north is has been laid down."""
    world = World(hub).begin()
    for name, key in (("ann", "P1"), ("bob", "P2")):
        world.add_person(name)
        with hub.unit_of_work() as uow:
            values = {"kind": "person", "external_id": key, "id": world.ids[name], "content_hash": ""}
            uow.connection.execute(sa.insert(roster_key).values(**values))
    lay_down(hub, lms)
    return world


def lay_down(hub: Hub, lms: Lms, secret: str = "") -> None:
    with hub.unit_of_work() as uow:
        set_source(uow, find_connection(uow, "north").id, "roster", "csv_roster", lms.address, secret)


def links(world: World) -> dict[tuple[str, str], tuple[str, str]]:
    """Name and maker by form and subject."""
    names = {id: name for name, id in world.ids.items()}
    with world.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(identity_link)).all()
    return {(row.form, row.subject): (names[row.person_id], row.made_by) for row in rows}


def written(hub: Hub) -> tuple[int, int]:
    """How many changes there are, and links."""
    with hub.reading() as uow:
        counts = [
            uow.connection.scalar(sa.select(sa.func.count()).select_from(t)) for t in (change, identity_link)
        ]
    return counts[0] or 0, counts[1] or 0


def test_read_roster_gives_every_account_of_the_file(lms: Lms) -> None:
    lms.text = (HEADER + "P1, 11 ,\nP2,https://lms.example|bob,account\n").encode("utf-8-sig")
    rows = list(Plugin().read_roster(CatalogueSource("north", lms.address), OutgoingHttp([lms.host])))
    assert rows == [RosterRow("P1", "11"), RosterRow("P2", "https://lms.example|bob", "account")]


@pytest.mark.parametrize(
    ("status", "text", "reason"),
    [
        (503, "", "answered 503"),
        (200, HEADER + "P1,11,\n,12,\n", "Line 3.*person_id is empty"),
        (200, HEADER + "P1\n", "Line 2.*subject is empty"),
        (200, HEADER + '9,"steering', "Line 1"),
        (200, "id,name\n9,Ann\n", "no column person_id, subject"),
        (200, "<html>Please sign in</html>", "no column"),
        (200, HEADER.encode("utf-16"), "utf-8"),
    ],
)
def test_read_roster_that_fails_says_where(lms: Lms, status: int, text: str | bytes, reason: str) -> None:
    lms.status, lms.text = status, text
    with pytest.raises(OutsideFailed, match=reason):
        list(Plugin().read_roster(CatalogueSource("north", lms.address), OutgoingHttp([lms.host])))


def test_sync_links_accounts_to_people_by_what_the_network_files_call_them(hub: Hub, world: World) -> None:
    assert sync_roster(hub, "north") == RosterCounts(2, 0, 0, 0)
    assert links(world) == {("lti", "11"): ("ann", "roster"), ("lti", "22"): ("bob", "roster")}


def test_sync_again_changes_nothing_and_unlinks_nobody(hub: Hub, world: World, lms: Lms) -> None:
    sync_roster(hub, "north")
    before = written(hub)
    assert sync_roster(hub, "north") == RosterCounts(0, 2, 0, 0)
    lms.text = HEADER
    assert sync_roster(hub, "north") == RosterCounts(0, 0, 0, 0)
    assert written(hub) == before
    assert set(links(world)) == {("lti", "11"), ("lti", "22")}


def test_a_new_account_of_a_known_person_is_linked_too(hub: Hub, world: World, lms: Lms) -> None:
    sync_roster(hub, "north")
    lms.text = HEADER + "P1,11,\nP1,12,\n"
    assert sync_roster(hub, "north") == RosterCounts(1, 1, 0, 0)
    assert links(world)["lti", "12"] == ("ann", "roster")


def test_an_account_that_means_somebody_else_stays_as_it_is(hub: Hub, world: World) -> None:
    with hub.unit_of_work() as uow:
        link_identity(uow, world.ids["north"], LTI_SUBJECT, "11", world.ids["bob"], "proof")
    told = ("an account of P1 already belongs to somebody else",)
    assert sync_roster(hub, "north") == RosterCounts(1, 0, 0, 1, told)
    assert links(world)["lti", "11"] == ("bob", "proof")


def test_strangers_are_told_and_left_out(hub: Hub, world: World, lms: Lms) -> None:
    lms.text = HEADER + "ann@riverside.example,11,\nP2,22,\n"
    told = ("the network files name no person ann@riverside.example",)
    assert sync_roster(hub, "north") == RosterCounts(1, 0, 1, 0, told)
    assert set(links(world)) == {("lti", "22")}
    for _ in range(2):
        with hub.reading() as uow:
            (row,) = list_waiting(uow)
        assert (row.person, row.cells["connection"]) == ("ann@riverside.example", "north")
        sync_roster(hub, "north")
    lms.text = HEADER + "P2,22,\n"
    sync_roster(hub, "north")
    with hub.reading() as uow:
        assert not list_waiting(uow)


def test_accounts_of_another_system_are_other_accounts(hub: Hub, world: World) -> None:
    with hub.unit_of_work() as uow:
        link_identity(uow, world.ids["south"], LTI_SUBJECT, "11", world.ids["bob"], "proof")
    assert sync_roster(hub, "north") == RosterCounts(2, 0, 0, 0)


def test_statements_that_waited_for_an_account_are_recognized(hub: Hub, world: World, lms: Lms) -> None:
    world.add_courses("north", "brakes")
    world.send("ann", "brakes", lms="north")
    world.drain()
    lms.text = HEADER + f"P1,{account('ann')},account\n"
    sync_roster(hub, "north")
    world.drain()
    with hub.reading() as uow:
        assert uow.connection.scalar(sa.text("SELECT count(*) FROM waiting_statement")) == 0


@pytest.mark.parametrize(
    "rows",
    [
        "P1,11,\nP2,11,\n",
        f"P1,{new_id()},{SUBJECT}\n",
        "P1,11,email\n",
        f"P1,{'x' * 1_001},\n",
        f"{'P' * 201},11,\n",
    ],
    ids=["one account for two", "a subject of the hub's own", "no form", "long subject", "long id"],
)
def test_a_roster_that_cannot_be_right_changes_nothing(hub: Hub, world: World, lms: Lms, rows: str) -> None:
    lms.text = HEADER + "P2,22,\n" + rows
    before = written(hub)
    with pytest.raises(BadInput, match="nothing was changed") as refused:
        sync_roster(hub, "north")
    assert refused.value.problems
    assert written(hub) == before


def test_a_key_goes_along_and_stands_nowhere_in_clear(hub: Hub, world: World, lms: Lms) -> None:
    lms.key = "k-only-for-tests"
    with pytest.raises(OutsideFailed, match="401"):
        sync_roster(hub, "north")
    lay_down(hub, lms, lms.key)
    assert sync_roster(hub, "north").linked == 2
    with hub.reading() as uow:
        for table in ("catalogue_source", "change", "audit"):
            rows = uow.connection.exec_driver_sql(f"SELECT * FROM {table}").all()
            assert lms.key not in str(rows)


def test_a_sync_leaves_one_audit_row_with_numbers_alone(hub: Hub, world: World) -> None:
    sync_roster(hub, "north")
    with hub.reading() as uow:
        rows = uow.connection.execute(sa.select(audit).where(audit.c.action == "roster_synced")).all()
    assert [row.detail for row in rows] == [{"linked": 2, "unchanged": 0, "strangers": 0, "conflicts": 0}]


def test_sync_of_what_nobody_laid_down_is_refused(hub: Hub, world: World) -> None:
    with pytest.raises(Missing, match="LMS South"):
        sync_roster(hub, "south")
    with pytest.raises(Missing, match="no such connection"):
        sync_roster(hub, "west")


def test_syncs_at_once_link_each_account_once(hub: Hub, world: World) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = [each.result() for each in [pool.submit(sync_roster, hub, "north") for _ in range(4)]]
    assert sorted(counts.linked for counts in done) == [0, 0, 0, 2]
    with hub.reading() as uow:
        kinds = uow.connection.scalars(sa.select(change.c.kind)).all()
    assert kinds.count("identity_linked") == 2


def test_a_large_roster_is_linked_in_few_statements(hub: Hub, world: World, lms: Lms) -> None:
    ids = [new_id() for _ in range(5_000)]
    with hub.unit_of_work() as uow:
        person = {"partner_id": world.ids["partner"], "locale": "en", "disabled": False}
        uow.execute_many(sa.insert(person_table), [{"id": id, **person} for id in ids])
        uow.execute_many(
            sa.insert(roster_key),
            [
                {"kind": "person", "external_id": f"N{n}", "id": id, "content_hash": ""}
                for n, id in enumerate(ids)
            ],
        )
    lms.text = HEADER + "".join(f"N{n},{n},\n" for n in range(5_000))
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    sa.event.listen(hub.engine, "before_cursor_execute", count)
    assert sync_roster(hub, "north").linked == 5_000
    sa.event.remove(hub.engine, "before_cursor_execute", count)
    assert statements < 60
