"""Requests as clients send them, right and wrong: every answer is the protocol's, and none is a 500."""

from typing import Any

import pytest

from hub.runtime import Hub
from hub.sso.scim.tables import scim_resource
from tests.sso.scim.rig import BULK, GROUP, USER, Client, begin_client, everything, refusals, user

DEEP = "(" * 3000 + 'userName eq "x"' + ")" * 3000


@pytest.fixture
def client(hub: Hub) -> Client:
    return begin_client(hub)


def test_what_is_refused_is_refused_in_the_protocols_form(client: Client) -> None:
    made = client.post_user()
    path, group = f"/Users/{made['id']}", client.post_group("Sales")
    refused: list[tuple[str, str, Any, int]] = [
        ("GET", "/Nothing", None, 404),
        ("GET", "/Users/%00", None, 400),
        ("GET", "/Users/" + "x" * 3000, None, 404),
        ("PUT", "/Users", user("x"), 405),
        ("GET", "/Users?filter=x", None, 400),
        ("GET", '/Users?filter=nothing eq "x"', None, 400),
        ("GET", '/Users?filter=active gt "x"', None, 400),
        ("GET", '/Users?filter=userName eq "%00"', None, 400),
        ("GET", f"/Users?filter={DEEP}", None, 400),
        ("GET", '/Users?filter=userName eq "' + "x" * 20000 + '"', None, 400),
        ("GET", '/Users?filter=meta.created gt "9999-12-31T23:59:59-14:00"', None, 400),
        ("GET", "/Users?sortBy=name", None, 400),
        ("GET", "/Users?cursor=nonsense", None, 400),
        ("GET", "/Users?count=x", None, 400),
        ("GET", "/Schemas?filter=x", None, 403),
        ("POST", "/Users", [], 400),
        ("POST", "/Users", "x", 400),
        ("POST", "/Users", {"schemas": [USER]}, 400),
        ("POST", "/Users", user("ann"), 409),
        ("POST", "/Users", user("bob", displayName="a\0b"), 400),
        ("POST", "/Users", user("bob", emails="x"), 400),
        ("POST", "/Groups", {"schemas": [GROUP], "displayName": "x", "members": [{"value": "x"}]}, 404),
        ("PUT", f"/Groups/{group['id']}", {"schemas": [GROUP]}, 400),
        ("PATCH", path, {"Operations": [{"op": "replace", "path": "nothing[", "value": 1}]}, 400),
        ("PATCH", path, {"Operations": [{"op": "remove"}]}, 400),
        ("PATCH", path, {"Operations": []}, 400),
        ("PATCH", f"/Groups/{group['id']}", _add_member(group["id"]), 404),
        ("POST", "/Bulk", {"schemas": [BULK], "Operations": [{"method": "POST"}] * 201}, 413),
    ]
    before = everything(client.hub)
    told = [(method, path, client.ask(method, path, body), status) for method, path, body, status in refused]
    answers = [(method, path[:60], answer.status_code) for method, path, answer, _ in told]
    assert answers == [(method, path[:60], status) for method, path, _, status in told]
    assert {answer.headers["Content-Type"] for *_, answer, _ in told} == {"application/scim+json"}
    assert all("schemas" in (answer.json or {}) for *_, answer, _ in told)
    assert everything(client.hub) == before
    assert len(refusals(client.hub)) == len(refused)


def _add_member(id: str) -> dict[str, Any]:
    return {"Operations": [{"op": "add", "path": "members", "value": [{"value": id}]}]}


@pytest.mark.parametrize(
    "text", ["\ud800", "💩" * 50, "' or 1=1 --", '"; drop table person', "%_\\", "\u202e", "ﬀ", "İ"]
)
def test_texts_of_all_kinds_are_kept_and_found_or_refused(client: Client, text: str) -> None:
    answer = client.ask("POST", "/Users", user("ann", displayName=text, externalId=text))
    assert answer.status_code in {201, 400}, answer.text
    if answer.status_code == 201:
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        for name in ("displayName", "externalId"):
            found = client.ask("POST", "/Users/.search", {"filter": f'{name} eq "{quoted}"'}).json
            assert found is not None
            assert found["totalResults"] == 1


@pytest.mark.parametrize(
    "query", ["startIndex=100000000000000000000", "count=100000000000000000000", "count=-5"]
)
def test_numbers_without_measure_are_pages_without_users(client: Client, query: str) -> None:
    client.post_user()
    assert client.get(f"/Users?{query}")["totalResults"] == 1


def test_bulk_makes_a_user_and_a_group_with_it(client: Client) -> None:
    body = {
        "schemas": [BULK],
        "Operations": [
            {
                "method": "POST",
                "path": "/Groups",
                "bulkId": "g",
                "data": {"schemas": [GROUP], "displayName": "Sales", "members": [{"value": "bulkId:u"}]},
            },
            {"method": "POST", "path": "/Users", "bulkId": "u", "data": user("ann")},
            {"method": "POST", "path": "/Users", "bulkId": "v", "data": user("ann")},
        ],
    }
    answer = client.ask("POST", "/Bulk", body)
    assert answer.json is not None
    assert [one["status"] for one in answer.json["Operations"]] == ["201", "201", "409"]
    (group,) = client.get("/Groups")["Resources"]
    (ann,) = client.get("/Users")["Resources"]
    assert [member["value"] for member in group["members"]] == [ann["id"]]
    assert [group["display"] for group in ann["groups"]] == ["Sales"]
    assert group["members"][0]["$ref"] == ann["meta"]["location"]


def test_a_group_is_read_without_its_members_where_they_are_left_out(client: Client) -> None:
    ann = client.post_user()
    group = client.post_group("Sales", ann["id"])
    found = client.get(f"/Groups/{group['id']}?excludedAttributes=members")
    assert "members" not in found
    answer = client.patch(
        f"/Groups/{group['id']}", {"op": "remove", "path": f'members[value eq "{ann["id"]}"]'}
    )
    assert (answer.status_code, (answer.json or {}).get("members")) == (200, None)


def test_microsoft_entra_ways_are_understood(client: Client) -> None:
    """Removing a member by value, booleans as texts, values by path, and attributes of schemas that nobody announced."""
    made = client.ask(
        "POST", "/Users", user("ann", **{"urn:example:custom:2.0:User": {"x": "y"}, "active": "True"})
    )
    assert made.status_code == 201, made.text
    assert made.json is not None
    group = client.post_group("Sales", made.json["id"])
    removed = client.patch(
        f"/Groups/{group['id']}", {"op": "Remove", "path": "members", "value": [{"value": made.json["id"]}]}
    )
    assert "members" not in (removed.json or {})
    changed = client.patch(
        f"/Users/{made.json['id']}",
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+1 555 0100"},
        {"op": "Add", "value": {"title": "Boss", "name.givenName": "Anna"}},
    )
    assert changed.json is not None
    assert (changed.json["title"], changed.json["name"]["givenName"]) == ("Boss", "Anna")
    assert changed.json["phoneNumbers"] == [{"type": "mobile", "value": "+1 555 0100"}]


def test_cursors_walk_all_pages_and_back(client: Client) -> None:
    for name in "cab":
        client.post_user(name)
    first = client.get("/Users?cursor&count=2&sortBy=userName")
    second = client.get(f"/Users?cursor={first['nextCursor']}&count=2&sortBy=userName")
    names = [one["userName"][0] for page in (first, second) for one in page["Resources"]]
    assert names == ["a", "b", "c"]
    assert "nextCursor" not in second
    back = client.get(f"/Users?cursor={second['previousCursor']}&count=2&sortBy=userName")
    assert [one["userName"][0] for one in back["Resources"]] == ["a", "b"]


def test_what_the_hub_can_do_is_announced(client: Client) -> None:
    config = client.get("/ServiceProviderConfig")
    supported = {name: config[name]["supported"] for name in ("patch", "bulk", "filter", "sort", "etag")}
    assert set(supported.values()) == {True}
    assert config["changePassword"]["supported"] is False
    assert [each["name"] for each in client.get("/ResourceTypes")["Resources"]] == ["User", "Group"]
    assert len(client.get("/Schemas")["Resources"]) == 4
    assert scim_resource.name == "scim_resource"
