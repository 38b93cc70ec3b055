"""Two records of one human become one with what every room keeps, and two again (I31)."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.access.roles import administered_partners, grant_partner_admin, withdraw_partner_admin
from hub.access.tables import partner_admin
from hub.app import open_worker
from hub.config import Settings
from hub.errors import Conflict
from hub.ids import new_id
from hub.lifecycle.erase import erase
from hub.lifecycle.merge_people import merge_people, undo_merge
from hub.lifecycle.plan_erasure import plan_erasure
from hub.lifecycle.subject import subject_of_person
from hub.lti.tables import lti_launch, lti_line_item, lti_resource_link, lti_result, lti_tool
from hub.network.importing.import_network import import_network
from hub.network.importing.roster_keys import find_id
from hub.network.people.person import read_person
from hub.network.people.provision import NewPerson, create_person, set_disabled
from hub.network.systems.connections import create_connection
from hub.notify.tables import mail
from hub.rebuild.compare import compare_states
from hub.rebuild.rebuild import rebuilt
from hub.rebuild.state_hash import TableHash, hash_state
from hub.runtime import Hub
from hub.sso.provider.tables import oidc_client, oidc_grant
from hub.store.types import Id, Time
from hub.training.courses.catalogue import CatalogueRow
from hub.training.courses.course_access import allow_courses
from hub.training.courses.offerings import find_offering, set_offerings
from hub.training.goals.decide_goals import choose_goal, waive_goal
from hub.training.goals.goal import GoalKey
from hub.training.my_training.plan import read_plan
from hub.training.tables import course_access, decision_words, goal_decision
from tests.network.small_network import SmallNetwork


@pytest.fixture
def settings(database_url: str) -> Settings:
    """No provider is asked here."""
    return Settings(database_url=database_url, secret_key="only-for-tests-0123456789abcdefghij")


@pytest.fixture
def twice(hub: Hub, tmp_path: Path) -> tuple[str, str]:
    """Lena as she came in by a sign-in, and Lena of the network files: (from, to).

    Both look after P1's people and may open a course; the first also P2's, and another course that she launched.
    """
    import_network(hub, SmallNetwork().write(tmp_path / "files"))
    with hub.unit_of_work() as uow:
        p1, p2 = find_id(uow, "partner", "P1"), find_id(uow, "partner", "P2")
        new = create_person(uow, NewPerson(p1, "Lena", "O.", ""), made_by="sign_in")
        lena = find_id(uow, "person", "U1")
        lms = create_connection(uow, "south", "lms", "LMS South")
        rows = [CatalogueRow(key, key, key, f"https://lms.example/{key}") for key in ("both", "one")]
        set_offerings(uow, lms, rows)
        both, one = (find_offering(uow, key).id for key in ("both", "one"))
        for person_id, partners, courses in ((new, (p1, p2), [both, one]), (lena, (p1,), [both])):
            for partner_id in partners:
                grant_partner_admin(uow, person_id, partner_id)
            allow_courses(uow, person_id, courses, lms)
        launch(uow, new, lms)
    return new, lena


def launch(uow: Any, person_id: str, connection_id: str) -> None:
    uow.insert(
        lti_launch,
        id=new_id(),
        hint_hash=new_id(),
        person_id=person_id,
        connection_id=connection_id,
        deployment_id="1",
        session_hash="",
        registration=new_id(),
        created_at=uow.now,
        launched_at=uow.now,
    )


def kept(hub: Hub) -> list[object]:
    """What is not derived: who may open what, and who launched."""
    queries = (
        sa.select(course_access).order_by(*course_access.primary_key),
        sa.select(lti_launch.c.id, lti_launch.c.person_id).order_by(lti_launch.c.id),
    )
    with hub.reading() as uow:
        return [list(map(tuple, uow.connection.execute(query))) for query in queries]


def state(hub: Hub) -> list[TableHash]:
    with hub.reading() as uow:
        return hash_state(uow)


def merge(hub: Hub, from_id: str, to_id: str) -> str:
    with hub.unit_of_work() as uow:
        return merge_people(uow, from_id, to_id)


def undo(hub: Hub, merge_id: str) -> None:
    with hub.unit_of_work() as uow:
        undo_merge(uow, merge_id)


def test_i31_roles_access_and_launches_move_and_come_back(hub: Hub, twice: tuple[str, str]) -> None:
    new, lena = twice
    before, there = state(hub), kept(hub)
    made = merge(hub, new, lena)
    with hub.reading() as uow:
        assert not administered_partners(uow, new)
        assert len(administered_partners(uow, lena)) == 2
        owners = list(uow.connection.scalars(sa.select(course_access.c.person_id)))
        assert (owners.count(lena), owners.count(new)) == (2, 1)  # what both may open stays with each
        assert uow.connection.scalars(sa.select(lti_launch.c.person_id)).all() == [lena]
        with rebuilt(hub, uow) as again, again.reading() as other:
            assert compare_states(uow, other).equal
    undo(hub, made)
    assert (state(hub), kept(hub)) == (before, there)


def test_i31_decisions_about_goals_move_and_come_back(hub: Hub, twice: tuple[str, str]) -> None:
    new, lena = twice
    with hub.unit_of_work() as uow:
        both, one = (find_offering(uow, key).id for key in ("both", "one"))
        for person_id, offering_id in ((new, both), (new, one), (lena, both)):
            choose_goal(uow, person_id, "offering", offering_id)
    worker = open_worker(hub)
    worker.drain()
    before = state(hub)
    made = merge(hub, new, lena)
    worker.drain()
    with hub.reading() as uow:
        plan = read_plan(uow, lena)
        assert sorted(line.title for line in plan.open) == ["both", "one"]
        (both_goals,) = (line.goals for line in plan.open if line.title == "both")
        assert [len(goal.reasons) for goal in both_goals] == [2]
        assert not read_plan(uow, new).open
        with rebuilt(hub, uow) as again, again.reading() as other:
            assert compare_states(uow, other).equal
    undo(hub, made)
    worker.drain()
    assert state(hub) == before


def test_an_erasure_ends_decisions_and_deletes_their_words(hub: Hub, twice: tuple[str, str]) -> None:
    _, lena = twice
    with hub.unit_of_work() as uow:
        one = find_offering(uow, "one").id
        goal = GoalKey(lena, "offering", one, "development", "general")
        choose_goal(uow, lena, "offering", one)
    worker = open_worker(hub)
    worker.drain()
    with hub.unit_of_work() as uow:
        waive_goal(uow, goal.id, reason="Was ill", actor_id=None)
    worker.drain()
    with hub.reading() as uow:
        subject = subject_of_person(uow, lena)
        assert plan_erasure(uow, subject).counts["reasons of decisions"] == 1
    assert erase(hub, subject).counts["reasons of decisions"] == 1
    worker.drain()
    with hub.reading() as uow:
        assert uow.connection.execute(sa.select(decision_words)).first() is None
        ends = uow.connection.scalars(sa.select(goal_decision.c.valid_to)).all()
        assert len(ends) == 2
        assert all(ends)
        assert not read_plan(uow, lena).open
        with rebuilt(hub, uow) as again, again.reading() as other:
            assert compare_states(uow, other).equal


def test_i31_results_of_gradebooks_move_where_the_survivor_has_none(hub: Hub, twice: tuple[str, str]) -> None:
    new, lena = twice
    with hub.unit_of_work() as uow:
        items = gradebook(uow, 2)
        for item, person_id in ((items[0], new), (items[1], new), (items[1], lena)):
            add(uow, lti_result, line_item_id=item, person_id=person_id)
    before = results(hub)
    made = merge(hub, new, lena)
    assert results(hub) == sorted([(items[0], lena), (items[1], new), (items[1], lena)])
    undo(hub, made)
    assert results(hub) == before


def results(hub: Hub) -> list[tuple[str, str]]:
    with hub.reading() as uow:
        rows = uow.connection.execute(sa.select(lti_result.c.line_item_id, lti_result.c.person_id))
        return sorted((row.line_item_id, row.person_id) for row in rows)


def add(uow: Any, table: sa.Table, **values: Any) -> str:
    """The id of a row with these values, and with nothing to speak of in every other column that needs one."""
    made: dict[type[Any], Any] = {
        Id: new_id,
        Time: lambda: uow.now,
        sa.JSON: list,
        sa.Boolean: bool,
        sa.Float: float,
    }
    for column in table.c:
        if column.name not in values and not column.nullable and column.server_default is None:
            values[column.name] = made.get(type(column.type), str)()
    uow.insert(table, **values)
    return str(values.get("id", ""))


def gradebook(uow: Any, items: int) -> list[str]:
    """Line items (ids) of a tool's course."""
    tool = create_connection(uow, "tool", "lms", "Tool")
    add(uow, lti_tool, connection_id=tool)
    link = add(uow, lti_resource_link, offering_id=find_offering(uow, "one").id, connection_id=tool)
    return [add(uow, lti_line_item, resource_link_id=link) for _ in range(items)]


def test_erasing_the_survivor_forgets_what_was_kept_under_the_merged_persons_id(
    hub: Hub, twice: tuple[str, str]
) -> None:
    new, lena = twice
    with hub.unit_of_work() as uow:
        client = create_connection(uow, "client", "oidc", "Client")
        add(uow, oidc_client, client_id=client, connection_id=client)
        add(uow, oidc_grant, client_id=client, person_id=new)
        add(uow, mail, person_id=new)
        (item,) = gradebook(uow, 1)
        for person_id in twice:
            add(uow, lti_result, line_item_id=item, person_id=person_id)
    merge(hub, new, lena)
    with hub.reading() as uow:
        subject = subject_of_person(uow, lena)
        planned = plan_erasure(uow, subject).counts
    told = erase(hub, subject).counts
    kept = {"mails": 1, "gradebook results": 2, "sign-ins at other systems": 1, "launches": 1}
    assert {kind: told[kind] for kind in kept} == {kind: planned[kind] for kind in kept} == kept
    with hub.reading() as uow:
        for table in (mail, lti_result, oidc_grant):
            assert uow.connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0


def test_i31_what_the_survivor_got_or_lost_since_then_stays_so(hub: Hub, twice: tuple[str, str]) -> None:
    new, lena = twice
    made = merge(hub, new, lena)
    with hub.unit_of_work() as uow:
        p2 = find_id(uow, "partner", "P2")
        withdraw_partner_admin(uow, lena, p2)
        launch(uow, lena, uow.connection.scalar(sa.select(lti_launch.c.connection_id)) or "")
    undo(hub, made)
    with hub.reading() as uow:
        roles = set(map(tuple, uow.connection.execute(sa.select(partner_admin))))
        p1 = find_id(uow, "partner", "P1")
        assert roles == {(new, p1), (lena, p1)}
        assert sorted(uow.connection.scalars(sa.select(lti_launch.c.person_id))) == sorted([new, lena])


def test_nobody_who_is_switched_off_gets_a_role_by_a_merge(hub: Hub, twice: tuple[str, str]) -> None:
    with hub.unit_of_work() as uow:
        set_disabled(uow, twice[1], disabled=True, reason="left")
    before = state(hub)
    with pytest.raises(Conflict) as refused:
        merge(hub, *twice)
    assert (refused.value.code, state(hub)) == ("person_disabled", before)
    with hub.reading() as uow:
        assert not read_person(uow, twice[0]).disabled
