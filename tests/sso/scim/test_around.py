"""What else in the hub knows SCIM: erasure, merges, and the words for refusals."""

import ast
from pathlib import Path

import pytest
import sqlalchemy as sa

import hub.sso.scim
from hub.network.people.merge import merge_people
from hub.network.people.person import read_person
from hub.runtime import Hub
from hub.sso.erase_person import count_of_person, erase_person
from hub.sso.scim.service import _CODES
from hub.sso.scim.tables import scim_member, scim_resource
from hub.sso.scim.words import WORDS
from hub.sso.sessions import Proved, find_session, start_session
from hub.sso.words import explain
from tests.sso.scim.rig import Client, begin_client, refusals, user


@pytest.fixture
def client(hub: Hub) -> Client:
    return begin_client(hub)


def test_an_erased_person_is_gone_for_the_client(client: Client) -> None:
    ann = client.post_user("ann")
    client.post_group("Sales", ann["id"])
    person_id = client.person(ann["id"]).id
    with client.hub.unit_of_work() as uow:
        assert count_of_person(uow, person_id)["users of SCIM clients"] == 1
        erase_person(uow, person_id)
        for table in (scim_member,):
            assert uow.connection.execute(sa.select(table)).all() == []
        assert "ann" not in str(uow.connection.execute(sa.select(scim_resource)).all())
    assert client.ask("GET", f"/Users/{ann['id']}").status_code == 404


def test_after_a_merge_the_client_speaks_of_who_remains(client: Client) -> None:
    ann, anna = client.post_user("ann", externalId="E-1"), client.post_user("anna")
    old, remains = client.person(ann["id"]).id, client.person(anna["id"]).id
    with client.hub.unit_of_work() as uow:
        merge_people(uow, old, remains, actor_id=None, extra={})
    answer = client.ask("PUT", f"/Users/{ann['id']}", user("ann", externalId="E-2", title="Boss"))
    assert answer.status_code == 200, answer.text
    assert client.person(ann["id"]).id == remains
    # The other user still says that the person works there.
    assert client.ask("DELETE", f"/Users/{ann['id']}").status_code == 204
    assert not client.person(anna["id"]).disabled
    with client.hub.unit_of_work() as uow:
        erase_person(uow, remains)
    assert client.get("/Users")["totalResults"] == 0


def test_i24_a_partner_that_is_not_the_employer_switches_nobody_off(client: Client) -> None:
    """After a merge two partners' clients may mean one person, who works for one of them."""
    other = begin_client(client.hub, "lakeside")
    ann, boris = client.post_user("ann")["id"], other.post_user("boris")["id"]
    remains = client.person(ann).id
    with client.hub.unit_of_work() as uow:
        merge_people(uow, other.person(boris).id, remains, actor_id=None, extra={})
        mine = start_session(uow, remains, Proved(client.caller.connection_id, "sub", "x"))
        theirs = start_session(uow, remains, Proved(other.caller.connection_id, "sub", "x"))
    other.ask("PUT", f"/Users/{boris}", user("somebody-else"))
    assert other.ask("DELETE", f"/Users/{boris}").status_code == 204
    with client.hub.reading() as uow:
        person = read_person(uow, remains)
        assert (person.given_name, person.disabled) == ("Ann", False)
        assert find_session(uow, mine) is not None
        assert find_session(uow, theirs) is None


def test_every_code_has_words() -> None:
    raised = {"BadInput", "NotAllowed", "Missing", "Conflict", "Unauthorized"}
    codes = set(_CODES.values())
    for path in Path(hub.sso.scim.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id in raised and isinstance(node.args[0], ast.Constant):
                codes.add(str(node.args[0].value))
    assert {
        code for code in codes if code not in WORDS and explain(code) is explain("nobody knows this")
    } == set()


def test_a_refusal_is_audited_once_without_personal_data(client: Client) -> None:
    from hub.journal import tables as journal

    client.post_user("ann")
    client.ask("POST", "/Users", user("ann"))
    assert refusals(client.hub) == ["uniqueness"]
    with client.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(journal.audit)).all()
    assert "riverside.example" not in str([row.detail for row in rows])
