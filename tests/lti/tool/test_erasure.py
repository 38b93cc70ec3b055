"""What launches leave of a person goes when the person is erased, and is never taken for somebody's name in a statement."""

import sqlalchemy as sa

from hub.lifecycle.subject import subject_of_person
from hub.lti.erase_person import erase_person as erase_launches
from hub.lti.tool.tables import lti_entry
from hub.network.people.erase_person import erase_person
from hub.network.people.identities import LTI_SUBJECT
from hub.network.systems.link_proofs import Proof, bind_proof, keep_proof, link_by_proof
from hub.network.tables import identity_link, identity_proof
from hub.training.tables import course_access
from tests.lti.tool.rig import ANN, West


def test_entries_access_and_proofs_are_deleted(west: West) -> None:
    west.open(west.launch(west.target("safety", "path")))
    ann, bob = west.world.ids["ann"], west.world.ids["bob"]
    west.know("bob", "bob")
    west.launch(sub="bob")
    with west.hub.unit_of_work() as uow:
        keep_proof(uow, "code", Proof(west.west.connection_id, LTI_SUBJECT, "ann-again"))
        bind_proof(uow, "code", "new", "browser")
        link_by_proof(uow, "new", "browser", ann)
        counts = erase_launches(uow, ann)
        erase_person(uow, ann)
        left = {
            table.name: uow.connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (lti_entry, course_access, identity_proof)
        }
        people = set(uow.connection.scalars(sa.select(identity_link.c.person_id)))
    assert (counts["launches from other systems"], counts["access to placed courses"]) == (1, 2)
    assert left == {"lti_entry": 1, "course_access": 0, "identity_proof": 0}
    assert people == {bob}


def test_subject_of_a_platform_is_no_actor(west: West) -> None:
    with west.hub.reading() as uow:
        subject = subject_of_person(uow, west.world.ids["ann"])
    assert all(ANN not in value for _, value in subject.identities)
    assert ANN not in subject.words
