"""What came of accounts that a roster linked follows from the journals alone."""

import sqlalchemy as sa

from hub.network.tables import identity_link, roster_key
from hub.rebuild.verify import verify
from hub.training.courses.catalogue import RosterRow
from hub.training.courses.sync_roster import link_roster
from hub.training.tables import completion
from tests.databases import Kind
from tests.journeys.happenings import Appointed
from tests.journeys.world import Sent, activity, an_id, new_world


def test_accounts_of_a_roster_and_what_they_did_before_come_back_with_a_rebuild(database_kind: Kind) -> None:
    with new_world(database_kind) as world:
        Appointed(0, 0, 0, "technician", "internal", (), -100, None).happen(world)
        world.send([Sent(0, 0, "mbox", activity(0, 0), "completed", 1)])
        world.drain()
        ann, mailbox = an_id("person", 0), world.subject(0, "mbox")
        with world.hub.unit_of_work() as uow:
            uow.connection.execute(
                sa.insert(roster_key).values(kind="person", external_id="P1", id=ann, content_hash="")
            )
            rows = [RosterRow("P1", mailbox, "mbox"), RosterRow("P1", "11")]
            assert link_roster(uow, world.lms[0], rows).linked == 2
        world.drain()
        with world.hub.reading() as uow:
            links = uow.connection.execute(sa.select(identity_link.c.form, identity_link.c.made_by)).all()
            assert sorted(map(tuple, links)) == [("lti", "roster"), ("mbox", "roster")]
            assert uow.connection.scalars(sa.select(completion.c.person_id)).all() == [ann]
        assert verify(world.hub, patience=0).equal
