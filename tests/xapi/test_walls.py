"""What one partner's credential may learn of another partner: nothing. Not from answers, counts, or the work behind them."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from hub.app import open_hub
from hub.clock import SettableClock
from hub.config import Settings
from hub.ids import new_id
from hub.network.people.identities import link_identity
from hub.network.systems.connections import create_connection
from hub.network.tables import partner, person
from hub.runtime import Hub
from hub.xapi.callers.credentials import ALL, READ, READ_MINE, WRITE
from tests.xapi.rig import ATTACHMENT, VERBS, Answer, Store, new_uuid, open_store, statement

IDS = 500
FEW = 40
THEIR_AGENT = {"mbox": "mailto:secret.name@theirs.example", "name": "A Secret Name"}
THEIR_ACTIVITY_ID = "https://theirs.example/course/secret"
THEIR_ACTIVITY = {
    "id": THEIR_ACTIVITY_ID,
    "definition": {"name": {"en": "Secret course"}},
}
AGENT_JSON = json.dumps({"mbox": THEIR_AGENT["mbox"]})
FILE = b"a secret certificate"
FILE_SHA2 = hashlib.sha256(FILE).hexdigest()


@dataclass
class Neighbors:
    """Two partners: ``ours`` and ``ours_too`` belong to one, ``theirs`` to the other; each with the widest scope."""

    ours: Store
    ours_too: Store
    theirs: Store
    partner_ids: tuple[str, str]


@pytest.fixture
def neighbors(hub: Hub) -> Neighbors:
    """Two partners on the hub under test."""
    return meet(hub)


def meet(hub: Hub) -> Neighbors:
    """Two partners move in."""
    partners = new_id(), new_id()
    with hub.unit_of_work() as uow:
        for id in partners:
            uow.connection.execute(sa.insert(partner).values(id=id, name="Partner"))
        ours, ours_too, theirs = (
            create_connection(uow, slug, "lms", slug, partner_id)
            for slug, partner_id in (
                ("ours", partners[0]),
                ("ours-too", partners[0]),
                ("theirs", partners[1]),
            )
        )
    mine, mine_too, foreign = (open_store(hub, id, (ALL,)) for id in (ours, ours_too, theirs))
    return Neighbors(mine, mine_too, foreign, partners)


@contextmanager
def recorded(hub: Hub) -> Iterator[list[str]]:
    """The SQL of every statement that is sent while the block runs."""
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        seen.append(arguments[2])

    sa.event.listen(hub.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(hub.engine, "before_cursor_execute", note)


def told(answer: Answer) -> tuple[object, ...]:
    """All that an answer tells, but for the time."""
    headers = sorted((k, v) for k, v in answer.headers.items() if k != "X-Experience-API-Consistent-Through")
    return answer.status_code, tuple(headers), answer.data


def send_many(store: Store, count: int, **parts: Any) -> list[str]:
    """Statements with ids as a system makes them."""
    ids = [new_uuid() for _ in range(count)]
    answer = store.post([statement(id=id, actor=THEIR_AGENT, object=THEIR_ACTIVITY, **parts) for id in ids])
    assert answer.status_code == 200, answer.text
    return ids


def void(store: Store, id: str) -> str:
    voiding = statement(verb={"id": VERBS + "voided"}, object={"objectType": "StatementRef", "id": id})
    return str(store.post(voiding).json[0])


ASKED: dict[str, tuple[Callable[[Store, str], Answer], int]] = {
    "statementId": (lambda store, id: store.get(statementId=id), IDS),
    "voidedStatementId": (lambda store, id: store.get(voidedStatementId=id), FEW),
    "cursor": (lambda store, id: store.get(cursor=id), FEW),
    "cursor-ascending": (lambda store, id: store.get(cursor=id, ascending="true", limit=3), FEW),
    "attachments": (lambda store, id: store.get(statementId=id, attachments="true"), FEW),
    "canonical": (lambda store, id: store.get(statementId=id, format="canonical"), FEW),
    "head": (lambda store, id: store.send("HEAD", query_string={"statementId": id}), FEW),
}


@pytest.mark.requirement("B04")
@pytest.mark.parametrize("how", ASKED)
def test_their_ids_answer_like_ids_never_issued_after_the_same_work(
    hub: Hub, neighbors: Neighbors, how: str
) -> None:
    ask, count = ASKED[how]
    their_ids = send_many(neighbors.theirs, count)
    void(neighbors.theirs, their_ids[0])
    neighbors.ours.post(statement())
    ask(neighbors.ours, new_uuid())  # what a process does once is done
    seen: dict[tuple[object, ...], set[str]] = {}
    for kind, ids in (("theirs", their_ids), ("never issued", [new_uuid() for _ in range(count)])):
        for id in ids:
            with recorded(hub) as queries:
                answer = ask(neighbors.ours, id)
            assert id not in answer.text
            seen.setdefault((told(answer), tuple(queries)), set()).add(kind)
    assert list(seen.values()) == [{"theirs", "never issued"}]


@pytest.mark.requirement("B04")
def test_lists_show_and_count_nothing_of_theirs(neighbors: Neighbors) -> None:
    send_many(neighbors.theirs, 30)
    [mine] = neighbors.ours.post(statement()).json
    everything: list[dict[str, str]] = [
        {},
        {"agent": AGENT_JSON, "related_agents": "true"},
        {"activity": THEIR_ACTIVITY_ID, "related_activities": "true"},
        {"verb": VERBS + "completed"},
        {"since": "2020-01-01T00:00:00Z"},
        {"ascending": "true", "limit": "1"},
    ]
    for parameters in everything:
        page = neighbors.ours.page(**parameters)
        is_theirs = parameters.keys() & {"agent", "activity"}
        assert [each["id"] for each in page["statements"]] == ([] if is_theirs else [mine]), parameters
        assert page["more"] == ""


@pytest.mark.requirement("B04")
def test_the_wide_scopes_reach_as_far_as_the_partner(hub: Hub, neighbors: Neighbors) -> None:
    [ours] = neighbors.ours.post(statement()).json
    [ours_too] = neighbors.ours_too.post(statement()).json
    [theirs] = neighbors.theirs.post(statement()).json
    for scope, expected in ((READ_MINE, {ours}), (READ, {ours, ours_too}), (ALL, {ours, ours_too})):
        reader = open_store(hub, neighbors.ours.connection_id, (scope,))
        assert set(reader.ids()) == expected
        assert [reader.get(statementId=id).status_code for id in (ours, ours_too, theirs)] == [
            200 if id in expected else 404 for id in (ours, ours_too, theirs)
        ]
        found: list[str] = []
        page = reader.page(limit=1)
        while True:
            found += [each["id"] for each in page["statements"]]
            if not page["more"]:
                break
            page = reader.follow(page)
        assert set(found) == expected


@pytest.mark.requirement("B04")
def test_a_statement_about_theirs_does_not_find_out_about_it(neighbors: Neighbors) -> None:
    [their_id] = send_many(neighbors.theirs, 1)
    about = statement(object={"objectType": "StatementRef", "id": their_id})
    [mine] = neighbors.ours.post(about).json
    later = new_uuid()
    [early] = neighbors.ours.post(statement(object={"objectType": "StatementRef", "id": later})).json
    neighbors.theirs.post(statement(id=later, actor=THEIR_AGENT, object=THEIR_ACTIVITY))
    assert neighbors.ours.ids(agent=AGENT_JSON) == []
    assert neighbors.ours.ids(activity=THEIR_ACTIVITY_ID, verb=VERBS + "completed") == []
    assert set(neighbors.ours.ids()) == {mine, early}
    assert neighbors.theirs.ids(agent=json.dumps(statement()["actor"])) == []


@pytest.mark.requirement("B04")
def test_voiding_theirs_changes_nothing_for_them(neighbors: Neighbors) -> None:
    [their_id] = send_many(neighbors.theirs, 1)
    void(neighbors.ours, their_id)
    assert neighbors.theirs.get(statementId=their_id).status_code == 200
    assert neighbors.theirs.ids() == [their_id]
    assert neighbors.ours.get(voidedStatementId=their_id).status_code == 404


@pytest.mark.requirement("B04")
def test_their_files_cannot_be_fetched_by_naming_them(neighbors: Neighbors) -> None:
    attachment = ATTACHMENT | {"sha2": FILE_SHA2, "length": len(FILE), "contentType": "text/plain"}
    sent = {key: value for key, value in attachment.items() if key != "fileUrl"}
    [their_id] = post_with_file(neighbors.theirs, statement(attachments=[sent]), FILE).json
    claimed = statement(attachments=[attachment])
    [mine] = neighbors.ours.post(claimed).json
    for parameters in ({"statementId": mine}, {}):
        answer = neighbors.ours.get(attachments="true", **parameters)
        assert answer.status_code == 200
        assert FILE not in answer.data
    assert FILE in neighbors.theirs.get(attachments="true", statementId=their_id).data
    sibling = neighbors.ours_too.get(attachments="true")
    assert sibling.status_code == 200
    assert FILE not in sibling.data


def post_with_file(store: Store, told_of: dict[str, Any], file: bytes) -> Answer:
    """A statement with one attachment as multipart/mixed."""
    parts = [
        b"--b\r\nContent-Type: application/json\r\n\r\n" + json.dumps(told_of).encode(),
        b"--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: "
        + hashlib.sha256(file).hexdigest().encode()
        + b"\r\n\r\n"
        + file,
        b"--b--\r\n",
    ]
    answer = store.send("POST", data=b"\r\n".join(parts), content_type="multipart/mixed; boundary=b")
    assert answer.status_code == 200, answer.text
    return answer


DOCUMENTS: dict[str, tuple[str, dict[str, str], str]] = {
    "state": ("/xapi/activities/state", {"activityId": THEIR_ACTIVITY_ID, "agent": AGENT_JSON}, "stateId"),
    "activity-profile": ("/xapi/activities/profile", {"activityId": THEIR_ACTIVITY_ID}, "profileId"),
    "agent-profile": ("/xapi/agents/profile", {"agent": AGENT_JSON}, "profileId"),
}


@pytest.mark.requirement("B04")
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_their_documents_are_like_documents_that_are_not_there(
    hub: Hub, neighbors: Neighbors, kind: str
) -> None:
    path, context, name = DOCUMENTS[kind]
    made: dict[str, Any] = {"path": path, "data": b"theirs", "content_type": "text/plain"}
    query = context | {name: "theirs"}
    assert (
        neighbors.theirs.send("PUT", query_string=query, headers={"If-None-Match": "*"}, **made).status_code
        == 204
    )

    def tries(name_given: str) -> list[tuple[object, ...]]:
        asked = context | {name: name_given}
        came: list[tuple[object, ...]] = []
        for method, headers in (("GET", {}), ("HEAD", {}), ("DELETE", {"If-Match": '"x"'})):
            with recorded(hub) as queries:
                answer = neighbors.ours.send(method, path, query_string=asked, headers=headers)
            came.append((told(answer), tuple(queries)))
        return came

    tries("once")
    assert tries("theirs") == tries("nobodys")
    assert neighbors.ours.send("GET", path, query_string=context).json == []
    mine = {**made, "data": b"mine"}
    assert (
        neighbors.ours.send("PUT", query_string=query, headers={"If-None-Match": "*"}, **mine).status_code
        == 204
    )
    for store, content in ((neighbors.theirs, b"theirs"), (neighbors.ours, b"mine")):
        assert store.send("GET", path, query_string=query).data == content
    assert neighbors.ours_too.send("GET", path, query_string=query).status_code == 404


@pytest.mark.requirement("B04")
def test_their_activities_and_names_are_unknown(hub: Hub, neighbors: Neighbors) -> None:
    send_many(neighbors.theirs, 1)
    them = new_id()
    told_of = {"id": them, "locale": "en", "disabled": False, "partner_id": neighbors.partner_ids[1]}
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.insert(person).values(**told_of))
        link_identity(uow, neighbors.theirs.connection_id, "mbox", str(THEIR_AGENT["mbox"]), them, "roster")
        link_identity(
            uow, neighbors.theirs.connection_id, "openid", "https://secret.example/id", them, "roster"
        )
    activity = neighbors.ours.send("GET", "/xapi/activities", query_string={"activityId": THEIR_ACTIVITY_ID})
    assert "Secret" not in activity.text
    answer = neighbors.ours.send("GET", "/xapi/agents", query_string={"agent": AGENT_JSON})
    assert answer.json == {"objectType": "Person", "mbox": [THEIR_AGENT["mbox"]]}
    seen = neighbors.theirs.send("GET", "/xapi/agents", query_string={"agent": AGENT_JSON}).json
    assert (seen["name"], seen["openid"]) == ([THEIR_AGENT["name"]], ["https://secret.example/id"])
    unnamed = {"id": THEIR_ACTIVITY_ID}
    [mine] = neighbors.ours.post(statement(object=unnamed)).json
    canonical = neighbors.ours.get(statementId=mine, format="canonical")
    assert canonical.json["object"] == unnamed
    assert "Secret" in neighbors.theirs.get(format="canonical").text


@pytest.mark.requirement("B04")
def test_a_token_opens_no_more_than_its_credential(neighbors: Neighbors) -> None:
    [their_id] = send_many(neighbors.theirs, 1)
    key = base64.b64encode(f"{neighbors.ours.key}:{neighbors.ours.secret}".encode()).decode()
    granted = neighbors.ours.send(
        "POST",
        "/xapi/oauth/token",
        data={"grant_type": "client_credentials"},
        content_type="application/x-www-form-urlencoded",
        headers={"Authorization": f"Basic {key}"},
    )
    bearer = {"Authorization": f"Bearer {granted.json['access_token']}"}
    answer = neighbors.ours.send("GET", query_string={"statementId": their_id}, headers=bearer)
    assert answer.status_code == 404
    assert neighbors.ours.send("GET", headers=bearer).json["statements"] == []


@pytest.mark.requirement("B04")
def test_a_connection_without_a_partner_sees_its_own_only(hub: Hub, neighbors: Neighbors) -> None:
    with hub.unit_of_work() as uow:
        alone, other = (create_connection(uow, slug, "lms", slug) for slug in ("alone", "other"))
    open_store(hub, other, (WRITE,)).post(statement())
    neighbors.ours.post(statement())
    assert open_store(hub, alone, (ALL,)).ids() == []


@pytest.mark.requirement("I24")
def test_our_answers_are_the_same_whatever_they_do(
    settings: Settings, clock: SettableClock, new_database: Callable[..., str]
) -> None:
    told_in = []
    for is_busy in (False, True):
        hub = open_hub(settings.model_copy(update={"database_url": SecretStr(new_database())}), clock=clock)
        neighbors = meet(hub)
        told_in.append([renamed(answer, neighbors.ours) for answer in live(neighbors, is_busy)])
        hub.close()
    assert told_in[0] == told_in[1]
    assert {answer[0] for answer in told_in[0]} == {200, 204, 404, 409}


def renamed(answer: Answer, ours: Store) -> tuple[object, ...]:
    """All that an answer tells, with a name for our key, which is another one in each world."""
    status, headers, body = told(answer)
    assert isinstance(body, bytes)
    return status, headers, body.replace(ours.key.encode(), b"OURS")


def live(neighbors: Neighbors, is_busy: bool) -> Iterator[Answer]:
    """What we are answered on a day on which the other partner does much the same, or nothing."""
    ours, theirs = neighbors.ours, neighbors.theirs
    ids = [f"0190a000-0000-4000-8000-{number:012}" for number in range(40)]
    document: dict[str, Any] = {
        "path": DOCUMENTS["state"][0],
        "query_string": DOCUMENTS["state"][1] | {"stateId": "x"},
    }
    for number, id in enumerate(ids[:20]):
        if is_busy:
            name = {"en": f"Theirs {number}"}
            again = THEIR_ACTIVITY | {"definition": {"name": name}}
            theirs.post([statement(actor=THEIR_AGENT, object=again) for _ in range(3)])
            theirs.post(statement(object={"objectType": "StatementRef", "id": id}))
            void(theirs, id)
            theirs.send("POST", data=b'{"theirs": 1}', **document)
        mine = statement(id=id, actor=THEIR_AGENT, object={"id": THEIR_ACTIVITY_ID})
        if number % 5 == 4:
            mine = statement(id=id, object={"objectType": "StatementRef", "id": ids[number - 1]})
        yield ours.post(mine)
        yield ours.post(mine | {"result": {"success": True}})
        yield ours.send("POST", data=json.dumps({f"p{number}": number}).encode(), **document)
        yield ours.send("GET", **document)
    for parameters in (
        {},
        {"limit": "3"},
        {"agent": AGENT_JSON, "limit": "7"},
        {"activity": THEIR_ACTIVITY_ID, "ascending": "true", "limit": "5"},
        {"verb": VERBS + "completed", "agent": AGENT_JSON, "related_agents": "true"},
        {"format": "canonical"},
        {"format": "ids"},
        {"cursor": ids[9]},
    ):
        answer = ours.get(**parameters)
        yield answer
        while answer.json["more"]:
            answer = ours.send("GET", answer.json["more"])
            yield answer
    for id in (ids[3], ids[33]):
        yield ours.get(statementId=id)
        yield ours.get(voidedStatementId=id)
    yield ours.send("GET", "/xapi/activities", query_string={"activityId": THEIR_ACTIVITY_ID})
    yield ours.send("GET", "/xapi/agents", query_string={"agent": AGENT_JSON})
