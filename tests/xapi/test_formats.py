"""GET with ``format``: statements as they were sent, with ids alone, or with what is known of activities."""

import json
from typing import Any

import pytest

from hub.runtime import Hub
from hub.xapi.callers.scopes import ALL
from tests.xapi.parts import attachment, read_parts, send_files
from tests.xapi.rig import (
    AGENT,
    GROUP,
    OTHER_AGENT,
    Store,
    changed,
    full_statement,
    new_uuid,
    open_store,
    problems_of,
    statement,
    sub_statement,
)

NAMES = {"en-US": "Brakes", "de-DE": "Bremsen", "fr": "Freins"}
NAMED = {"id": "https://lms.example/a", "definition": {"name": NAMES, "description": {"de": "Von Bremsen"}}}
VERB = {"id": "https://example.com/verb", "display": {"en-GB": "did", "de": "tat"}}


@pytest.fixture
def store(hub: Hub, store: Store) -> Store:
    """The record store as a system sees it that may describe activities."""
    return open_store(hub, store.connection_id, (ALL,))


def ask(store: Store, id: str, format: str, languages: str = "") -> Any:
    """One statement in a format."""
    options: dict[str, Any] = {"headers": {"Accept-Language": languages}} if languages else {}
    answer = store.send("GET", query_string={"statementId": id, "format": format}, **options)
    assert answer.status_code == 200, answer.text
    return answer.json


def post(store: Store, told: dict[str, Any]) -> str:
    [id] = store.post(told).json
    return str(id)


class TestExact:
    def test_it_is_the_default(self, store: Store) -> None:
        id = post(store, full_statement())
        assert store.get(statementId=id).data == store.get(statementId=id, format="exact").data

    def test_languages_do_not_matter(self, store: Store) -> None:
        id = post(store, statement(object=NAMED, verb=VERB))
        back = ask(store, id, "exact", "de")
        assert (back["object"], back["verb"]) == (NAMED, VERB)

    def test_what_is_known_does_not_matter(self, store: Store) -> None:
        id = post(store, statement(object={"id": NAMED["id"]}))
        post(store, statement(object=NAMED))
        assert ask(store, id, "exact")["object"] == {"id": NAMED["id"]}


class TestIds:
    @pytest.mark.parametrize(
        ("actor", "identified"),
        [
            ({"objectType": "Agent", "name": "Ana"} | AGENT, AGENT),
            ({"name": "Ben"} | OTHER_AGENT, OTHER_AGENT),
            ({"openid": "https://id.example/ana", "name": "x"}, {"openid": "https://id.example/ana"}),
            ({"mbox_sha1sum": "aB" * 20, "name": "x"}, {"mbox_sha1sum": "aB" * 20}),
            (GROUP | AGENT | {"name": "Team"}, {"objectType": "Group"} | AGENT),
            (
                {"objectType": "Group", "name": "Team", "member": [AGENT | {"name": "Ana"}, OTHER_AGENT]},
                {"objectType": "Group", "member": [AGENT, OTHER_AGENT]},
            ),
        ],
        ids=["mbox", "account", "openid", "sha1", "group", "anonymous-group"],
    )
    def test_actors_hold_what_identifies_them(self, store: Store, actor: Any, identified: Any) -> None:
        assert ask(store, post(store, statement(actor=actor)), "ids")["actor"] == identified

    def test_verb_and_activity(self, store: Store) -> None:
        back = ask(store, post(store, statement(object=NAMED | {"objectType": "Activity"}, verb=VERB)), "ids")
        assert (back["verb"], back["object"]) == ({"id": VERB["id"]}, {"id": NAMED["id"]})

    def test_other_objects_stay_what_they_are(self, store: Store) -> None:
        agent = ask(store, post(store, statement(object={"objectType": "Agent", "name": "x"} | AGENT)), "ids")
        assert agent["object"] == {"objectType": "Agent"} | AGENT
        reference = {"objectType": "StatementRef", "id": new_uuid()}
        assert ask(store, post(store, statement(object=reference)), "ids")["object"] == reference

    def test_sub_statements(self, store: Store) -> None:
        told = sub_statement(actor=GROUP | AGENT | {"name": "Team"}, object=NAMED, verb=VERB)
        assert ask(store, post(store, told), "ids")["object"] == {
            "objectType": "SubStatement",
            "actor": {"objectType": "Group"} | AGENT,
            "verb": {"id": VERB["id"]},
            "object": {"id": NAMED["id"]},
        }

    def test_context_and_authority(self, store: Store) -> None:
        back = ask(store, post(store, full_statement()), "ids")
        assert back["context"]["instructor"] == {
            "objectType": "Group",
            "openid": "https://id.example/coaches",
        }
        assert back["context"]["team"] == GROUP
        assert set(back["authority"]) == {"account"}
        for activities in back["context"]["contextActivities"].values():
            assert all(set(activity) == {"id"} for activity in activities)

    def test_agents_and_groups_of_the_context(self, store: Store) -> None:
        store.version = "2.0.0"
        context = {
            "contextAgents": [{"objectType": "contextAgent", "agent": AGENT | {"name": "Ana"}}],
            "contextGroups": [
                {"objectType": "contextGroup", "group": GROUP, "relevantTypes": ["https://x.example"]}
            ],
        }
        back = ask(store, post(store, statement(context=context)), "ids")["context"]
        assert back == changed(context, {"contextAgents[0].agent": AGENT})

    def test_everything_else_stays_as_it_was_typed(self, store: Store) -> None:
        body = json.dumps(statement(id=new_uuid()))[:-1] + ',"result":{"score":{"raw":1.50, "max":1E+2}}}'
        [id] = store.post(body.encode()).json
        for format in ("ids", "canonical"):
            assert (
                b'"result":{"score":{"raw":1.50, "max":1E+2}}'
                in store.get(statementId=id, format=format).data
            )

    def test_lists_keep_the_format_in_more(self, store: Store) -> None:
        store.post([statement(object=NAMED), statement(object=NAMED)])
        page = store.page(format="ids", limit="1")
        for each in (page, store.follow(page)):
            assert [told["object"] for told in each["statements"]] == [{"id": NAMED["id"]}]


class TestCanonical:
    @pytest.mark.parametrize(
        ("languages", "name", "display"),
        [
            ("de", {"de-DE": "Bremsen"}, {"de": "tat"}),
            ("en-GB", {"en-US": "Brakes"}, {"en-GB": "did"}),
            ("fr, de;q=0.5", {"fr": "Freins"}, {"de": "tat"}),
            ("", {"en-US": "Brakes"}, {"en-GB": "did"}),
        ],
        ids=["de", "en-GB", "fr-de", "none"],
    )
    def test_each_map_has_one_language_of_its_own(
        self, store: Store, languages: str, name: Any, display: Any
    ) -> None:
        back = ask(store, post(store, statement(object=NAMED, verb=VERB)), "canonical", languages)
        assert back["object"]["definition"] == {"name": name, "description": {"de": "Von Bremsen"}}
        assert back["verb"] == {"id": VERB["id"], "display": display}

    def test_definitions_are_those_that_are_known(self, store: Store) -> None:
        id = post(store, statement(object={"id": NAMED["id"]}))
        post(store, statement(object=NAMED))
        post(store, statement(object={"id": NAMED["id"], "definition": {"name": {"fr": "Les freins"}}}))
        assert ask(store, id, "canonical", "fr")["object"] == {
            "id": NAMED["id"],
            "definition": {"name": {"fr": "Les freins"}, "description": {"de": "Von Bremsen"}},
        }

    def test_an_activity_of_which_nothing_is_known(self, store: Store) -> None:
        assert ask(store, post(store, statement()), "canonical")["object"] == statement()["object"]

    def test_who_may_not_describe_activities_still_reads_his_own_words(self, hub: Hub, store: Store) -> None:
        limited = open_store(hub, store.connection_id)
        back = ask(limited, post(limited, statement(object=NAMED)), "canonical", "fr")
        assert back["object"]["definition"]["name"] == {"fr": "Freins"}

    def test_components_of_interactions(self, store: Store) -> None:
        definition = {
            "interactionType": "matching",
            "correctResponsesPattern": ["a[.]1"],
            "source": [{"id": "a", "description": {"en": "A", "de": "Ah"}}, {"id": "b"}],
            "target": [{"id": "1", "description": {"de": "Eins", "en": "One"}}],
            "extensions": {"https://example.com/x": {"en": 1, "de": 2}},
        }
        id = post(store, statement(object={"id": "https://lms.example/q", "definition": definition}))
        back = ask(store, id, "canonical", "de")["object"]["definition"]
        expected = {"source[0].description": {"de": "Ah"}, "target[0].description": {"de": "Eins"}}
        assert back == changed(definition, expected)

    def test_context_and_sub_statement(self, store: Store) -> None:
        told = sub_statement(object=NAMED, verb=VERB, context={"contextActivities": {"parent": [NAMED]}})
        inner = ask(store, post(store, told), "canonical", "fr")["object"]
        assert inner["object"]["definition"]["name"] == {"fr": "Freins"}
        assert inner["context"]["contextActivities"]["parent"][0]["definition"]["name"] == {"fr": "Freins"}
        assert inner["verb"]["display"] == {"en-GB": "did"}

    def test_actors_stay_as_they_were_sent(self, store: Store) -> None:
        told = full_statement()
        back = ask(store, post(store, told), "canonical")
        assert back["actor"] == told["actor"]
        assert back["context"]["instructor"] == told["context"]["instructor"]

    def test_lists(self, store: Store) -> None:
        post(store, statement(object=NAMED))
        answer = store.send("GET", query_string={"format": "canonical"}, headers={"Accept-Language": "de"})
        assert answer.json["statements"][0]["object"]["definition"]["name"] == {"de-DE": "Bremsen"}
        assert "Accept-Language" in answer.headers["Vary"]

    def test_an_empty_map_stays_empty(self, store: Store) -> None:
        told = {"id": NAMED["id"], "definition": {"name": {}}}
        assert ask(store, post(store, statement(object=told)), "canonical", "de")["object"] == told


@pytest.mark.parametrize("format", ["ids", "canonical"])
def test_formats_with_attachments(store: Store, format: str) -> None:
    told = statement(object=NAMED, attachments=[attachment(b"one")])
    [id] = send_files(store, told, b"one").json
    (_, body), (_, content) = read_parts(store.get(statementId=id, attachments="true", format=format))
    assert json.loads(body)["attachments"] == told["attachments"]
    assert content == b"one"


def test_a_voided_statement_has_a_format_too(store: Store) -> None:
    id = post(store, statement(object=NAMED))
    voided = {"id": "http://adlnet.gov/expapi/verbs/voided"}
    post(store, statement(verb=voided, object={"objectType": "StatementRef", "id": id}))
    assert store.get(voidedStatementId=id, format="ids").json["object"] == {"id": NAMED["id"]}


@pytest.mark.parametrize(
    ("name", "value"), [("format", "id"), ("format", "Exact"), ("format", ""), ("attachments", "1")]
)
def test_unknown_values_are_refused(store: Store, name: str, value: str) -> None:
    answer = store.get(**{name: value})
    assert (answer.status_code, list(problems_of(answer))) == (400, [name])
