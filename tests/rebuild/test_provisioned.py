"""People whom a SCIM client brought, moved and took away follow from the journals alone."""

import sqlalchemy as sa

from hub.network import tables as network
from hub.rebuild.verify import verify
from hub.sso.scim.group_places import set_group_place
from tests.databases import Kind
from tests.journeys.world import new_world
from tests.sso.scim.rig import begin_client, user, working_at


def test_people_of_a_client_come_back_with_a_rebuild(database_kind: Kind) -> None:
    with new_world(database_kind) as world:
        with world.hub.unit_of_work() as uow:
            place = uow.connection.execute(sa.select(network.location).limit(1)).one()
            position_id = uow.connection.scalars(sa.select(network.position.c.id).limit(1)).one()
            for kind, name, id in (("location", "L-1", place.id), ("position", "P-1", position_id)):
                uow.insert(network.roster_key, kind=kind, external_id=name, id=id, content_hash="")
        client = begin_client(world.hub, "harbor", place.partner_id)
        ann = client.post_user("ann", externalId="E-1", **working_at(("L-1", "P-1")))["id"]
        bob = client.post_user("bob", externalId="E-2")["id"]
        group = client.post_group("Sales", bob)["id"]
        with world.hub.unit_of_work() as uow:
            set_group_place(uow, client.caller.connection_id, group, place.id, position_id)
        world.drain()
        assert verify(world.hub, patience=0).equal
        client.ask("PUT", f"/Users/{bob}", user("bobby", externalId="E-3", preferredLanguage="de"))
        client.patch(f"/Users/{ann}", {"op": "replace", "path": "active", "value": False})
        client.ask("DELETE", f"/Users/{bob}")
        world.drain()
        assert verify(world.hub, patience=0).equal
