"""Goals, lines, credits and attributes, as each program sees them (B04, B61, B71, I22)."""

import copy
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.access import decide
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Rule, set_rule
from hub.clock import SettableClock
from hub.errors import Missing
from hub.ids import new_id
from hub.network import tables
from hub.network.attribute_values import AttributeKind
from hub.network.attributes import define_attribute, set_attributes
from hub.training import tables as training
from tests.rest.programs import LONG_AGO, Network


def ids_of(network: Network, token: str, path: str, **query: Any) -> set[str]:
    names = {id: name for name, id in network.ids.items()}
    return {names[item["id"]] for item in network.read(token, path, **query)["items"]}


@pytest.mark.requirement("B04", "B61", "B71")
def test_each_sees_the_goals_on_its_side_and_reviews_are_told_to_no_system(goals: Network) -> None:
    everything = {"of ana", "sold by ana", "of carl"}
    seen = {who: ids_of(goals, goals.token(who), "/goals") for who in ("", "harbor", "summit", "ana")}
    assert seen == {
        "": everything,
        "harbor": {"of ana", "sold by ana"},
        "summit": {"of carl"},
        "ana": {"of ana", "sold by ana", "review"},
    }
    assert ids_of(goals, goals.token("rosa"), "/goals") == {"of ana"}  # her appointment there is external
    assert ids_of(goals, goals.token("ben"), "/goals") == {"sold by ana"}
    review = goals.ids["review"]
    refused = [goals.ask(goals.token(who), f"/goals/{review}").status_code for who in ("", "harbor", "rosa")]
    assert refused == [404, 404, 404]


def test_reasons_are_those_of_appointments_that_are_seen(goals: Network) -> None:
    path = f"/goals/{goals.ids['of ana']}"
    told = {
        who: {each["title"] for each in goals.read(goals.token(who), path)["sources"]}
        for who in ("", "harbor", "rosa", "ana")
    }
    assert told[""] == told["ana"] == {"rule of ana at pier", "rule of ana at peak"}
    assert told["harbor"] == told["rosa"] == {"rule of ana at pier"}


def test_goals_are_found_by_what_they_are(goals: Network) -> None:
    token, ids = goals.token(), goals.ids
    assert ids_of(goals, token, "/goals", state="reached") == {"of ana"}
    assert ids_of(goals, token, "/goals", state="open", person_id=ids["ana"]) == {"sold by ana"}
    assert ids_of(goals, token, "/goals", dimension="sales") == {"sold by ana"}
    assert ids_of(goals, token, "/goals", kind="review") == set()
    assert ids_of(goals, token, "/goals", target_id=ids["tires"]) == set()
    lines = goals.read(token, f"/people/{ids['ana']}/assignments")["items"]
    assert [(line["target"]["title"], len(line["goals"])) for line in lines] == [("Brakes", 2)]
    assert lines[0]["reached_at"] is None


def test_the_evidence_of_credits_is_for_those_who_may_look_into_it(goals: Network) -> None:
    told = {
        who: {
            each["goal_id"]: each["statement_id"]
            for each in goals.read(goals.token(who), "/credits")["items"]
        }
        for who in ("", "harbor", "ana", "ben")
    }
    ana, carl = goals.ids["of ana"], goals.ids["of carl"]
    assert told[""].keys() == {ana, carl}
    assert None not in told[""].values()
    assert told["harbor"] == {ana: None}
    assert told["ana"][ana] == told[""][ana]
    assert told["ben"] == {}


def test_attributes_are_told_where_the_details_are(goals: Network) -> None:
    ids = goals.ids
    with goals.hub.unit_of_work() as uow:
        for subject in ("person", "location"):
            define_attribute(uow, AttributeKind(f"tier-{subject}", "Tier", subject, "number"))
        set_attributes(uow, "person", ids["ana"], {"tier-person": 3})
        set_attributes(uow, "location", ids["pier"], {"tier-location": 1.5})
    token = goals.token("harbor")
    kinds = goals.read(token, "/attribute-kinds")["items"]
    assert [(each["key"], each["subject"]) for each in kinds] == [
        ("tier-location", "location"),
        ("tier-person", "person"),
    ]
    value = goals.read(token, f"/people/{ids['ana']}/attributes")["items"][0]
    assert (value["key"], value["value"], value["valid_to"]) == ("tier-person", 3, None)
    assert goals.read(token, f"/locations/{ids['pier']}/attributes")["items"][0]["value"] == 1.5
    assert goals.ask(goals.token("rosa"), f"/people/{ids['ana']}/attributes").status_code == 404
    assert goals.ask(goals.token("summit"), f"/locations/{ids['pier']}/attributes").status_code == 404


def test_appointments_are_those_in_force_on_the_own_side(goals: Network) -> None:
    token, ids = goals.token("harbor"), goals.ids
    assert ids_of(goals, token, "/appointments") == {"ana at pier", "ana at dock"}
    assert ids_of(goals, token, "/appointments", as_of="2024-06-01T00:00:00Z") == {"ana at pier"}
    assert ids_of(goals, token, "/appointments", location_id=ids["peak"]) == set()
    one = goals.read(token, f"/appointments/{ids['ana at dock']}")
    assert (one["person_id"], one["location"]["name"]) == (ids["ana"], "dock")
    assert goals.ask(token, f"/appointments/{ids['ana at peak']}").status_code == 404


@pytest.mark.requirement("D1")
def test_why_and_why_not_are_told_as_far_as_each_sees(goals: Network) -> None:
    ids = goals.ids
    conditions = Conditions(positions=(ids["technician"],))
    at_peak = Conditions(positions=(ids["technician"],), partners=(ids["summit"],))
    with goals.hub.unit_of_work() as uow:
        about = ("service", "brand", "offering", ids["brakes"])
        set_rule(uow, Rule("all-brakes", "Brakes for all", *about, conditions, LONG_AGO))
        set_rule(uow, Rule("peak-brakes", "Brakes at Summit", *about, at_peak, LONG_AGO))
    path, asked = f"/people/{ids['ana']}/why", {"target_id": ids["brakes"]}
    everything = goals.read(goals.token(), path, **asked)
    assert (everything["verdict"], everything["title"]) == ("reached", "Brakes")
    assert "Summit" in str(everything)
    harbor = goals.read(goals.token("harbor"), path, **asked)
    asks = [ask for goal in harbor["goals"] for ask in goal["asks"]]
    assert {ask["appointment_id"] for ask in asks} == {ids["ana at pier"], ids["ana at dock"]}
    assert [ask["holds"] for ask in asks if ask["appointment_id"] == ids["ana at dock"]] == [False]
    told = str(harbor).lower()
    assert not any(word in told for word in ("elsewhere", "summit", "peak", ids["ana at peak"]))
    assert goals.ask(goals.token("summit"), path, **asked).status_code == 404
    rosa = goals.token("rosa")
    assert goals.ask(rosa, path, **asked).json["code"] == "no_dimension"  # type: ignore[index]
    assert goals.read(rosa, path, **asked, dimension="service")["verdict"] == "reached"
    assert goals.ask(rosa, path, **asked, dimension="sales").status_code == 403
    assert goals.ask(rosa, path, target_id=new_id(), dimension="service").status_code == 404
    # Of a rule for another partner a manager hears nothing, whether the person works there or not.
    now = goals.read(rosa, path, **asked, dimension="service")
    assert not any(word in str(now) for word in ("Summit", "peak-brakes"))


@pytest.mark.requirement("D1", "I9")
def test_what_why_answered_is_reckoned_again_for_whoever_was_told(goals: Network) -> None:
    ids = goals.ids
    with goals.hub.unit_of_work() as uow:
        conditions = Conditions(positions=(ids["technician"],))
        about = ("service", "brand", "offering", ids["brakes"])
        set_rule(uow, Rule("all-brakes", "Brakes for all", *about, conditions, LONG_AGO))
    path, asked = f"/people/{ids['ana']}/why", {"target_id": ids["brakes"]}
    for who, more in (("", {}), ("harbor", {}), ("rosa", {"dimension": "service"}), ("ana", {})):
        token = goals.token(who)
        claim = goals.read(token, path, **asked, **more)

        def verify(said: Any, token: str = token, more: dict[str, str] = more) -> Any:
            head = {"Authorization": f"Bearer {token}"}
            client = goals.app.test_client()
            return client.post(f"/api/v1{path}/verify", json=said, headers=head, query_string=more).json

        told = verify(claim)
        assert told == {"agrees": True, "differences": [], "now": claim}, who
        wrong = copy.deepcopy(claim)
        wrong["goals"][0]["asks"][0]["leaves"][0]["holds"] ^= True
        assert not verify(wrong)["agrees"]
        assert (
            "person_id is that of somebody else" in verify({**claim, "person_id": ids["carl"]})["differences"]
        )
        assert verify({**claim, "more": 1})["code"] == "bad_request"
    assert goals.ask(goals.token("summit"), f"{path}/verify").status_code == 405


def internal_elsewhere(network: Network, *names: str) -> None:
    """Let Ana work at the maker's plant too, and these appointments of hers be internal; reviews rest on the plant's."""
    ids, a = network.ids, tables.appointment
    with network.hub.unit_of_work() as uow:
        network.location(uow, "plant", "maker")
        network.appoint(uow, "ana", "technician", "plant")
        chosen = a.c.id.in_([ids[name] for name in (*names, "ana at plant")])
        uow.connection.execute(sa.update(a).where(chosen).values(audience_class="internal"))
        moved = sa.update(training.goal_source).where(training.goal_source.c.goal_id == ids["review"])
        uow.connection.execute(moved.values(appointment_id=ids["ana at plant"]))


@pytest.mark.requirement("B71", "I22")
def test_a_review_is_told_where_it_rests_and_not_at_another_internal_appointment(goals: Network) -> None:
    ids = goals.ids
    internal_elsewhere(goals, "ana at pier")
    rosa = goals.token("rosa")
    assert ids_of(goals, rosa, "/goals", kind="review") == set()
    why = goals.read(rosa, f"/people/{ids['ana']}/why", target_id=ids["tires"], dimension="service")
    assert (why["verdict"], why["goals"]) == ("not_asked", [])
    with goals.hub.unit_of_work() as uow:
        with pytest.raises(Missing):
            decide.preview_waiver(uow, ids["rosa"], ids["review"])
        goals.place(uow, "plant", "coast", "service")
    assert ids_of(goals, rosa, "/goals", kind="review") == {"review"}


@pytest.mark.requirement("I24")
def test_what_somebody_reaches_for_a_later_employer_is_not_told_to_a_former_one(
    goals: Network, clock: SettableClock
) -> None:
    ids, a, source = goals.ids, tables.appointment, training.goal_source
    harbor = goals.token("harbor")

    def told() -> list[Any]:
        why = goals.read(harbor, f"/people/{ids['ana']}/why", target_id=ids["brakes"])
        lists = [goals.read(harbor, path)["items"] for path in ("/goals", "/credits")]
        return [*lists, goals.read(harbor, "/goals", state="reached")["items"], {**why, "at": ""}]

    with goals.hub.unit_of_work() as uow:
        at_harbor, tomorrow = [ids["ana at pier"], ids["ana at dock"]], uow.now + timedelta(days=1)
        uow.connection.execute(sa.update(a).where(a.c.id.in_(at_harbor)).values(valid_to=tomorrow))
        ended = sa.update(source).where(source.c.appointment_id.in_(at_harbor))
        uow.connection.execute(ended.values(valid_to=tomorrow))
    clock.advance(days=2)
    before = told()
    assert [len(items) for items in before[:3]] == [2, 1, 1]
    with goals.hub.unit_of_work() as uow:
        entry = uow.find(training.credit_ledger, goal_id=ids["of ana"])._asdict()
        for turn, kind, at in ((2, "void", entry["completed_at"]), (3, "credit", uow.now)):
            later = {"id": new_id(), "turn": turn, "kind": kind, "completed_at": at, "recorded_at": uow.now}
            uow.insert(training.credit_ledger, **{**entry, **later, "statement_id": new_id()})
        uow.connection.execute(sa.update(training.goal).values(reached_at=uow.now))
    assert told() == before
    assert len(goals.read(goals.token(), "/credits", goal_id=ids["of ana"])["items"]) == 3
