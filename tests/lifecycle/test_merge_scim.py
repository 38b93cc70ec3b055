"""What SCIM clients say of somebody goes along with a merge, and what they said meanwhile outlasts its undoing (LN5)."""

import pytest
import sqlalchemy as sa

from hub.access.roles import administered_partners, grant_partner_admin, withdraw_partner_admin
from hub.errors import Conflict
from hub.lifecycle.erase import erase
from hub.lifecycle.merge_people import merge_people, plan_merge, undo_merge
from hub.lifecycle.subject import subject_of_person
from hub.network.people.person import read_person
from hub.network.people.provision import NewPerson, create_person, set_disabled
from hub.runtime import Hub
from hub.sso.scim.group_places import set_group_role
from hub.sso.scim.tables import scim_admin
from tests.sso.scim.rig import begin_client


class Twice:
    """Ann as a SCIM client brought her, in a group that means the role, and Ann as she signed in herself."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.client = client = begin_client(hub)
        self.user = client.post_user("ann", externalId="E-1")["id"]
        self.told = client.person(self.user).id
        self.group = client.post_group("Training admins", self.user)["id"]
        with hub.unit_of_work() as uow:
            set_group_role(uow, client.caller.connection_id, self.group, looks_after=True)
            new = NewPerson(client.caller.partner_id, "Ann", "Okafor", "")
            self.own = create_person(uow, new, made_by="sign_in")

    def merge(self) -> str:
        with self.hub.unit_of_work() as uow:
            return merge_people(uow, self.told, self.own)

    def undo(self, merge_id: str) -> None:
        with self.hub.unit_of_work() as uow:
            undo_merge(uow, merge_id)

    def grant(self) -> None:
        with self.hub.unit_of_work() as uow:
            grant_partner_admin(uow, self.own, self.client.caller.partner_id)

    def leave(self, way: str) -> None:
        """The client says that the role ends, or the work."""
        if way == "group":
            value = {"op": "remove", "path": f'members[value eq "{self.user}"]'}
            answer = self.client.patch(f"/Groups/{self.group}", value)
        elif way == "inactive":
            value = {"op": "replace", "path": "active", "value": "False"}
            answer = self.client.patch(f"/Users/{self.user}", value)
        else:
            answer = self.client.ask("DELETE", f"/Users/{self.user}")
        assert answer.status_code in (200, 204), answer.text

    def roles(self) -> tuple[bool, bool]:
        """Whether she has the role as the client's user, and as herself."""
        with self.hub.reading() as uow:
            return bool(administered_partners(uow, self.told)), bool(administered_partners(uow, self.own))

    def is_off(self) -> bool:
        with self.hub.reading() as uow:
            return read_person(uow, self.told).disabled


@pytest.fixture
def twice(hub: Hub) -> Twice:
    return Twice(hub)


@pytest.mark.parametrize("way", ["group", "inactive", "delete"])
def test_ln5_a_role_by_a_group_ends_after_a_merge_and_stays_ended(twice: Twice, way: str) -> None:
    made = twice.merge()
    assert twice.roles() == (False, True)
    twice.leave(way)
    assert twice.roles() == (False, False)
    twice.undo(made)
    assert twice.roles() == (False, False)
    assert twice.is_off() == (way != "group")


def test_a_role_by_a_group_comes_back_with_the_undoing_and_ends_with_it(twice: Twice) -> None:
    twice.undo(twice.merge())
    assert (twice.roles(), twice.is_off()) == ((True, False), False)
    twice.leave("group")
    assert twice.roles() == (False, False)


def test_a_role_that_the_survivor_had_does_not_end_with_a_group(twice: Twice) -> None:
    twice.grant()
    made = twice.merge()
    twice.undo(made)
    assert twice.roles() == (True, True)
    made = twice.merge()
    twice.leave("group")
    assert twice.roles() == (False, True)
    twice.undo(made)
    assert twice.roles() == (False, True)


def test_what_an_operator_took_from_the_survivor_does_not_come_back(twice: Twice) -> None:
    twice.grant()
    made = twice.merge()
    with twice.hub.unit_of_work() as uow:
        withdraw_partner_admin(uow, twice.own, twice.client.caller.partner_id)
    twice.undo(made)
    assert twice.roles() == (False, False)


def test_a_role_by_groups_of_two_clients_ends_with_the_last(twice: Twice) -> None:
    second = begin_client(twice.hub, "second", twice.client.caller.partner_id)
    user = second.post_user("ann2")["id"]
    group = second.post_group("Admins", user)["id"]
    with twice.hub.unit_of_work() as uow:
        merge_people(uow, second.person(user).id, twice.told)
        set_group_role(uow, second.caller.connection_id, group, looks_after=True)
    twice.leave("group")
    assert twice.roles() == (True, False)
    second.ask("DELETE", f"/Groups/{group}")
    assert twice.roles() == (False, False)


def test_a_plan_says_that_nobody_who_is_off_gets_a_role(twice: Twice) -> None:
    with twice.hub.unit_of_work() as uow:
        set_disabled(uow, twice.own, disabled=True, reason="operator")
    with twice.hub.reading() as uow, pytest.raises(Conflict) as refused:
        plan_merge(uow, twice.told, twice.own)
    assert refused.value.code == "person_disabled"


def test_whoever_is_erased_looks_after_nobody(twice: Twice) -> None:
    with twice.hub.reading() as uow:
        subject = subject_of_person(uow, twice.told)
    erase(twice.hub, subject)
    assert twice.roles() == (False, False)
    with twice.hub.reading() as uow:
        assert uow.connection.execute(sa.select(scim_admin)).all() == []
