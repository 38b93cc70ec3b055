"""Two records of one human become one, and two again (I31)."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.config import Settings
from hub.errors import BadInput, Conflict, HubError, Missing
from hub.ids import new_id
from hub.journal import tables as journal
from hub.lifecycle.erase import erase as erase_subject
from hub.lifecycle.subject import subject_of_person
from hub.network import tables as network
from hub.network.importing.import_network import import_network
from hub.network.importing.roster_keys import find_id
from hub.network.people.identities import find_person, link_identity, pairwise_subject
from hub.network.people.merges import absorbed_by, merged_into
from hub.network.people.person import grant_role, read_person
from hub.network.people.provision import NewPerson, Place, create_person, set_disabled, set_places
from hub.network.systems.connections import create_connection, find_connection
from hub.rebuild.compare import compare_states
from hub.rebuild.rebuild import rebuilt
from hub.rebuild.state_hash import TableHash, hash_state
from hub.runtime import Hub
from hub.sso.local.tables import local_account
from hub.sso.merge_people import merge_people, plan_merge, undo_merge
from hub.sso.sessions import Proved, find_session, start_session
from tests.network.small_network import SmallNetwork
from tests.world import World


@pytest.fixture
def settings(database_url: str) -> Settings:
    """No provider is asked here."""
    return Settings(database_url=database_url, secret_key="only-for-tests-0123456789abcdefghij")


@pytest.fixture
def world(hub: Hub) -> World:
    """Ann twice: as ann she did the brakes course at LMS south, as ann2 the sales course at LMS north."""
    world = World(hub).begin()
    world.add(brands=["Avelora"], positions=["tech", "seller"])
    world.add_location("Riverside", brands={"Avelora": ["sell", "service"]})
    world.add_courses("south", "brakes")
    world.add_courses("north", "sales-1")
    world.add_rule("all-brakes", "brakes", "service")
    world.add_rule("sellers", "sales-1", "sales", positions=("seller",))
    for name, position in (("ann", "tech"), ("ann2", "seller")):
        world.add_person(name)
        world.appoint(name, position, "Riverside", brands=["Avelora"])
    world.link("ann", "south")
    world.link("ann2", "north")
    world.send("ann", "brakes")
    world.send("ann2", "sales-1", lms="north")
    world.drain()
    with hub.unit_of_work() as uow:  # the small world names everybody in its files; these two it does not
        uow.connection.execute(sa.delete(network.roster_key).where(network.roster_key.c.kind == "person"))
    return world


def state(hub: Hub) -> list[TableHash]:
    with hub.reading() as uow:
        return hash_state(uow)


def merge(hub: Hub, from_id: str, to_id: str) -> str:
    with hub.unit_of_work() as uow:
        return merge_people(uow, from_id, to_id)


def undo(hub: Hub, merge_id: str) -> None:
    with hub.unit_of_work() as uow:
        undo_merge(uow, merge_id)


def reached(world: World, person: str) -> dict[tuple[str, str], bool]:
    return {key: bool(statement) for key, statement in world.live_goals(person).items()}


ALL = {("brakes", "service"): True, ("sales-1", "sales"): True}


def test_i31_merging_and_undoing_leaves_the_derived_state_as_it_was(world: World) -> None:
    before = state(world.hub)
    made = merge(world.hub, world.ids["ann2"], world.ids["ann"])
    world.drain()
    assert reached(world, "ann") == ALL
    assert reached(world, "ann2") == {}
    assert state(world.hub) != before
    undo(world.hub, made)
    world.drain()
    assert state(world.hub) == before


@pytest.mark.parametrize(("gone", "stays"), [("ann2", "ann"), ("ann", "ann2")])
def test_i31_it_is_the_same_whoever_stays(world: World, gone: str, stays: str) -> None:
    merge(world.hub, world.ids[gone], world.ids[stays])
    world.drain()
    assert reached(world, stays) == ALL
    world.send(gone, "brakes" if gone == "ann" else "sales-1", lms="south" if gone == "ann" else "north")
    world.drain()
    assert reached(world, stays) == ALL


def test_hub_goes_on_calling_the_survivor_by_the_survivors_name(world: World) -> None:
    lms, ann, ann2 = world.ids["south"], world.ids["ann"], world.ids["ann2"]
    with world.hub.unit_of_work() as uow:
        names = {person: pairwise_subject(uow, lms, person) for person in (ann, ann2)}
    made = merge(world.hub, ann2, ann)
    with world.hub.unit_of_work() as uow:
        assert pairwise_subject(uow, lms, ann) == names[ann]
        assert find_person(uow, lms, "sub", names[ann2]) == ann
    undo(world.hub, made)
    with world.hub.unit_of_work() as uow:
        assert {person: pairwise_subject(uow, lms, person) for person in (ann, ann2)} == names


@pytest.fixture
def twice(hub: Hub, tmp_path: Path) -> tuple[str, str]:
    """Lena of the network files, and Lena as she came in by a sign-in: (from, to)."""
    import_network(hub, SmallNetwork().write(tmp_path / "files"))
    with hub.unit_of_work() as uow:
        partner = find_id(uow, "partner", "P1")
        connection = create_connection(uow, "riverside", "oidc", "Riverside", partner)
        new = create_person(
            uow, NewPerson(partner, "Lena", "O.", "lena@riverside.example"), made_by="sign_in"
        )
        link_identity(uow, connection, "sub", "lena", new, "sign_in")
        place = Place(find_id(uow, "location", "L2"), find_id(uow, "position", "tech"))
        set_places(uow, new, [place], source="sign_in:x")
        return new, find_id(uow, "person", "U1")


def assert_rebuilds(hub: Hub) -> None:
    with hub.reading() as uow, rebuilt(hub, uow) as again, again.reading() as other:
        found = compare_states(uow, other)
        assert found.equal, found.differences


def test_a_rebuild_agrees_after_a_merge_and_after_its_undoing(hub: Hub, twice: tuple[str, str]) -> None:
    made = merge(hub, *twice)
    World(hub).drain()
    assert_rebuilds(hub)
    undo(hub, made)
    World(hub).drain()
    assert_rebuilds(hub)


def test_plan_says_what_moves_and_writes_nothing(hub: Hub, twice: tuple[str, str]) -> None:
    before = state(hub)
    with hub.unit_of_work() as uow:
        plan = plan_merge(uow, *twice)
    assert (plan.identities, plan.appointments, plan.responsibilities) == (1, 1, 0)
    assert state(hub) == before


def test_merged_persons_sessions_end_and_the_sign_in_is_the_survivors(
    hub: Hub, twice: tuple[str, str]
) -> None:
    with hub.unit_of_work() as uow:
        connection = find_connection(uow, "riverside").id
        token = start_session(uow, twice[0], Proved(connection, "sub", "lena"))
        account = {"id": new_id(), "connection_id": connection, "person_id": twice[0], "created_at": uow.now}
        uow.insert(local_account, email="lena@riverside.example", **account)
    made = merge(hub, *twice)
    with hub.reading() as uow:
        assert find_session(uow, token) is None
        assert find_person(uow, connection, "sub", "lena") == twice[1]
        assert read_person(uow, twice[0]).disabled
    with hub.unit_of_work() as uow, pytest.raises(Conflict):
        set_disabled(uow, twice[0], disabled=False, reason="partner_admin")
    with hub.reading() as uow:
        assert uow.connection.scalar(sa.select(local_account.c.person_id)) == twice[1]
        into = merged_into(uow, twice[0])
        assert into
        assert [m.id for m in absorbed_by(uow, twice[1])] == [made] == [into.id]
    undo(hub, made)
    with hub.reading() as uow:
        assert find_person(uow, connection, "sub", "lena") == twice[0]
        assert not read_person(uow, twice[0]).disabled
        assert uow.connection.scalar(sa.select(local_account.c.person_id)) == twice[0]
        assert merged_into(uow, twice[0]) is None


def test_files_that_are_imported_again_leave_what_was_merged(
    hub: Hub, twice: tuple[str, str], tmp_path: Path
) -> None:
    merge(hub, *twice)
    files = SmallNetwork().only("appointments.csv", "people.csv")
    files.replace("appointments.csv", "A2")
    import_network(hub, files.write(tmp_path / "again"))
    assert_rebuilds(hub)
    with hub.reading() as uow:
        table = network.appointment
        mine = uow.connection.execute(sa.select(table).where(table.c.person_id == twice[1])).all()
    assert sum(row.valid_to is None for row in mine) == 2


def test_person_of_the_files_is_merged_once_they_have_left_it_out(hub: Hub, twice: tuple[str, str]) -> None:
    new, lena = twice
    before = state(hub)
    with hub.unit_of_work() as uow:
        assert plan_merge(uow, lena, new).files_call_it == ("U1",)
        made = merge_people(uow, lena, new, left_files=True)
    with hub.reading() as uow, pytest.raises(Missing):
        find_id(uow, "person", "U1")
    assert_rebuilds(hub)
    undo(hub, made)
    with hub.reading() as uow:
        assert find_id(uow, "person", "U1") == lena
    assert state(hub) == before


def refusal(hub: Hub, error: type[HubError], from_id: str, to_id: str) -> str:
    before = state(hub)
    with pytest.raises(error) as refused, hub.unit_of_work() as uow:
        merge_people(uow, from_id, to_id)
    assert state(hub) == before
    return refused.value.code


def test_merges_that_are_refused(hub: Hub, twice: tuple[str, str]) -> None:
    new, lena = twice
    assert refusal(hub, BadInput, new, new) == "same_person"
    assert refusal(hub, Missing, new, new_id()) == "no_person"
    assert refusal(hub, Conflict, lena, new) == "named_by_files"


def test_operators_are_not_merged_away(hub: Hub, twice: tuple[str, str]) -> None:
    with hub.unit_of_work() as uow:
        grant_role(uow, twice[0], "operator")
    assert refusal(hub, Conflict, *twice) == "has_role"


def test_merges_are_undone_once_and_the_last_first(hub: Hub, twice: tuple[str, str]) -> None:
    with hub.unit_of_work() as uow:
        third = create_person(
            uow, NewPerson(read_person(uow, twice[0]).partner_id, "L", "O", ""), made_by="scim"
        )
    first = merge(hub, third, twice[0])
    second = merge(hub, *twice)
    for merge_id, code in ((first, "merged_since"), (second, ""), (first, ""), (first, "merge_undone")):
        if not code:
            undo(hub, merge_id)
            continue
        with pytest.raises(Conflict) as refused:
            undo(hub, merge_id)
        assert refused.value.code == code
    with pytest.raises(Missing):
        undo(hub, new_id())


def erase(hub: Hub, person_id: str) -> None:
    with hub.reading() as uow:
        subject = subject_of_person(uow, person_id)
    erase_subject(hub, subject)


def test_erasing_the_survivor_erases_who_was_merged_into_it(hub: Hub, twice: tuple[str, str]) -> None:
    made = merge(hub, *twice)
    with pytest.raises(Conflict):
        erase(hub, twice[0])
    erase(hub, twice[1])
    with hub.reading() as uow:
        assert [read_person(uow, id).name for id in twice] == ["", ""]
        bodies: list[Any] = list(uow.connection.scalars(sa.select(journal.change.c.body)))
        assert "lena" not in str([body for body in bodies if "links" in body])
        assert uow.connection.execute(sa.select(network.person_merge)).all() == []
    with pytest.raises(Missing):
        undo(hub, made)
    assert_rebuilds(hub)
