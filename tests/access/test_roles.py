"""Partner admins: who looks after whose people, and never after anybody else's."""

import pytest
import sqlalchemy as sa

from hub.access.roles import (
    administered_partners,
    apply_partner_admin,
    grant_partner_admin,
    list_partner_admins,
    may_administer,
    require_partner_admin,
    withdraw_partner_admin,
)
from hub.access.tables import partner_admin
from hub.errors import Conflict, Missing, NotAllowed
from hub.ids import new_id
from hub.journal.tables import audit, change
from hub.network import tables as network
from hub.network.people.person import grant_role, read_person
from hub.runtime import Hub
from hub.store import UnitOfWork


def add_partner(uow: UnitOfWork, name: str) -> str:
    id = new_id()
    uow.insert(network.partner, id=id, name=name)
    return id


def add_person(uow: UnitOfWork, name: str, partner_id: str) -> str:
    id = new_id()
    uow.insert(network.person, id=id, partner_id=partner_id, locale="en", disabled=False)
    uow.insert(
        network.person_detail, person_id=id, given_name=name, family_name="", email=f"{name}@x.example"
    )
    return id


def test_a_partner_admin_looks_after_the_own_partners_people_alone(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        harbor, hilltop = add_partner(uow, "Harbor"), add_partner(uow, "Hilltop")
        ada, ben, eve, olga = (
            add_person(uow, name, partner)
            for name, partner in (("ada", harbor), ("ben", harbor), ("eve", hilltop), ("olga", harbor))
        )
        grant_role(uow, olga, "operator")
        assert grant_partner_admin(uow, ada, harbor, olga)
        assert not grant_partner_admin(uow, ada, harbor, olga)
        assert administered_partners(uow, ada) == {harbor: "Harbor"}
        assert administered_partners(uow, ben) == {}
        may = [may_administer(uow, ada, read_person(uow, id)) for id in (ben, eve, olga, ada)]
        assert may == [True, False, False, False]
        require_partner_admin(uow, ada, harbor)
        with pytest.raises(NotAllowed):
            require_partner_admin(uow, ada, hilltop)
        (line,) = list_partner_admins(uow)
        assert (line.name, line.partner) == ("ada", "Harbor")


def test_all_partner_admins_can_be_read_page_by_page(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        partners = [add_partner(uow, name) for name in ("Harbor", "Harbor", "Hilltop")]
        for at in partners:
            for name in ("ada", "ben", "eve"):
                grant_partner_admin(uow, add_person(uow, name, at), at)
        erased = list_partner_admins(uow)[4].person_id
        uow.connection.execute(
            sa.delete(network.person_detail).where(network.person_detail.c.person_id == erased)
        )
        everybody = list_partner_admins(uow)
        assert len(everybody) == 9
        read = list_partner_admins(uow, limit=1)
        while page := list_partner_admins(uow, after=(read[-1].partner_id, read[-1].person_id), limit=1):
            read += page
        assert read == everybody


def test_the_role_is_journaled_and_audited_when_it_changes(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        harbor = add_partner(uow, "Harbor")
        ada = add_person(uow, "ada", harbor)
        grant_partner_admin(uow, ada, harbor)
        grant_partner_admin(uow, ada, harbor)
        assert withdraw_partner_admin(uow, ada, harbor)
        assert not withdraw_partner_admin(uow, ada, harbor)
        changes = list(uow.connection.scalars(sa.select(change.c.body).order_by(change.c.position)))
        assert [each["granted"] for each in changes] == [True, False]
        actions = list(uow.connection.scalars(sa.select(audit.c.action).order_by(audit.c.position)))
        assert actions == ["role_granted", "role_withdrawn"]
        for count, body in zip((1, 0), changes, strict=True):
            apply_partner_admin(uow, body)
            assert len(uow.connection.execute(sa.select(partner_admin)).all()) == count


def test_nobody_switched_off_and_no_partner_that_is_none(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        harbor = add_partner(uow, "Harbor")
        ada = add_person(uow, "ada", harbor)
        for partner in (new_id(), "harbor"):
            with pytest.raises(Missing):
                grant_partner_admin(uow, ada, partner)
        uow.connection.execute(sa.update(network.person).values(disabled=True))
        with pytest.raises(Conflict):
            grant_partner_admin(uow, ada, harbor)
