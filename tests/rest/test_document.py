"""The document says what is answered: each resource is asked what the document allows and forbids, as each role."""

import re
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, strategies
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from hub.limits import Limit
from hub.rest.api import blueprint
from hub.rest.routes import document
from tests.rest.programs import Network

EXAMPLES = 2
"""For each resource and role."""


def test_the_document_names_every_resource_its_scope_and_its_refusals(network: Network) -> None:
    told = network.app.test_client().get("/api/v1/openapi.json").json
    assert told is not None
    assert told["openapi"].startswith("3.1")
    assert told["servers"] == [{"url": "http://127.0.0.1:8000"}]
    rules = {rule.endpoint for rule in network.app.url_map.iter_rules() if rule.endpoint.startswith("rest.")}
    assert rules == {*blueprint.scopes, "rest.openapi", "rest.page", "rest.subject_page"}
    operations = [(method, each) for path in told["paths"].values() for method, each in path.items()]
    assert len(operations) == len(blueprint.scopes)
    for method, each in operations:
        assert each["security"] == [{"token": [blueprint.scopes[f"rest.{each['operationId']}"]]}]
        assert {"200", "400", "401", "403", "404", "429"} <= each["responses"].keys()
        asks_by_post = "verify" in each["operationId"]
        assert ("409" in each["responses"]) == (method != "get" and not asks_by_post)


def test_the_pages_for_people_say_what_the_document_says(network: Network) -> None:
    client, told = network.app.test_client(), document()
    first = client.get("/api/v1/")
    assert (first.status_code, first.mimetype) == (200, "text/html")
    pages = {path: client.get(path).text for path in re.findall(r'href="(/api/v1/about/[\w%]+)"', first.text)}
    everything = "".join(pages.values())
    each = [one for path in told["paths"].values() for one in path.values()]
    assert len(pages) == len({one["tags"][0] for one in each})
    assert [one for one in each if f'<li id="{one["operationId"]}">' not in everything] == []
    shapes = set(told["components"]["schemas"]) - {"Problem"}
    assert [name for name in shapes if f'id="shape-{name}"' not in everything] == []
    for page in pages.values():
        assert set(re.findall(r'href="#([\w-]*)"', page)) - {"main"} <= set(
            re.findall(r'id="([\w-]*)"', page)
        )
    assert client.get("/api/v1/about/Nothing").status_code == 404


@pytest.mark.parametrize(
    ("database_kind", "who"),
    [("postgres", ""), ("postgres", "harbor"), ("postgres", "rosa"), ("sqlite", "")],
    indirect=["database_kind"],
)
def test_every_answer_is_as_the_document_says(
    network: Network, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of allowed and of forbidden requests. No 5xx, no answer or shape that is not in the document, and no id of what the role does not see."""
    monkeypatch.setattr("hub.rest.caller.REQUESTS", Limit("rest_request", 100_000, 60))
    monkeypatch.setattr("hub.rest.caller.WRONG_TOKENS", Limit("rest_wrong_token", 100_000, 60))
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app=network.app)
    headers = {"Authorization": f"Bearer {network.token(who)}"}
    hidden, ids = _hidden(network, who), strategies.sampled_from(sorted(network.ids.values()))

    @hypothesis.settings(
        max_examples=EXAMPLES, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @hypothesis.given(data=strategies.data(), known=ids | strategies.none())
    def check(operation: Any, data: strategies.DataObject, known: str | None) -> None:
        mode = data.draw(strategies.sampled_from(list(GenerationMode)))
        case = data.draw(operation.as_strategy(generation_mode=mode))
        if mode == GenerationMode.POSITIVE and known and "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = known
        # What is written may be refused for what it says, and not only for its shape.
        never: list[Any] = [positive_data_acceptance] if operation.method.upper() == "POST" else []
        if any(value in ([], {}) for value in (case.query or {}).values()):
            # An empty list is not sent at all: what is left may be right.
            never.append(negative_data_rejection)
        response = case.call_and_validate(headers=headers, excluded_checks=never)
        if response.status_code == 200:
            assert not hidden & set(_texts(response.json()))

    for path, operations in document()["paths"].items():
        for method in operations:
            check(operation=schema[path][method.upper()])


def _hidden(network: Network, who: str) -> set[str]:
    """Ids that must never be told to this role."""
    ids = network.ids
    behind = {"summit", "peak", "hills", "carl", "carl at peak", "ana at peak"}
    if who == "rosa":
        behind |= {"dock", "sellers", "ben", "ana at dock"}
    return {ids[name] for name in behind} if who else set()


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []
