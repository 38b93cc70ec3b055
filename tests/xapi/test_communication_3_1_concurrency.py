"""Documents are not changed on old knowledge (xAPI 1.0.3 Communication 3.1; 2.0, 4.1.4)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from hub.runtime import Hub
from tests.xapi.document_rig import KINDS, NEW, PROFILES, Documents, parameters
from tests.xapi.rig import Answer, Store, make_app
from tests.xapi.test_statements import audited

WRITERS = 6


@pytest.fixture(params=KINDS)
def documents(request: pytest.FixtureRequest, trusted_store: Store) -> Documents:
    """Documents of each kind in xAPI 1.0.3."""
    return Documents(trusted_store, request.param)


@pytest.fixture
def documents_2(documents: Documents, trusted_store_2: Store) -> Documents:
    """The same in xAPI 2.0."""
    return Documents(trusted_store_2, documents.kind)


def both(documents: Documents, documents_2: Documents) -> tuple[Documents, Documents]:
    """The document, made, as both versions see it."""
    documents.make({"v": 1})
    return documents, documents_2


def test_changes_on_the_current_etag_are_made(documents: Documents, documents_2: Documents) -> None:
    for each in both(documents, documents_2):
        for method, body in (("PUT", {"v": 2}), ("POST", {"w": 3}), ("DELETE", None)):
            answer = each.send(method, body, headers={"If-Match": each.etag()})
            assert answer.status_code == 204, method
        each.make({"v": 1})


def test_changes_on_an_old_etag_are_refused(hub: Hub, documents: Documents, documents_2: Documents) -> None:
    old = '"1111111111111111111111111111111111111111"'
    for each in both(documents, documents_2):
        for method, body in (("PUT", {"v": 2}), ("POST", {"w": 3}), ("DELETE", None)):
            answer = each.send(method, body, headers={"If-Match": old})
            assert (answer.status_code, answer.json["code"]) == (412, "document_changed"), method
        assert each.send("GET").json == {"v": 1}
    assert audited(hub) == [("document", "document_changed")] * 6


def test_if_match_wants_a_document(documents: Documents, documents_2: Documents) -> None:
    for each in (documents, documents_2):
        for if_match in ('"1111111111111111111111111111111111111111"', "*"):
            for method, body in (("PUT", {"v": 2}), ("POST", {"w": 3}), ("DELETE", None)):
                answer = each.send(method, body, headers={"If-Match": if_match})
                assert answer.status_code == 412, method
    assert documents.send("GET").status_code == 404


def test_if_none_match_wants_no_document(documents: Documents, documents_2: Documents) -> None:
    for each in both(documents, documents_2):
        for method in ("PUT", "POST"):
            assert each.send(method, {"v": 2}, headers=NEW).status_code == 412, method
        assert each.send("GET").json == {"v": 1}


def test_any_of_several_etags_will_do(documents: Documents) -> None:
    documents.make({"v": 1})
    etag = documents.etag()
    for number, if_match in enumerate((f'"x", {etag}', f"{etag},", "*", f"W/{etag}", etag.strip('"'))):
        answer = documents.send("PUT", {"v": 1}, headers={"If-Match": if_match})
        assert answer.status_code == 204, (number, if_match)


def test_1_0_3_puts_profiles_on_a_condition_only(hub: Hub, trusted_store: Store) -> None:
    for kind in PROFILES:
        profiles = Documents(trusted_store, kind)
        answer = profiles.send("PUT", {"v": 2})
        assert (answer.status_code, answer.json["code"]) == (400, "no_precondition")
        assert profiles.send("GET").status_code == 404
        profiles.make({"v": 1})
        answer = profiles.send("PUT", {"v": 2})
        assert (answer.status_code, answer.json["code"]) == (409, "document_exists")
        assert "If-Match" in answer.json["help"]
        assert "current state" in answer.json["help"]
        assert profiles.send("GET").json == {"v": 1}
    assert audited(hub) == [("document", "no_precondition"), ("document", "document_exists")] * 2


def test_1_0_3_exempts_states(trusted_store: Store) -> None:
    states = Documents(trusted_store, "state")
    for version in (1, 2):
        assert states.send("PUT", {"v": version}).status_code == 204
    assert states.send("GET").json == {"v": 2}


def test_2_0_replaces_nothing_without_a_condition(documents_2: Documents) -> None:
    assert documents_2.send("PUT", {"v": 1}).status_code == 204, "but makes what is not there"
    answer = documents_2.send("PUT", {"v": 2})
    assert (answer.status_code, answer.json["code"]) == (409, "document_exists")
    assert documents_2.send("GET").json == {"v": 1}


def test_post_and_delete_need_no_condition(documents: Documents, documents_2: Documents) -> None:
    for each in both(documents, documents_2):
        assert each.send("POST", {"w": 2}).status_code == 204
        assert each.send("DELETE").status_code == 204
        assert each.send("POST", {"v": 1}).status_code == 204


def at_once(hub: Hub, documents: Documents, headers: dict[str, str], method: str) -> list[Answer]:
    """What writers are answered that all send their own number at the same moment."""
    app, ready = make_app(hub), Barrier(WRITERS)

    def write(number: int) -> Answer:
        store = documents.store
        mine = Store(app.test_client(), store.connection_id, store.key, store.secret, store.version)
        client = Documents(mine, documents.kind)
        ready.wait()
        return client.send(method, {f"w{number}": number}, headers=headers)

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(write, range(WRITERS)))


def test_of_writers_with_the_same_etag_one_wins(hub: Hub, documents: Documents) -> None:
    for before in range(5):
        documents.make({"first": before})  # new content, and so another ETag than any writer can make
        answers = at_once(hub, documents, {"If-Match": documents.etag()}, "PUT")
        codes = [answer.status_code for answer in answers]
        assert sorted(codes) == [204] + [412] * (WRITERS - 1)
        winner = codes.index(204)
        assert documents.send("GET").json == {f"w{winner}": winner}
        assert documents.send("DELETE").status_code == 204


def test_of_writers_of_a_new_document_one_wins(hub: Hub, documents: Documents) -> None:
    for _ in range(5):
        codes = [answer.status_code for answer in at_once(hub, documents, NEW, "PUT")]
        assert sorted(codes) == [204] + [412] * (WRITERS - 1)
        winner = codes.index(204)
        assert documents.send("GET").json == {f"w{winner}": winner}
        assert documents.send("DELETE").status_code == 204


def test_deleting_contexts_that_overlap_while_they_are_written_blocks_nobody(
    hub: Hub, trusted_store: Store
) -> None:
    app, ready = make_app(hub), Barrier(WRITERS)
    registration = "2e5ea2e8-4dbf-4a4f-8d5b-6e9f4d0f4ad1"

    def work(number: int) -> set[int]:
        store = Store(app.test_client(), trusted_store.connection_id, trusted_store.key, trusted_store.secret)
        states, codes = Documents(store, "state"), set()
        of = {"registration": registration} if number % 2 else {}
        ready.wait()
        for turn in range(8):
            for name in (f"a{turn}", f"b{number}", "c"):
                codes.add(
                    states.send("POST", {"x": turn}, query_string=parameters("state", name, **of)).status_code
                )
            codes.add(states.send("DELETE", query_string=parameters("state", None, **of)).status_code)
        return codes

    with ThreadPoolExecutor(WRITERS) as pool:
        assert set().union(*pool.map(work, range(WRITERS))) == {204}
    assert Documents(trusted_store, "state").names() == []


def test_of_merges_at_once_none_is_lost(hub: Hub, documents: Documents) -> None:
    for _ in range(3):
        codes = [answer.status_code for answer in at_once(hub, documents, {}, "POST")]
        assert codes == [204] * WRITERS
        assert documents.send("GET").json == {f"w{number}": number for number in range(WRITERS)}
        assert documents.names() == ["settings"]
        assert documents.send("DELETE").status_code == 204
