"""The Activities Resource: what the statements of a system say of an activity, merged."""

import json
import random
import threading
from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from hub.ids import new_id
from hub.network.systems.connections import create_connection
from hub.network.tables import partner
from hub.runtime import Hub
from hub.xapi.callers.scopes import ALL, DEFINE, READ_MINE, STATE, WRITE
from hub.xapi.statements.activities import Definition
from hub.xapi.statements.explain import explain
from hub.xapi.storing.definitions import Remembered
from hub.xapi.storing.merge_definitions import MAX_BYTES, merge_definitions
from hub.xapi.storing.store_statements import store_statements
from hub.xapi.tables import activity_definition
from tests.databases import Kind
from tests.xapi.rig import Answer, Store, new_uuid, open_store, problems_of, statement, sub_statement

ID = "https://lms.example/course/brakes"


@pytest.fixture
def store(hub: Hub, store: Store) -> Store:
    """The record store as a system sees it that may describe activities."""
    return open_store(hub, store.connection_id, (WRITE, READ_MINE, DEFINE))


def look_up(store: Store, id: str = ID) -> Answer:
    return store.send("GET", "/xapi/activities", query_string={"activityId": id})


def definition(store: Store, id: str = ID) -> Any:
    answer = look_up(store, id)
    assert answer.status_code == 200, answer.text
    return answer.json.get("definition")


def describe(store: Store, **parts: Any) -> None:
    """Send a statement that describes the activity."""
    assert store.post(statement(object={"id": ID, "definition": parts})).status_code == 200


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_an_unknown_activity_is_one_all_the_same(store: Store, version: str) -> None:
    store.version = version
    answer = look_up(store, "https://lms.example/never/seen")
    assert (answer.status_code, answer.json) == (
        200,
        {"objectType": "Activity", "id": "https://lms.example/never/seen"},
    )


def test_all_that_is_known_in_all_languages(store: Store) -> None:
    describe(
        store, name={"en": "Brakes"}, type="https://example.com/course", extensions={"https://x.example": 1}
    )
    describe(store, name={"fr": "Freins"}, description={"en": "All about brakes"})
    assert look_up(store).json == {
        "objectType": "Activity",
        "id": ID,
        "definition": {
            "name": {"en": "Brakes", "fr": "Freins"},
            "description": {"en": "All about brakes"},
            "type": "https://example.com/course",
            "extensions": {"https://x.example": 1},
        },
    }


def test_one_batch_may_describe_it_twice(store: Store) -> None:
    store.post(
        [statement(object={"id": ID, "definition": {"name": {tag: tag}}}) for tag in ("en", "fr", "de")]
    )
    assert definition(store)["name"] == {"en": "en", "fr": "fr", "de": "de"}


def test_the_newest_wins(store: Store) -> None:
    describe(store, name={"en": "Braks"}, moreInfo="https://example.com/1")
    describe(store, name={"en": "Brakes"}, moreInfo="https://example.com/2")
    assert definition(store) == {"name": {"en": "Brakes"}, "moreInfo": "https://example.com/2"}


def test_head_and_etag(store: Store) -> None:
    describe(store, name={"en": "Brakes"})
    head = store.send("HEAD", "/xapi/activities", query_string={"activityId": ID})
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == look_up(store).headers["ETag"]


def test_wherever_the_activity_stands(store: Store) -> None:
    def named(n: int) -> dict[str, Any]:
        return {"id": f"https://lms.example/{n}", "definition": {"name": {"en": str(n)}}}

    around = {"parent": named(1), "grouping": [named(2), named(3)], "category": [named(4)], "other": named(5)}
    inner = {"parent": [named(7)]}
    store.post(
        [
            statement(context={"contextActivities": around}),
            sub_statement(object=named(6), context={"contextActivities": inner}),
        ]
    )
    for n in range(1, 8):
        assert definition(store, f"https://lms.example/{n}") == {"name": {"en": str(n)}}


def test_a_refused_request_describes_nothing(store: Store) -> None:
    id = new_uuid()
    store.post(statement(id=id))
    told = statement(object={"id": ID, "definition": {"name": {"en": "Brakes"}}})
    assert store.post([told, statement(id=id, verb={"id": "https://example.com/x"})]).status_code == 409
    assert definition(store) is None
    assert store.post(told).status_code == 200
    assert definition(store) == {"name": {"en": "Brakes"}}


def test_a_statement_sent_again_describes_nothing(store: Store) -> None:
    id = new_uuid()
    store.post(statement(id=id, object={"id": ID, "definition": {"name": {"en": "Brakes"}}}))
    store.post(statement(id=id, object={"id": ID, "definition": {"name": {"en": "Other"}}}))
    assert definition(store) == {"name": {"en": "Brakes"}}


def test_only_who_may_describes(hub: Hub, store: Store) -> None:
    limited = open_store(hub, store.connection_id)
    describe(limited, name={"en": "Brakes"})
    assert definition(store) is None
    assert definition(limited) is None


def test_each_system_describes_for_itself(hub: Hub, store: Store) -> None:
    with hub.unit_of_work() as uow:
        other_id = create_connection(uow, "elsewhere", "lms", "LMS Elsewhere")
    other = open_store(hub, other_id, (ALL,))
    describe(store, name={"en": "Brakes"})
    assert definition(other) is None
    describe(other, name={"en": "Bremsen"})
    assert definition(store) == {"name": {"en": "Brakes"}}


def test_who_may_read_a_partners_statements_learns_what_its_systems_say(hub: Hub) -> None:
    """The own system has the last word."""
    partner_id = new_id()
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.insert(partner).values(id=partner_id, name="Riverside"))
        ids = [create_connection(uow, slug, "lms", slug, partner_id) for slug in ("one", "two")]
    one, two = (open_store(hub, id, (ALL,)) for id in ids)
    describe(one, name={"en": "Brakes"}, type="https://example.com/one")
    describe(two, name={"fr": "Freins"}, type="https://example.com/two")
    assert definition(one) == {"name": {"en": "Brakes", "fr": "Freins"}, "type": "https://example.com/one"}
    assert definition(two) == {"name": {"en": "Brakes", "fr": "Freins"}, "type": "https://example.com/two"}
    narrow = open_store(hub, ids[1], (READ_MINE,))
    assert definition(narrow) == {"name": {"fr": "Freins"}, "type": "https://example.com/two"}


def test_a_statement_may_describe_more_activities_than_a_query_has_parameters(store: Store) -> None:
    around = [{"id": f"x:{n}", "definition": {"type": "x:y"}} for n in range(70_000)]
    told = statement(context={"contextActivities": {"other": around}})
    answer = store.post(json.dumps(told, separators=(",", ":")).encode())
    assert answer.status_code == 200, answer.text
    assert definition(store, "x:69999") == {"type": "x:y"}


def test_a_definition_does_not_grow_for_ever(hub: Hub, store: Store) -> None:
    """Nothing of what does not fit is taken over; what fits later still is."""
    large = "x" * (MAX_BYTES * 2 // 5)
    for n in range(3):
        describe(store, extensions={f"https://x.example/{n}": large})
    describe(store, name={"en": "Brakes"})
    known = definition(store)
    assert set(known["extensions"]) == {"https://x.example/0", "https://x.example/1"}
    assert known["name"] == {"en": "Brakes"}
    whole = [{"id": "x:large", "definition": {"extensions": {"x:e": 3 * large}}}]
    assert store.post(statement(context={"contextActivities": {"other": whole}})).status_code == 200
    assert definition(store, "x:large") is None


def test_a_batch_that_says_more_than_fits_is_merged_as_far_as_it_fits(store: Store) -> None:
    """Names that replace each other do not add up."""
    large = "x" * (MAX_BYTES // 4)
    batch = [statement(object={"id": ID, "definition": {"name": {"en": f"{n}{large}"}}}) for n in range(9)]
    assert store.post(batch).status_code == 200
    assert definition(store) == {"name": {"en": f"8{large}"}}


@pytest.mark.parametrize("scopes", [(STATE,), (DEFINE,), (READ_MINE,)], ids=["state", "define", "read"])
def test_who_may_look_up(hub: Hub, store: Store, scopes: tuple[str, ...]) -> None:
    assert look_up(open_store(hub, store.connection_id, scopes)).status_code == 200


def test_who_may_not(hub: Hub, store: Store) -> None:
    assert look_up(open_store(hub, store.connection_id, (WRITE,))).status_code == 403
    assert (
        store.send("GET", "/xapi/activities?activityId=x:y", headers={"Authorization": None}).status_code
        == 401
    )


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("", "activityId"),
        ("activityId=", "activityId"),
        ("activityId=true", "activityId"),
        ("activityId=x:y&activityId=x:y", "activityId"),
        ("activityid=x:y", "activityid"),
        ("activityId=x:y&since=2026-01-01T00:00:00Z", "since"),
        (f"activityId=x:{'y' * 1000}", "activityId"),
    ],
    ids=["missing", "empty", "no-iri", "twice", "case", "unknown", "long"],
)
def test_bad_parameters(store: Store, query: str, place: str) -> None:
    answer = store.send("GET", f"/xapi/activities?{query}")
    assert answer.status_code == 400
    assert place in problems_of(answer)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_is_read_only(store: Store, method: str) -> None:
    assert store.send(method, "/xapi/activities?activityId=x:y").status_code == 405


CHOICE = {
    "interactionType": "choice",
    "correctResponsesPattern": ["a"],
    "choices": [{"id": "a", "description": {"en": "A"}}, {"id": "b"}],
}


TEXTS = st.dictionaries(st.sampled_from(["en", "fr"]), st.sampled_from(["a", "b"]))
COMPONENTS = st.lists(
    st.fixed_dictionaries({"id": st.sampled_from("abc")}, optional={"description": TEXTS}),
    unique_by=lambda component: str(component["id"]),
)
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "name": TEXTS,
    "description": TEXTS,
    "type": st.sampled_from(["https://x.example/1", "https://x.example/2"]),
    "extensions": st.dictionaries(st.just("https://x.example"), st.integers(0, 2)),
}
RESPONSES = {"correctResponsesPattern": st.lists(st.sampled_from("ab"))}
DEFINITIONS = st.one_of(
    st.fixed_dictionaries({}, optional=PLAIN),
    st.fixed_dictionaries(
        {"interactionType": st.just("choice")}, optional=PLAIN | RESPONSES | {"choices": COMPONENTS}
    ),
    st.fixed_dictionaries(
        {"interactionType": st.just("matching")},
        optional=PLAIN | RESPONSES | {"source": COMPONENTS, "target": COMPONENTS},
    ),
)


class TestMerging:
    def test_neither_is_changed(self) -> None:
        known, told = {"name": {"en": "A"}}, {"name": {"fr": "B"}}
        assert merge_definitions(known, told) == {"name": {"en": "A", "fr": "B"}}
        assert (known, told) == ({"name": {"en": "A"}}, {"name": {"fr": "B"}})

    def test_what_was_answered_against_stays(self) -> None:
        told = {
            "interactionType": "choice",
            "correctResponsesPattern": ["b"],
            "choices": [{"id": "b"}, {"id": "c"}],
        }
        assert merge_definitions(CHOICE, told) == CHOICE

    def test_what_components_are_called_may_change(self) -> None:
        told = {
            "interactionType": "choice",
            "choices": [
                {"id": "b", "description": {"en": "B"}},
                {"id": "a", "description": {"fr": "Ah", "en": "AA"}},
            ],
        }
        assert merge_definitions(CHOICE, told)["choices"] == [
            {"id": "a", "description": {"en": "AA", "fr": "Ah"}},
            {"id": "b", "description": {"en": "B"}},
        ]

    def test_another_interaction_is_not_taken_over(self) -> None:
        told = {"name": {"en": "Which?"}, "interactionType": "likert", "scale": [{"id": "1"}]}
        assert merge_definitions(CHOICE, told) == CHOICE | {"name": {"en": "Which?"}}

    @given(DEFINITIONS, DEFINITIONS)
    def test_what_was_said_once_changes_nothing_the_second_time(self, known: Any, told: Any) -> None:
        """A process remembers what it has merged, and does not merge it again."""
        merged = merge_definitions(known, told)
        assert merge_definitions(merged, told) == merged
        assert list(explain(Definition, merged, "")) == []

    def test_what_was_missing_comes(self) -> None:
        assert merge_definitions({"interactionType": "choice"}, CHOICE) == CHOICE
        assert merge_definitions({"name": {"en": "Which?"}}, CHOICE) == CHOICE | {"name": {"en": "Which?"}}
        assert merge_definitions(CHOICE, {"name": {"en": "Which?"}}) == CHOICE | {"name": {"en": "Which?"}}


def queries(hub: Hub, store: Store, names: Sequence[str]) -> list[tuple[str, ...]]:
    """What the table of definitions was asked while the activity was given these names, one after the other."""
    asked: list[str] = []

    def note(connection: Any, cursor: Any, sql: str, *rest: Any) -> None:
        if "activity_definition" in sql:
            asked.append(sql.split(maxsplit=1)[0])

    sa.event.listen(hub.engine, "before_cursor_execute", note)
    seen = []
    for name in names:
        describe(store, name={"en": name})
        seen.append(tuple(asked))
        asked.clear()
    sa.event.remove(hub.engine, "before_cursor_execute", note)
    return seen


def test_what_is_known_costs_no_query(hub: Hub, store: Store) -> None:
    """The first time it is written, the second time read, and from then on this process knows."""
    assert queries(hub, store, ["Brakes"] * 4) == [("SELECT", "INSERT"), ("SELECT",), (), ()]


def test_systems_that_contradict_each_other_do_not_for_ever(hub: Hub, store: Store) -> None:
    """Each of two names is written twice; from then on it costs nothing, and the newest stays."""
    seen = queries(hub, store, ["Brakes", "Brake pads"] * 4)
    assert [bool(each) for each in seen] == [True] * 4 + [False] * 4
    assert definition(store) == {"name": {"en": "Brake pads"}}


def test_what_was_rolled_back_is_written_the_next_time(
    hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def store_and_fail(*given: Any) -> None:
        store_statements(*given)
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("hub.xapi.storing.store_together.store_statements", store_and_fail)
        told = statement(object={"id": ID, "definition": {"name": {"en": "Brakes"}}})
        assert store.post(told).status_code == 500
    assert definition(store) is None
    describe(store, name={"en": "Brakes"})
    assert definition(store) == {"name": {"en": "Brakes"}}


def test_the_oldest_are_forgotten() -> None:
    remembered = Remembered(size=2)
    for number in (1, 2, 3):
        remembered.add([number])
    assert [number in remembered for number in (1, 2, 3)] == [False, True, True]
    remembered.add([4], written=True)
    assert 4 not in remembered


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_concurrent_batches_lose_nothing_and_never_deadlock(
    hub: Hub, store: Store, database_kind: Kind
) -> None:
    """Many describe the same activities at once, each in an order and a language of its own."""
    activities = [f"https://lms.example/{n}" for n in range(6)]
    answers: list[int] = []

    def work(seed: int) -> None:
        dice = random.Random(seed)
        client = open_store(hub, store.connection_id, (ALL,))
        for turn in range(5):
            batch = [
                statement(object={"id": id, "definition": {"name": {f"x-{seed}-{turn}": "name"}}})
                for id in dice.sample(activities, len(activities))
            ]
            answers.append(client.post(batch).status_code)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 40
    told = {f"x-{seed}-{turn}" for seed in range(8) for turn in range(5)}
    for id in activities:
        assert set(definition(store, id)["name"]) == told
    with hub.reading() as uow:
        count = sa.select(sa.func.count()).select_from(activity_definition)
        assert uow.connection.scalar(count) == len(activities)
