"""Who is behind an Agent (xAPI 1.0.3 Communication 2.4; 2.0, 4.1.6.3)."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.network import tables as network
from hub.network.people.identities import link_identity
from hub.runtime import Hub
from hub.xapi.callers.credentials import ALL_READ, PROFILE, READ_MINE, STATE, WRITE
from tests.xapi.rig import AGENT, GROUP, OTHER_AGENT, Answer, Store, open_store, problems_of, statement

PATH = "/xapi/agents"


def ask(store: Store, agent: Any, method: str = "GET") -> Answer:
    """The answer about an Agent."""
    return store.send(method, PATH, query_string={"agent": json.dumps(agent)})


def link(hub: Hub, connection_id: str, *identities: tuple[str, str]) -> None:
    """Let a system know a person by several identifiers."""
    person_id, partner_id = new_id(), new_id()
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.insert(network.partner).values(id=partner_id, name="Riverside"))
        uow.connection.execute(
            sa.insert(network.person).values(id=person_id, partner_id=partner_id, locale="en", disabled=False)
        )
        for form, subject in identities:
            link_identity(uow, connection_id, form, subject, person_id, "roster")


def test_an_agent_nobody_knows_is_told_back(trusted_store: Store, trusted_store_2: Store) -> None:
    account = {"homePage": "https://lms.example", "name": "x"}
    for agent, person in (
        (AGENT, {"mbox": ["mailto:ana@example.com"]}),
        ({"objectType": "Agent", "name": "Ben", "account": account}, {"name": ["Ben"], "account": [account]}),
        ({"openid": "https://id.example/x"}, {"openid": ["https://id.example/x"]}),
        ({"mbox_sha1sum": "ab" * 20}, {"mbox_sha1sum": ["ab" * 20]}),
    ):
        for store in (trusted_store, trusted_store_2):
            answer = ask(store, agent)
            assert (answer.status_code, answer.json) == (200, {"objectType": "Person"} | person)
            assert answer.headers["ETag"]


def test_names_come_from_statements(store: Store) -> None:
    for sent in (
        statement(actor=AGENT | {"name": "Ana"}),
        statement(actor=OTHER_AGENT, object=AGENT | {"name": "Ana Maria", "objectType": "Agent"}),
        statement(actor=GROUP | {"name": "Team", "member": [AGENT | {"name": "A. M."}]}),
        statement(actor=AGENT | {"name": "Ana"}),
        statement(actor=OTHER_AGENT | {"name": "Ben"}),
        statement(actor=AGENT),
    ):
        assert store.post(sent).status_code == 200
    assert sorted(ask(store, AGENT).json["name"]) == ["A. M.", "Ana", "Ana Maria"]
    assert ask(store, AGENT | {"name": "Annie"}).json["name"][0] == "Annie"


def test_hashes_are_compared_without_case(store: Store) -> None:
    store.post(statement(actor={"name": "Ana", "mbox_sha1sum": "AB" * 20}))
    assert ask(store, {"mbox_sha1sum": "ab" * 20}).json["name"] == ["Ana"]


def test_another_system_s_statements_tell_nothing(trusted_store: Store, other_trusted_store: Store) -> None:
    trusted_store.post(statement(actor=AGENT | {"name": "Ana"}))
    assert "name" not in ask(other_trusted_store, AGENT).json


def test_all_identifiers_of_a_person_take_a_wide_scope(
    hub: Hub, store: Store, other_trusted_store: Store
) -> None:
    link(
        hub,
        store.connection_id,
        ("mbox", AGENT["mbox"]),
        ("account", "https://lms.example|ana"),
        ("openid", "https://id.example/ana"),
        ("sub", "secret"),
    )
    everything = {
        "objectType": "Person",
        "mbox": [AGENT["mbox"]],
        "openid": ["https://id.example/ana"],
        "account": [{"homePage": "https://lms.example", "name": "ana"}],
    }
    assert ask(open_store(hub, store.connection_id, (ALL_READ,)), AGENT).json == everything
    only = {"objectType": "Person", "mbox": [AGENT["mbox"]]}
    for scope in (READ_MINE, STATE, PROFILE):
        assert ask(open_store(hub, store.connection_id, (scope,)), AGENT).json == only
    assert ask(other_trusted_store, AGENT).json == only, "another system has its own names for her"


def test_who_may_only_write_may_not_ask(hub: Hub, store: Store) -> None:
    answer = ask(open_store(hub, store.connection_id, (WRITE,)), AGENT)
    assert (answer.status_code, answer.json["code"]) == (403, "missing_scope")


def test_names_in_statements_take_a_scope_that_reads_them(hub: Hub, store: Store) -> None:
    store.post(statement(actor=AGENT | {"name": "Ana"}))
    assert "name" not in ask(open_store(hub, store.connection_id, (STATE,)), AGENT).json


@pytest.mark.parametrize(
    "agent", [GROUP, {"objectType": "Group", "mbox": "mailto:t@example.com"}, {}, [], None]
)
def test_what_is_no_agent_is_refused(store: Store, agent: Any) -> None:
    answer = ask(store, agent)
    assert (answer.status_code, list(problems_of(answer))) == (400, ["agent"])


def test_the_agent_is_the_only_parameter(store: Store) -> None:
    assert problems_of(store.send("GET", PATH)) == {"agent": "is missing"}
    answer = store.send("GET", PATH, query_string={"agent": json.dumps(AGENT), "since": "x"})
    assert (answer.status_code, list(problems_of(answer))) == (400, ["since"])
    answer = store.send("GET", PATH, query_string={"Agent": json.dumps(AGENT)})
    assert problems_of(answer)["Agent"] == "is written agent"


def test_head_is_get_without_a_body(store: Store) -> None:
    get, head = ask(store, AGENT), ask(store, AGENT, "HEAD")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == get.headers["ETag"]


def test_agents_are_only_asked_for(store: Store) -> None:
    for method in ("PUT", "POST", "DELETE"):
        answer = ask(store, AGENT, method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
