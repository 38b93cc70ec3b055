"""Old ids come from the network files and from rosters, and stand in no statement."""

from hub.lifecycle.subject import subject_of_person
from hub.lti.legacy.keys import set_consumer_key
from hub.network.bulk import insert_rows
from hub.network.tables import roster_key
from hub.training.courses.catalogue import RosterRow
from hub.training.courses.sync_roster import link_roster
from tests.lti.legacy.test_tool_side import KEY, OLD, SECRET, launch
from tests.lti.tool.rig import West


def test_roster_of_old_ids_lets_people_be_known(west: West) -> None:
    with west.hub.unit_of_work() as uow:
        insert_rows(
            uow,
            roster_key,
            [{"kind": "person", "external_id": "P-1", "id": west.world.ids["ann"], "content_hash": ""}],
        )
        set_consumer_key(uow, west.west.connection_id, "platform", KEY, SECRET)
        counts = link_roster(uow, west.west.connection_id, [RosterRow("P-1", OLD, "lti1p1")])
    assert (counts.linked, counts.strangers) == (1, 0)
    west.open(launch(west))
    assert west.people_signed_in() == ["ann"]


def test_erasure_looks_for_no_actor_with_an_old_id(west: West) -> None:
    with west.hub.unit_of_work() as uow:
        insert_rows(
            uow,
            roster_key,
            [{"kind": "person", "external_id": "P-1", "id": west.world.ids["ann"], "content_hash": ""}],
        )
        link_roster(uow, west.west.connection_id, [RosterRow("P-1", OLD, "lti1p1")])
    with west.hub.reading() as uow:
        subject = subject_of_person(uow, west.world.ids["ann"])
    assert OLD not in str(subject.names)
    assert OLD not in subject.words
