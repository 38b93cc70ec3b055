"""What only states have: registrations, and deleting all of a context (xAPI 1.0.3 Communication 2.3; 2.0, 4.1.6.2)."""

import json

from tests.xapi.document_rig import NEW, Documents, parameters
from tests.xapi.rig import Store, new_uuid, problems_of

ONE, OTHER = "2e5ea2e8-4dbf-4a4f-8d5b-6e9f4d0f4ad1", "7c6a4c7b-9d7e-4f23-8f2c-0a3f1f3a9be2"


def make_states(store: Store) -> Documents:
    """``place`` with two registrations and without one, ``extra`` with one of them."""
    states = Documents(store, "state")
    for name, registration in (("place", {"registration": ONE}), ("place", {"registration": OTHER})):
        states.make({"of": registration}, query_string=parameters("state", name, **registration))
    states.make({"of": None}, query_string=parameters("state", "place"))
    states.make({}, query_string=parameters("state", "extra", registration=ONE))
    return states


def test_states_of_registrations_are_kept_apart(trusted_store: Store) -> None:
    states = make_states(trusted_store)
    for of in ({"registration": ONE}, {"registration": OTHER}, None):
        back = states.send("GET", query_string=parameters("state", "place", **(of or {})))
        assert back.json == {"of": of}
    upper = parameters("state", "place", registration=ONE.upper())
    assert states.send("GET", query_string=upper).json == {"of": {"registration": ONE}}
    assert states.send("GET", query_string=parameters("state", "extra")).status_code == 404


def test_names_are_told_of_one_registration_or_of_all(trusted_store: Store) -> None:
    states = make_states(trusted_store)
    assert sorted(states.names(registration=ONE)) == ["extra", "place"]
    assert states.names(registration=OTHER) == ["place"]
    assert sorted(states.names()) == ["extra", "place"], "each name once"
    assert states.names(registration=new_uuid()) == []


def test_all_states_of_a_registration_can_be_deleted(trusted_store: Store) -> None:
    states = make_states(trusted_store)
    answer = states.send("DELETE", query_string=parameters("state", None, registration=ONE))
    assert (answer.status_code, answer.data) == (204, b"")
    assert states.names(registration=ONE) == []
    assert states.names(registration=OTHER) == ["place"]
    assert states.send("GET", query_string=parameters("state", "place")).status_code == 200


def test_all_states_of_a_context_can_be_deleted(trusted_store: Store) -> None:
    states = make_states(trusted_store)
    elsewhere = [
        {"activityId": "https://lms.example/other"},
        {"agent": json.dumps({"mbox": "mailto:other@example.com"})},
    ]
    for other in elsewhere:
        states.make({}, query_string=parameters("state", "place", **other))
    assert states.send("DELETE", query_string=parameters("state", None)).status_code == 204
    assert states.names() == []
    for other in elsewhere:
        assert states.names(**other) == ["place"]


def test_deleting_all_takes_no_since(trusted_store: Store) -> None:
    states = make_states(trusted_store)
    query = parameters("state", None, since="2026-05-04T09:00:00Z")
    answer = states.send("DELETE", query_string=query)
    assert (answer.status_code, list(problems_of(answer))) == (400, ["since"])
    assert len(states.names()) == 2


def test_since_is_for_lists(trusted_store: Store) -> None:
    states = make_states(trusted_store)
    answer = states.send("GET", query_string=parameters("state", since="2026-05-04T09:00:00Z"))
    assert (answer.status_code, list(problems_of(answer))) == (400, ["since"])
    answer = states.send("GET", query_string=parameters("state", None, since="yesterday"))
    assert (answer.status_code, list(problems_of(answer))) == (400, ["since"])


def test_a_registration_is_a_uuid(trusted_store: Store) -> None:
    states = Documents(trusted_store, "state", {"registration": "true"})
    for method in ("GET", "PUT", "POST", "DELETE"):
        answer = states.send(method, {}, headers=NEW)
        assert (answer.status_code, list(problems_of(answer))) == (400, ["registration"]), method


def test_profiles_know_no_registration_and_are_deleted_one_by_one(trusted_store: Store) -> None:
    for kind in ("agent_profile", "activity_profile"):
        profiles = Documents(trusted_store, kind)
        profiles.make({})
        answer = profiles.send("GET", query_string=parameters(kind, registration=ONE))
        assert (answer.status_code, list(problems_of(answer))) == (400, ["registration"])
        answer = profiles.send("DELETE", query_string=parameters(kind, None))
        assert (answer.status_code, problems_of(answer)) == (400, {"profileId": "is missing"})
        assert profiles.names() == ["settings"]
