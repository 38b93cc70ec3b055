"""Groups of a SCIM client, which may mean a place for their members."""

import pytest

from hub.errors import Missing
from hub.network.structure.locations import close_location
from hub.runtime import Hub
from hub.sso.scim.group_places import forget_group_place, list_groups, set_group_place
from tests.sso.scim.rig import (
    Client,
    add_location,
    add_position,
    appointments,
    begin_client,
    refusals,
    user,
    working_at,
)


@pytest.fixture
def client(hub: Hub) -> Client:
    return begin_client(hub)


def _in_force(client: Client, user_id: str) -> list[tuple[str, str]]:
    found = appointments(client.hub, client.person(user_id).id)
    return [(location, position) for location, position, is_on in found if is_on]


def test_members_have_the_place_of_their_group(client: Client) -> None:
    west, seller = add_location(client, "L-west"), add_position(client, "P-seller")
    ann, bob = client.post_user("ann")["id"], client.post_user("bob")["id"]
    group = client.post_group("Sales West", ann)["id"]
    with client.hub.unit_of_work() as uow:
        set_group_place(uow, client.caller.connection_id, group, west, seller)
        (line,) = list_groups(uow, client.caller.connection_id)
    assert (line.name, line.members, line.location, line.position) == ("Sales West", 1, "L-west", "P-seller")
    assert (_in_force(client, ann), _in_force(client, bob)) == ([(west, seller)], [])
    members = {"op": "add", "path": "members", "value": [{"value": bob}]}
    assert client.patch(f"/Groups/{group}", members).status_code == 200
    client.patch(f"/Groups/{group}", {"op": "remove", "path": f'members[value eq "{ann}"]'})
    assert (_in_force(client, ann), _in_force(client, bob)) == ([], [(west, seller)])
    # What the client says of the person itself does not take away what the group means.
    client.ask("PUT", f"/Users/{bob}", user("bob", title="Boss"))
    assert _in_force(client, bob) == [(west, seller)]


@pytest.mark.parametrize("way", ["forget", "delete"])
def test_a_group_that_means_nothing_any_more_takes_the_place_away(client: Client, way: str) -> None:
    west, seller = add_location(client, "L-west"), add_position(client, "P-seller")
    ann = client.post_user("ann")["id"]
    group = client.post_group("Sales", ann)["id"]
    with client.hub.unit_of_work() as uow:
        set_group_place(uow, client.caller.connection_id, group, west, seller)
    assert _in_force(client, ann) == [(west, seller)]
    if way == "delete":
        assert client.ask("DELETE", f"/Groups/{group}").status_code == 204
    else:
        with client.hub.unit_of_work() as uow:
            forget_group_place(uow, client.caller.connection_id, group)
    assert _in_force(client, ann) == []


def test_a_place_that_has_closed_keeps_no_member_and_no_user_out(client: Client) -> None:
    west, seller = add_location(client, "L-west"), add_position(client, "P-seller")
    working = working_at(("L-west", "P-seller"))
    ann, bob = client.post_user("ann", **working)["id"], client.post_user("bob")["id"]
    group = client.post_group("Sales West")["id"]
    with client.hub.unit_of_work() as uow:
        set_group_place(uow, client.caller.connection_id, group, west, seller)
        close_location(uow, west)
    members = {"op": "add", "path": "members", "value": [{"value": bob}]}
    assert client.patch(f"/Groups/{group}", members).status_code == 200
    assert _in_force(client, bob) == []
    # The client goes on telling what it told before; who is new there is refused.
    assert client.ask("PUT", f"/Users/{ann}", user("ann", title="Boss", **working)).status_code == 200
    refused = client.ask("POST", "/Users", user("eve", **working))
    assert (refused.status_code, refusals(client.hub)[-1]) == (400, "bad_place")
    assert "is closed at that time" in refused.text


def test_ln6_a_group_means_no_place_of_another_partner(client: Client) -> None:
    other = begin_client(client.hub, "lakeside")
    theirs, seller = add_location(other, "L-lake"), add_position(client, "P-seller")
    group = client.post_group("Sales")["id"]
    with pytest.raises(Missing), client.hub.unit_of_work() as uow:
        set_group_place(uow, client.caller.connection_id, group, theirs, seller)
    with pytest.raises(Missing), client.hub.unit_of_work() as uow:
        set_group_place(uow, other.caller.connection_id, group, theirs, seller)


def test_ln6_no_appointment_at_a_location_of_another_partner(client: Client) -> None:
    other = begin_client(client.hub, "lakeside")
    add_location(other, "L-lake")
    add_position(other, "P-seller")
    answers = [
        client.ask("POST", "/Users", user("ann", **working_at((place, "P-seller"))))
        for place in ("L-lake", "L-none")
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].text.replace("L-lake", "L-none") == answers[1].text


@pytest.mark.parametrize(
    "way", ["member removed", "group deleted", "user inactive", "user deleted", "mapping ended"]
)
def test_a_mapped_group_makes_partner_admins_and_the_role_ends_with_it(client: Client, way: str) -> None:
    from hub.access.roles import administered_partners
    from hub.sso.scim.group_places import set_group_role

    ann = client.post_user("ann", externalId="E-1")
    person_id, connection_id = client.person(ann["id"]).id, client.caller.connection_id
    group = client.post_group("Training admins", ann["id"])

    def roles() -> list[str]:
        with client.hub.reading() as uow:
            return list(administered_partners(uow, person_id))

    assert roles() == []
    with client.hub.unit_of_work() as uow:
        assert set_group_role(uow, connection_id, group["id"], looks_after=True)
        assert not set_group_role(uow, connection_id, group["id"], looks_after=True)
    assert roles() == [client.caller.partner_id]
    client.patch(f"/Users/{ann['id']}", {"op": "replace", "path": "title", "value": "Boss"})
    assert roles() == [client.caller.partner_id]
    if way == "member removed":
        client.patch(f"/Groups/{group['id']}", {"op": "remove", "path": f'members[value eq "{ann["id"]}"]'})
    elif way == "group deleted":
        client.ask("DELETE", f"/Groups/{group['id']}")
    elif way == "user inactive":
        client.patch(f"/Users/{ann['id']}", {"op": "replace", "path": "active", "value": False})
    elif way == "user deleted":
        client.ask("DELETE", f"/Users/{ann['id']}")
    else:
        with client.hub.unit_of_work() as uow:
            set_group_role(uow, connection_id, group["id"], looks_after=False)
    assert roles() == []


def test_a_role_that_others_gave_or_took_is_theirs(client: Client) -> None:
    from hub.access.roles import administered_partners, grant_partner_admin, withdraw_partner_admin
    from hub.sso.scim.group_places import set_group_role

    ann, bob = client.post_user("ann"), client.post_user("bob")
    group, partner_id = client.post_group("Training admins"), client.caller.partner_id
    people = [client.person(one["id"]).id for one in (ann, bob)]
    with client.hub.unit_of_work() as uow:
        grant_partner_admin(uow, people[0], partner_id)
        set_group_role(uow, client.caller.connection_id, group["id"], looks_after=True)
    members = [{"value": one["id"]} for one in (ann, bob)]
    client.patch(f"/Groups/{group['id']}", {"op": "add", "path": "members", "value": members})
    with client.hub.unit_of_work() as uow:
        assert [len(administered_partners(uow, one)) for one in people] == [1, 1]
        withdraw_partner_admin(uow, people[1], partner_id)
    client.patch(f"/Users/{bob['id']}", {"op": "replace", "path": "title", "value": "Boss"})
    client.patch(f"/Groups/{group['id']}", {"op": "remove", "path": f'members[value eq "{ann["id"]}"]'})
    with client.hub.reading() as uow:
        assert [len(administered_partners(uow, one)) for one in people] == [1, 0]
