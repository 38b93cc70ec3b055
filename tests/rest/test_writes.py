"""Programs write: once, tried first, in bulk, and never over the wall."""

from datetime import timedelta
from typing import Any, cast

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from hub.access.tables import rest_answer
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Audience, set_audience
from hub.ids import new_id
from hub.network import tables
from hub.network.attribute_values import AttributeKind
from hub.network.attributes import define_attribute
from tests.rest.programs import LONG_AGO, Network
from tests.statements import statements


def send(
    network: Network, token: str, path: str, body: Any, *, dry_run: bool = False, **headers: str
) -> TestResponse:
    """The answer to a POST; ``key`` and ``match`` are its headers."""
    named = {"key": "Idempotency-Key", "match": "If-Match"}
    head = {"Authorization": f"Bearer {token}", **{named[name]: value for name, value in headers.items()}}
    query = {"dry_run": "true"} if dry_run else {}
    return network.app.test_client().post(f"/api/v1{path}", json=body, headers=head, query_string=query)


def write(network: Network, token: str, path: str, body: Any, **more: Any) -> dict[str, Any]:
    """The same, which must be well."""
    response = send(network, token, path, body, **more)
    assert response.status_code == 200, response.text
    return cast(dict[str, Any], response.json)


def code(response: TestResponse) -> tuple[int, str]:
    assert response.json is not None
    return response.status_code, response.json["code"]


def appointment(network: Network, who: str = "ana", where: str = "dock") -> dict[str, Any]:
    ids = network.ids
    return {
        "person_id": ids[who],
        "location_id": ids[where],
        "position_id": ids["technician"],
        "brand_ids": [ids["aurora"]],
    }


def count(network: Network, table: sa.Table) -> int:
    with network.hub.reading() as uow:
        return uow.connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


@pytest.mark.requirement("B50")
def test_a_partner_gives_its_people_appointments_moves_and_ends_them(network: Network) -> None:
    token, ids = network.token("harbor"), network.ids
    made = write(network, token, "/appointments", appointment(network))
    one = network.read(token, f"/appointments/{made['id']}")
    assert (one["location"]["name"], one["audience_class"], one["valid_to"]) == ("dock", "external", None)
    with network.hub.reading() as uow:
        later = (uow.now + timedelta(days=30)).isoformat()
    moved = write(
        network, token, f"/appointments/{made['id']}/transfer", {"location_id": ids["pier"], "at": later}
    )
    assert network.read(token, f"/appointments/{moved['id']}")["brands"][0]["name"] == "Aurora"
    path = f"/appointments/{moved['id']}/end"
    assert write(network, token, path, {"at": later})["outcome"] == "changed"
    assert write(network, token, path, {"at": later})["outcome"] == "unchanged"


def test_a_leaver_leaves_the_partner_that_says_so(network: Network) -> None:
    ids = network.ids
    assert write(network, network.token("harbor"), f"/people/{ids['ana']}/leave", {})["outcome"] == "changed"
    held = {each["location"]["name"] for each in network.read(network.token(), "/appointments")["items"]}
    assert held == {"peak"}


@pytest.mark.requirement("B70", "B71")
def test_a_partner_makes_no_internal_learners(network: Network) -> None:
    before = count(network, tables.appointment)
    asked = appointment(network) | {"audience_class": "internal"}
    assert code(send(network, network.token("harbor"), "/appointments", asked)) == (403, "external_only")
    assert count(network, tables.appointment) == before
    write(network, network.token(), "/appointments", asked)


@pytest.mark.requirement("B81")
def test_a_partner_brings_nobody_into_an_audience_that_people_enter_another_way(network: Network) -> None:
    with network.hub.unit_of_work() as uow:
        sellers = Conditions(positions=(network.ids["seller"],))
        set_audience(uow, Audience("closed", "Closed", sellers, ("scim",)))
    before = count(network, tables.appointment)
    harbor, closed = (
        network.token("harbor"),
        {**appointment(network, where="pier"), "position_id": network.ids["seller"]},
    )
    refused = (403, "mode_not_for_audience")
    assert code(send(network, harbor, "/appointments", closed)) == refused
    move = {"location_id": network.ids["pier"]}
    assert (
        code(send(network, harbor, f"/appointments/{network.ids['ana at dock']}/transfer", move)) == refused
    )
    rows = [{"do": "add", **closed}, {"do": "add", **appointment(network)}]
    done = write(network, harbor, "/appointments/bulk", {"rows": rows})
    assert [row["outcome"] for row in done["rows"]] == ["refused", "created"]
    assert count(network, tables.appointment) == before + 1
    write(network, network.token(), "/appointments", closed)


@pytest.mark.requirement("B04")
def test_nothing_is_written_over_the_wall_and_foreign_ids_are_missing_ids(network: Network) -> None:
    token, ids = network.token("harbor"), network.ids
    before = [count(network, table) for table in (tables.appointment, rest_answer)]
    network.read(token, "/brands")  # from now on the token's use need not be noted
    hidden = ids["ana at peak"]
    tried: list[tuple[str, Any, str]] = [
        ("/appointments", {"person_id": ids["carl"]}, "no_person"),
        ("/appointments", {"location_id": ids["peak"]}, "no_location"),
        (f"/appointments/{hidden}/end", {}, "no_appointment"),
        (f"/appointments/{hidden}/transfer", {"location_id": ids["pier"]}, "no_appointment"),
        (f"/people/{ids['carl']}/leave", {}, "no_person"),
        (f"/people/{ids['carl']}/attributes", {"values": {"x": 1}}, "no_person"),
    ]
    for path, asked, expected in tried:
        body = {**appointment(network), **asked} if path == "/appointments" else asked
        answers = set()
        for foreign in (True, False):
            if not foreign and path == "/appointments":
                body = body | dict.fromkeys(asked, new_id())
            at = (
                path
                if foreign
                else "/".join(new_id() if part in ids.values() else part for part in path.split("/"))
            )
            with statements(network.hub) as ran:
                response = send(network, token, at, body, key=new_id())
            answers.add((*code(response), *ran))
        assert len(answers) == 1, path
        assert next(iter(answers))[:2] == (404, expected)
    assert [count(network, table) for table in (tables.appointment, rest_answer)] == before
    assert code(send(network, network.token("ana"), "/appointments", {}))[1] == "missing_scope"


def test_the_same_request_again_is_answered_the_same_and_does_nothing(network: Network) -> None:
    token, body = network.token("harbor"), appointment(network)
    first = send(network, token, "/appointments", body, key="k1")
    assert send(network, token, "/appointments", body, key="k1").json == first.json
    assert code(send(network, token, "/appointments", {**body, "brand_ids": []}, key="k1")) == (
        409,
        "key_reused",
    )
    assert write(network, token, "/appointments", body)["outcome"] == "unchanged"  # it is there already
    other = {**body, "brand_ids": []}
    assert write(network, network.token("harbor"), "/appointments", other, key="k1")["outcome"] == "created"
    refused = {**body, "position_id": new_id()}
    assert code(send(network, token, "/appointments", refused, key="k2")) == (400, "bad_appointment")
    assert write(network, token, "/appointments", other, key="k2")["outcome"] == "unchanged"
    assert code(send(network, token, "/appointments", body, key="k ü")) == (400, "bad_request")


def test_what_is_only_tried_changes_nothing_and_is_done_only_while_it_is_the_same(network: Network) -> None:
    token, ids = network.token("harbor"), network.ids
    before = count(network, tables.appointment)
    body = {"rows": [{"do": "end", "id": ids["ana at dock"]}, {"do": "add", **appointment(network)}]}
    tried = send(network, token, "/appointments/bulk", body, dry_run=True)
    assert tried.json is not None
    assert [row["outcome"] for row in tried.json["rows"]] == ["changed", "created"]
    assert tried.json["rows"][1]["id"] is None
    assert count(network, tables.appointment) == before
    write(network, token, f"/appointments/{ids['ana at dock']}/end", {"at": LONG_AGO.isoformat()})
    refused = send(network, token, "/appointments/bulk", body, match=tried.headers["ETag"])
    assert code(refused) == (409, "plan_outdated")
    assert refused.json is not None
    assert [row["outcome"] for row in refused.json["plan"]["rows"]] == ["unchanged", "created"]
    again = send(network, token, "/appointments/bulk", body, dry_run=True).headers["ETag"]
    assert write(network, token, "/appointments/bulk", body, match=again)["created"] == 1


def test_what_comes_between_a_trial_and_the_writing_is_noticed_although_the_answer_is_the_same(
    network: Network,
) -> None:
    token, path = network.token(), f"/locations/{network.ids['pier']}/close"
    tried = send(network, token, path, {}, dry_run=True)
    assert tried.json is not None
    assert tried.json["changes"] == {"location_changed": 1, "person_changed": 1}
    with network.hub.unit_of_work() as uow:
        network.person(uow, "late", "harbor")
        network.appoint(uow, "late", "technician", "pier")
    refused = send(network, token, path, {}, match=tried.headers["ETag"])
    assert code(refused) == (409, "plan_outdated")
    again = send(network, token, path, {}, dry_run=True)
    done = write(network, token, path, {}, match=again.headers["ETag"])
    assert (done["outcome"], done["changes"]) == ("changed", None)


def test_each_row_is_done_or_refused_for_itself(network: Network) -> None:
    ids = network.ids
    wrong = {**appointment(network), "position_id": new_id(), "brand_ids": [new_id()]}
    rows = [
        {"do": "add", **appointment(network)},
        {"do": "add", **wrong},
        {"do": "end", "id": ids["carl at peak"]},
        {"do": "transfer", "id": ids["ana at pier"], "location_id": ids["dock"]},
    ]
    told = write(network, network.token("harbor"), "/appointments/bulk", {"rows": rows})
    assert [row["outcome"] for row in told["rows"]] == ["created", "refused", "refused", "created"]
    assert (told["created"], told["refused"]) == (2, 2)
    problems = told["rows"][1]["refused"]["problems"]
    assert [problem["place"] for problem in problems] == ["position_id", "brand_ids"]
    assert told["rows"][2]["refused"]["code"] == "no_appointment"
    places = {"technician": 0}
    for each in network.read(network.token("harbor"), "/appointments")["items"]:
        places[each["location"]["name"]] = places.get(each["location"]["name"], 0) + 1
    assert places["dock"] == 3  # the one before, the new one and the one that moved there


def test_what_is_no_request_is_told_at_once_with_every_problem(network: Network) -> None:
    token = network.token("harbor")
    body = {"rows": [{"do": "add", "person_id": "x", "valid_from": "9999-01-01T00:00:00Z"}, {"do": "fly"}]}
    response = send(network, token, "/appointments/bulk", body)
    assert response.json is not None
    places = [problem["place"] for problem in response.json["problems"]]
    assert "rows.0.add.person_id" in places
    assert "rows.0.add.valid_from" in places
    assert "rows.1" in places
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for sent in ("{", "[NaN]", '{"person_id": "\\ud800"}', "[" * 100_000, "[]", ""):
        answer = network.app.test_client().post("/api/v1/appointments", data=sent, headers=headers)
        assert code(answer) == (400, "bad_request"), sent[:20]
    large = network.app.test_client().post("/api/v1/appointments", data="x" * 2**21, headers=headers)
    assert large.status_code == 413


@pytest.mark.requirement("B51")
def test_values_of_attributes_are_set_where_they_fit(network: Network) -> None:
    ids = network.ids
    with network.hub.unit_of_work() as uow:
        define_attribute(uow, AttributeKind("tier", "Tier", "person", "choice", ("gold", "silver")))
        define_attribute(uow, AttributeKind("bays", "Bays", "location", "number"))
    path = f"/people/{ids['ana']}/attributes"
    token = network.token("harbor")
    assert write(network, token, path, {"values": {"tier": "gold"}})["outcome"] == "changed"
    assert write(network, token, path, {"values": {"tier": "gold"}})["outcome"] == "unchanged"
    refused = send(network, token, path, {"values": {"tier": "lead", "bays": 3}})
    assert refused.json is not None
    assert {each["place"] for each in refused.json["problems"]} == {"tier", "bays"}
    bays = f"/locations/{ids['pier']}/attributes"
    assert code(send(network, token, bays, {"values": {"bays": 3}})) == (403, "missing_scope")
    assert write(network, network.token(), bays, {"values": {"bays": 3}})["outcome"] == "changed"


def test_a_manager_gives_and_waives_in_the_own_dimension(goals: Network) -> None:
    ids, rosa = goals.ids, goals.token("rosa")
    give = {"verdict": "give", "person_id": ids["ana"], "target_kind": "offering", "target_id": ids["tires"]}
    given = write(
        goals, rosa, "/decisions", {"decision": {**give, "dimension": "service", "reason": "Winter"}}
    )
    other = {"decision": {**give, "dimension": "sales"}}
    assert code(send(goals, rosa, "/decisions", other)) == (403, "not_your_dimension")
    carl = {"decision": {**give, "dimension": "service", "person_id": ids["carl"]}}
    assert code(send(goals, rosa, "/decisions", carl)) == (404, "no_person")
    assert write(goals, rosa, f"/decisions/{given['id']}/withdraw", {})["outcome"] == "changed"
    waive = {"verdict": "waive", "goal_id": ids["sold by ana"], "reason": "Knows it"}
    assert code(send(goals, rosa, "/decisions", {"decision": waive})) == (404, "no_goal")
    assert write(goals, goals.token("ben"), "/decisions", {"decision": waive})["outcome"] == "created"
    choose = {"verdict": "choose", "target_kind": "offering", "target_id": ids["tires"]}
    assert write(goals, goals.token("ana"), "/decisions", {"decision": choose})["outcome"] == "created"


def test_answers_are_forgotten_after_a_day(network: Network, clock: Any) -> None:
    token, body = network.token("harbor"), appointment(network)
    write(network, token, "/appointments", body, key="daily")
    clock.advance(hours=25)
    other = {**body, "brand_ids": []}
    assert write(network, token, "/appointments", other, key="daily")["outcome"] == "created"
