"""Any statement that xAPI allows goes in and comes back equal; whatever the standard forbids in it, nothing is written."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.errors import BadInput
from hub.journal.find_keys import find_keys, read_keys
from hub.runtime import Hub
from hub.xapi.http.versions import ApiVersion
from hub.xapi.storing.incoming import read_statements
from tests.xapi import refused
from tests.xapi.generated import Told, as_it_comes_back, statements
from tests.xapi.refused_things import Case
from tests.xapi.rig import Store, changed, full_statement, new_uuid, statement
from tests.xapi.test_statements import rows

V1, V2 = ApiVersion.V1, ApiVersion.V2
FORBIDDEN = {V1: refused.IN_BOTH + refused.ONLY_IN_1, V2: refused.IN_BOTH + refused.ONLY_IN_2}
SET_BY_STORE = {"id", "stored", "authority", "version", "timestamp"}
versions = pytest.mark.parametrize("version", [V1, V2], ids=["1.0.3", "2.0"])
on_a_store = settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
quickly = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def mutants(version: ApiVersion) -> st.SearchStrategy[tuple[Told, Case]]:
    """A good statement about an activity, and a rule to break in it."""
    return st.tuples(statements(is_2=version.is_2), st.sampled_from(FORBIDDEN[version]))


def mutate(told: Told, case: Case) -> Told:
    """The statement with the rule broken: what the rule needs beside itself is as in a short statement."""
    _, changes, wrong = case
    touched = {place.split(".")[0] for place in (*changes, wrong)}
    needed = touched & {"actor", "verb", "object", "context", "result"}
    return changed(told | {name: part for name, part in full().items() if name in needed}, changes)


def full() -> Told:
    """The parts of a statement that every rule of the catalogue can be broken in."""
    return statement(context={}, result={})


@versions
@quickly
@given(data=st.data())
def test_any_statement_is_taken(version: ApiVersion, data: st.DataObject) -> None:
    told = data.draw(statements(is_2=version.is_2))
    (taken,) = read_statements(json.dumps(told).encode(), version)
    assert json.loads(taken.raw) == told
    assert find_keys(taken.statement) == read_keys(taken.raw)


@versions
@quickly
@given(data=st.data())
def test_every_broken_rule_is_refused_in_any_statement(version: ApiVersion, data: st.DataObject) -> None:
    told, case = data.draw(mutants(version))
    with pytest.raises(BadInput) as refusal:
        read_statements(json.dumps([told, mutate(told, case)]).encode(), version)
    places = [problem.place for problem in refusal.value.problems]
    assert places, case
    assert all(place.startswith("statements[1]") for place in places), case


@versions
@on_a_store
@given(data=st.data())
def test_what_was_sent_comes_back_equal(
    store: Store, store_2: Store, version: ApiVersion, data: st.DataObject
) -> None:
    sender = store_2 if version.is_2 else store
    batch = data.draw(st.lists(statements(is_2=version.is_2), min_size=1, max_size=3))
    named = [told | ({"id": new_uuid()} if data.draw(st.booleans()) else {}) for told in batch]
    answer = sender.post(named[0] if len(named) == 1 and data.draw(st.booleans()) else named)
    assert answer.status_code == 200, answer.text
    for told, id in zip(named, answer.json, strict=True):
        back = sender.get(statementId=id).json
        assert {name: back[name] for name in told} == as_it_comes_back(told)
        assert back.keys() - told.keys() <= SET_BY_STORE
        assert id == told.get("id", id)


@versions
@on_a_store
@given(data=st.data())
def test_a_batch_with_a_broken_rule_writes_nothing(
    hub: Hub, store: Store, store_2: Store, version: ApiVersion, data: st.DataObject
) -> None:
    sender = store_2 if version.is_2 else store
    before = len(rows(hub))
    told, case = data.draw(mutants(version))
    batch: list[dict[str, Any]] = [told | {"id": new_uuid()}, mutate(told, case), statement()]
    at = data.draw(st.integers(0, 2))
    batch[1], batch[at] = batch[at], batch[1]
    answer = sender.post(batch)
    assert answer.status_code == 400, case
    assert any(problem["place"].startswith(f"statements[{at}]") for problem in answer.json["problems"]), case
    alone = sender.put(new_uuid(), batch[at])
    assert alone.status_code == 400, case
    assert len(rows(hub)) == before


def test_every_rule_of_the_catalogue_can_be_broken() -> None:
    """Also in the fullest statement; what the catalogue needs beside a rule does not hide it."""
    for version, cases in FORBIDDEN.items():
        for case in cases:
            with pytest.raises(BadInput):
                read_statements(json.dumps(mutate(full_statement(), case)).encode(), version)
