"""What stands behind a wall answers as what does not exist, and nothing of it leaks (B04, I24)."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from hub.access.api_tokens import ALLOWED
from hub.ids import new_id
from hub.limits import Limit
from hub.network import tables
from hub.notify.webhooks.tables import webhook
from hub.rest.routes import document
from hub.training import tables as training
from tests.rest.programs import LONG_AGO, Network
from tests.statements import statements

EACH = 100
"""Foreign ids of each kind of thing."""
KINDS = ("partners", "locations", "people", "nodes", "appointments", "goals", "decisions", "webhooks")
LISTS = ("/partners", "/locations", "/nodes", "/people")
WORDS = ("/brands", "/positions", "/dimensions", "/audiences", "/rules")


def _grow_the_other_side(network: Network) -> dict[str, list[str]]:
    """Many of each kind of thing behind the wall: ids by resource."""
    behind: dict[str, list[str]] = {kind: [new_id() for _ in range(EACH)] for kind in KINDS}
    place = {"city": "Y", "country": "US", "time_zone": "America/New_York", "valid_from": LONG_AGO}
    with network.hub.unit_of_work() as uow:
        owned = {"partner_id": behind["partners"][0]}
        person = {"person_id": behind["people"][0]}
        job = {"location_id": behind["locations"][0], "position_id": network.ids["technician"]}
        rows: dict[str, tuple[sa.Table, dict[str, Any]]] = {
            "partners": (tables.partner, {"name": "Other"}),
            "locations": (tables.location, {"name": "L", **owned, **place}),
            "people": (tables.person, {"locale": "en", "disabled": False, **owned}),
            "nodes": (tables.node, {"dimension": "service", "name": "N", "valid_from": LONG_AGO}),
            "appointments": (
                tables.appointment,
                {**person, **job, "audience_class": "external", "valid_from": LONG_AGO},
            ),
            "goals": (training.goal, {**person, "kind": "brand", "dimension": "service"}),
            "decisions": (
                training.goal_decision,
                {
                    **person,
                    "verdict": "give",
                    "target_kind": "offering",
                    "kind": "brand",
                    "dimension": "service",
                    "appointments": [],
                    "binding": False,
                    "valid_from": LONG_AGO,
                },
            ),
            "webhooks": (
                webhook,
                {
                    "kind": "partner",
                    **owned,
                    "url": "https://elsewhere.example/",
                    "label": "",
                    "events": ["credit_granted"],
                    "sealed_secret": "",
                    "created_at": uow.now,
                },
            ),
        }
        for kind, (table, row) in rows.items():
            each = [{"id": id, **row} for id in behind[kind]]
            if kind in ("goals", "decisions"):
                each = [{**one, "target_kind": "offering", "target_id": new_id()} for one in each]
            uow.execute_many(sa.insert(table), each)
    return behind


def _asked(network: Network, operation: str, kind: str, id: str) -> list[dict[str, Any]]:
    """What goes with an address that names a thing, or what names things in its body: a request or several."""
    ids = network.ids
    job = {"position_id": ids["technician"]}
    at_pier = {"location_id": ids["pier"], **job}
    bodies: dict[str, list[dict[str, Any]]] = {
        "add_appointment": [
            {"person_id": id, **at_pier},
            {"person_id": ids["ana"], "location_id": id, **job},
        ],
        "end_appointment": [{}],
        "transfer_appointment": [{"location_id": ids["dock"]}],
        "change_appointments": [
            {"rows": [{"do": "end", "id": id}, {"do": "transfer", "id": id, "location_id": ids["dock"]}]},
            {"rows": [{"do": "transfer", "id": ids["ana at pier"], "location_id": id}]},
        ],
        "let_person_leave": [{}],
        "set_attributes_of_person": [{"values": {"size": "L"}}],
        "set_attributes_of_appointment": [{"values": {"size": "L"}}],
        "decide_goal": [
            {
                "decision": {
                    "verdict": "give",
                    "person_id": id,
                    "target_kind": "offering",
                    "target_id": new_id(),
                    "dimension": "service",
                }
            },
            {"decision": {"verdict": "waive", "goal_id": id, "reason": "x"}},
        ],
        "withdraw_decision": [{}],
        "end_webhook": [{}],
        "try_webhook": [{}],
        "resend_parked": [{}],
        "verify_why": [
            {
                "person_id": id,
                "target_kind": "offering",
                "target_id": ids["ana"],
                "title": "",
                "at": "2026-01-01T00:00:00Z",
                "verdict": "open",
                "goals": [],
            }
        ],
    }
    if operation in bodies:
        return [{"json": body} for body in bodies[operation]]
    queries: dict[str, list[dict[str, str]]] = {
        "read_why": [{"target_id": ids["ana"], "dimension": "service"}, {"target_id": ids["ana"]}],
        "list_people": [{"partner_id": id}, {"location_id": id}],
        "list_appointments": [{"person_id": id}, {"location_id": id}],
        "list_locations": [{"partner_id": id}, {"node_id": id}],
        "list_nodes": [{"parent_id": id}],
        "list_goals": [{"person_id": id}],
        "list_credits": [{"person_id": id}, {"goal_id": id}],
    }
    return [{"query_string": query} for query in queries.get(operation, [{}])]


LISTED = ("list_people", "list_appointments", "list_locations", "list_nodes", "list_goals", "list_credits")
IN_BODIES = ("add_appointment", "change_appointments", "decide_goal")


def _requests(scopes: frozenset[str]) -> Iterator[tuple[str, str, str, str]]:
    """Method, path, operation and what kind of thing it names: everything a caller with these scopes may ask about one thing."""
    for path, operations in document()["paths"].items():
        for method, each in operations.items():
            name = each["operationId"]
            if not scopes & set(each["security"][0]["token"]) or path.startswith(
                ("/api/v1/brands", "/api/v1/positions")
            ):
                continue
            kind = path.split("/")[3]
            if "{id}" in path:
                yield method, path, name, kind
            elif name in LISTED or name in IN_BODIES:
                for kind in ("people", "locations", "partners", "nodes", "goals", "appointments"):
                    yield method, path, name, kind


@pytest.mark.requirement("B04")
@pytest.mark.parametrize(
    ("database_kind", "who", "each"),
    [("sqlite", "harbor", 12), ("postgres", "harbor", 1), ("postgres", "rosa", 1)],
    indirect=["database_kind"],
)
def test_b04_500_foreign_and_500_missing_ids_answer_alike_after_the_same_statements(
    network: Network, who: str, each: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is read or written by an id, in the address, a filter or a body: 500 and 500 for a partner, some for a person."""
    monkeypatch.setattr("hub.rest.caller.REQUESTS", Limit("rest_request", 100_000, 60))
    behind = _grow_the_other_side(network)
    token = network.token(who)
    network.read(token, "/brands")  # from now on the token's use need not be noted
    head = {"Authorization": f"Bearer {token}"}
    asked, differing, client = 0, [], network.app.test_client()
    for method, path, operation, kind in _requests(ALLOWED["partner" if who == "harbor" else "person"]):
        answers = set()
        for foreign in behind[kind][:each]:
            for id in (foreign, new_id()):
                told: list[object] = []
                for request in _asked(network, operation, kind, id):
                    with statements(network.hub) as ran:
                        response = client.open(
                            path.replace("{id}", id), method=method.upper(), headers=head, **request
                        )
                    assert response.json is not None
                    body = {**response.json, "reference": ""}
                    told += [response.status_code, str(body), len(response.data), *ran]
                answers.add(tuple(told))
            asked += 1
        if len(answers) != 1:
            differing.append((method, path, kind))
    assert not differing
    assert asked >= (500 if each == 12 else 25)


@pytest.mark.requirement("B04")
@pytest.mark.parametrize("who", ["harbor", "rosa", "ana"])
def test_i24_what_happens_behind_the_wall_changes_no_answer(network: Network, who: str) -> None:
    """Two worlds that differ only in the other partner give the same answers."""
    token = network.token(who)
    paths = (*LISTS, *WORDS) if who == "harbor" else (*LISTS, *WORDS[:3])
    before = [network.ask(token, path).text for path in paths]
    _grow_the_other_side(network)
    ids = network.ids
    with network.hub.unit_of_work() as uow:
        network.person(uow, "dora", "summit")
        network.appoint(uow, "dora", "technician", "peak")
        network.location(uow, "crest", "summit")
        network.place(uow, "crest", "hills", "service")
        carl = sa.update(tables.person_detail).where(tables.person_detail.c.person_id == ids["carl"])
        uow.connection.execute(carl.values(family_name="Changed"))
    assert [network.ask(token, path).text for path in paths] == before


@pytest.mark.parametrize("who", ["harbor", "rosa"])
def test_filters_do_not_look_over_the_wall(network: Network, who: str) -> None:
    token, ids = network.token(who), network.ids
    for path, query in (
        ("/locations", {"partner_id": ids["summit"]}),
        ("/locations", {"node_id": ids["hills"]}),
        ("/nodes", {"parent_id": ids["hills"]}),
        ("/people", {"partner_id": ids["summit"]}),
        ("/people", {"location_id": ids["peak"]}),
        ("/people", {"location_id": ids["peak"], "as_of": "2024-06-01T00:00:00Z"}),
        ("/people", {"email": "carl@summit.example"}),
    ):
        assert network.read(token, path, **query) == {"items": [], "next": None}
    assert network.read(token, "/partners", name="Summit") == {"items": [], "next": None, "total": 0}
    mine = network.names(token, "/nodes", parent_id=ids["nation"])
    assert mine == ["coast"]


def test_a_page_may_begin_behind_any_id_and_tells_nothing(network: Network) -> None:
    token = network.token("harbor")
    everything = network.read(token, "/locations")["items"]
    for after in (network.ids["peak"], new_id()):
        assert [item for item in everything if item["id"] > after] == network.read(
            token, "/locations", after=after
        )["items"]
