"""One client never sees, changes or guesses what another has (LN6, I24)."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.access.roles import grant_partner_admin
from hub.network import tables as network
from hub.network.people.person import grant_role, read_person
from hub.network.people.provision import NewPerson, create_person
from hub.runtime import Hub
from tests.sso.scim.rig import BULK, GROUP, Client, begin_client, everything, refusals, user


@pytest.fixture
def two(hub: Hub) -> tuple[Client, Client]:
    return begin_client(hub, "riverside"), begin_client(hub, "lakeside")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("kind", ["Users", "Groups"])
def test_ln6_id_of_another_partner(two: tuple[Client, Client], method: str, kind: str) -> None:
    mine, other = two
    theirs = other.post_user("boris") if kind == "Users" else other.post_group("Sales")
    before = everything(mine.hub)
    path = f"/{kind}/{theirs['id']}"
    if method == "PATCH":
        answer = mine.patch(path, {"op": "replace", "path": "displayName", "value": "x"})
        unknown = mine.patch(f"/{kind}/nobody", {"op": "replace", "path": "displayName", "value": "x"})
    else:
        body = user("x") if kind == "Users" else {"schemas": [GROUP], "displayName": "x"}
        sent = body if method == "PUT" else None
        answer, unknown = mine.ask(method, path, sent), mine.ask(method, f"/{kind}/nobody", sent)
    assert (answer.status_code, answer.json) == (404, unknown.json)
    assert everything(mine.hub) == before
    assert refusals(mine.hub) == ["not_found", "not_found"]


def test_ln6_member_of_another_partner(two: tuple[Client, Client]) -> None:
    mine, other = two
    theirs = other.post_user("boris")
    group = mine.post_group("Sales")
    before = everything(mine.hub)
    member = {"value": theirs["id"], "$ref": f"http://127.0.0.1:8000/scim/v2/Users/{theirs['id']}"}
    new = {"schemas": [GROUP], "displayName": "Service", "members": [member]}
    path = f"/Groups/{group['id']}"
    answers = [
        mine.ask("POST", "/Groups", new),
        mine.ask("PUT", path, new),
        mine.patch(path, {"op": "add", "path": "members", "value": [member]}),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert "boris" not in "".join(answer.text for answer in answers)
    assert everything(mine.hub) == before


@pytest.mark.parametrize(
    "query",
    [
        'id eq "{id}"',
        'userName eq "boris@riverside.example"',
        'not (userName eq "x")',
        'groups.value eq "{group}"',
        'emails[value co "boris"]',
        'meta.created gt "2000-01-01T00:00:00Z"',
    ],
)
def test_ln6_filter_finds_nothing_of_another_partner(two: tuple[Client, Client], query: str) -> None:
    mine, other = two
    theirs = other.post_user("boris")
    group = other.post_group("Sales", theirs["id"])
    asked = query.format(id=theirs["id"], group=group["id"])
    for path in ("/Users", "/Groups", ""):
        found = mine.ask("POST", f"{path}/.search", {"filter": asked, "count": 10})
        if found.status_code == 200:
            assert found.json is not None
            assert (found.json["totalResults"], found.json.get("Resources", [])) == (0, [])


def test_ln6_bulk_on_another_partner(two: tuple[Client, Client]) -> None:
    mine, other = two
    theirs = other.post_user("boris")
    before = everything(mine.hub)
    patch = {"Operations": [{"op": "replace", "path": "active", "value": False}]}
    body = {
        "schemas": [BULK],
        "Operations": [
            {"method": "DELETE", "path": f"/Users/{theirs['id']}"},
            {"method": "PATCH", "path": f"/Users/{theirs['id']}", "data": patch},
            {
                "method": "POST",
                "path": "/Groups",
                "bulkId": "g",
                "data": {"schemas": [GROUP], "displayName": "x", "members": [{"value": theirs["id"]}]},
            },
        ],
    }
    answer = mine.ask("POST", "/Bulk", body)
    assert answer.json is not None
    assert [operation["status"] for operation in answer.json["Operations"]] == ["404", "404", "404"]
    assert everything(mine.hub) == before
    assert refusals(mine.hub) == ["bulk_operations_failed"]


def test_ln6_cursor_of_another_partner(two: tuple[Client, Client]) -> None:
    """A cursor is a place in a list and opens no door: with another token it goes on in that client's own list."""
    mine, other = two
    for name in ("a", "b"):
        other.post_user(name)
    cursor = other.get("/Users?cursor&count=1")["nextCursor"]
    assert mine.get(f"/Users?cursor={cursor}&count=1").get("Resources", []) == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["post", "put", "delete", "group", "join", "list"]),
        st.integers(0, 1),
        st.integers(0, 5),
    ),
    min_size=4,
    max_size=12,
)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_i24_whatever_two_clients_do_each_has_its_own(hub: Hub, steps: list[tuple[str, int, int]]) -> None:
    from hub.ids import new_id

    run = new_id()[-8:]
    clients = [begin_client(hub, f"a-{run}"), begin_client(hub, f"b-{run}")]
    ids: list[tuple[int, str, str]] = []  # whose, kind, id; also the other's are tried
    for what, who, which in steps:
        client, known = clients[who], ids[which % len(ids)] if ids else (who, "Users", new_id())
        owner, kind, id = known
        if what == "post":
            answer = client.ask("POST", "/Users", user(f"u{which}"))
            if answer.status_code == 201:
                assert answer.json is not None
                ids.append((who, "Users", answer.json["id"]))
        elif what == "group":
            answer = client.ask("POST", "/Groups", {"schemas": [GROUP], "displayName": f"g{which}"})
            assert answer.json is not None
            ids.append((who, "Groups", answer.json["id"]))
        elif what == "join":
            member = {"op": "add", "path": "members", "value": [{"value": id}]}
            for group_owner, group_kind, group in ids:
                if group_kind == "Groups":
                    answer = client.patch(f"/Groups/{group}", member)
                    assert answer.status_code == 404 or group_owner == owner == who
        elif what in {"put", "delete"}:
            body = user(f"v{which}") if kind == "Users" else {"schemas": [GROUP], "displayName": "x"}
            answer = client.ask(what.upper(), f"/{kind}/{id}", body if what == "put" else None)
            assert answer.status_code == 404 or owner == who
            if answer.status_code == 204:
                ids.remove(known)
    for other, client in enumerate(clients):
        assert _all_ids(client) == {id for owner, _, id in ids if owner == other}


def _all_ids(client: Client) -> set[Any]:
    found = client.get("/?count=100").get("Resources", [])
    return {resource["id"] for resource in found}


@pytest.mark.parametrize("role", ["operator", "admin of another partner"])
def test_i24_who_has_power_beyond_the_partner_is_not_the_clients(
    two: tuple[Client, Client], role: str
) -> None:
    """Neither found by an externalId, nor renamed, switched off or switched on by the client."""
    mine, other = two
    known = mine.person(mine.post_user("ann", externalId="E-1")["id"]).id
    with mine.hub.unit_of_work() as uow:
        new = NewPerson(mine.caller.partner_id, "Olga", "Ruiz", "olga@riverside.example")
        olga = create_person(uow, new, made_by="invitation")
        uow.insert(network.roster_key, kind="person", external_id="E-2", id=olga, content_hash="")
        for person_id in (known, olga):
            if role == "operator":
                grant_role(uow, person_id, role)
            else:
                grant_partner_admin(uow, person_id, other.caller.partner_id)
        ann = read_person(uow, known)
    before = everything(mine.hub)
    answer = mine.ask("POST", "/Users", user("zz", externalId="E-2", active=False))
    assert (answer.status_code, refusals(mine.hub)) == (403, ["record_has_role"])
    assert everything(mine.hub) == before
    (found,) = mine.get("/Users")["Resources"]
    for body in (user("zz", externalId="E-1"), user("ann", externalId="E-1", active=False)):
        assert mine.ask("PUT", f"/Users/{found['id']}", body).status_code == 200
    assert mine.ask("DELETE", f"/Users/{found['id']}").status_code == 204
    with mine.hub.reading() as uow:
        assert read_person(uow, known) == ann
    assert mine.ask("POST", "/Users", user("zz", externalId="E-1")).status_code == 403
