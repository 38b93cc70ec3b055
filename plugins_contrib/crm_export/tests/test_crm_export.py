"""The plugin alone: what a CRM is sent in each form, and what becomes of its answers."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import flask
import pytest
from crm_export import Plugin, Settings
from pydantic import ValidationError

from hub.api import CertifiedChange, CertifiedPerson, Export, OutgoingHttp, OutsideFailed, Refusals
from hub.testing.serve import serve

AT = datetime(2026, 5, 4, tzinfo=UTC)
RECORDS = {
    "form": "records",
    "object": "Certification__c",
    "fields": {"id": "Hub_Id__c", "active": "Active__c"},
}
INPUTS = {"form": "inputs", "fields": {"id": "hub_id", "active": "active", "title": "credential"}}


class Crm:
    """Takes everything at one address; ``answer`` says what it answers to a body."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: Callable[[Any], flask.Response] = lambda body: flask.Response("{}")

    def take(self) -> flask.Response:
        body = flask.request.get_data()
        self.got.append((flask.request.method, dict(flask.request.headers), body))
        return self.answer(json.loads(body))

    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.got]


@pytest.fixture
def crm() -> Iterator[Crm]:
    app = flask.Flask("crm", static_folder=None)
    with serve(app) as address:
        made = Crm(address)
        app.add_url_rule("/rows", "rows", made.take, methods=["POST", "PATCH"])
        yield made


def change(id: str, **row: Any) -> CertifiedChange:
    said: dict[str, Any] = dict.fromkeys(CertifiedPerson.__dataclass_fields__, "x")
    said |= {"id": id, "person": "P1", "location": "L1", "brands": ("A", "B"), "title": "High voltage"}
    said |= {"certified_at": AT, "until": None, "given_name": "Ann", "email": "ann@example.com"}
    return CertifiedChange(id, CertifiedPerson(**{**said, **row}))


def gone(id: str) -> CertifiedChange:
    return CertifiedChange(id, None)


def send(crm: Crm, *changes: CertifiedChange, **settings: Any) -> Refusals:
    plugin = Plugin()
    said = {"url": f"{crm.address}/rows", "secret": "s3cr3t", **settings}
    plugin.settings = Settings.model_validate({"lists": {"dealers": said}})
    (export,) = plugin.register_exports()
    refusals = Refusals()
    http = OutgoingHttp([crm.address.removeprefix("http://")])
    plugin.certified_changed(export, changes, refusals, http)
    return refusals


def test_signed_post_says_who_is_certified_and_who_no_more_and_names_nobody(crm: Crm) -> None:
    send(crm, gone("a1:t"), change("a2:t"))
    ((method, headers, body),) = crm.got
    assert method == "POST"
    assert headers["X-Hub-Signature"] == "sha256=" + hmac.new(b"s3cr3t", body, hashlib.sha256).hexdigest()
    assert json.loads(body) == {
        "list": "dealers",
        "rows": [
            {"external_id": "a1:t", "active": "false"},
            {
                "external_id": "a2:t",
                "active": "true",
                "person_number": "P1",
                "dealer_number": "L1",
                "brands": "A;B",
                "credential": "High voltage",
                "certified_on": "2026-05-04",
                "valid_until": None,
            },
        ],
    }
    assert b"Ann" not in body


def test_same_again_has_the_same_key_and_another_has_another(crm: Crm) -> None:
    for changes in ([change("a:t")], [change("a:t")], [change("a:t", title="Brakes")]):
        send(crm, *changes)
    first, same, other = (headers["Idempotency-Key"] for _, headers, _ in crm.got)
    assert first == same != other


def test_settings_say_what_the_crm_calls_things(crm: Crm) -> None:
    fields = {"id": "key", "active": "state", "given_name": "first", "until": "end"}
    constants = {"source": "training hub"}
    row = change("a:t", until=AT)
    send(crm, row, gone("b:t"), fields=fields, constants=constants, active="on", inactive="off")
    assert crm.bodies()[0]["rows"] == [
        {"key": "a:t", "state": "on", "first": "Ann", "end": "2026-05-04", "source": "training hub"},
        {"key": "b:t", "state": "off", "source": "training hub"},
    ]


def test_records_are_upserted_two_hundred_at_most_and_each_has_its_own_answer(crm: Crm) -> None:
    crm.answer = lambda body: flask.jsonify(
        [
            {"success": record["Hub_Id__c"] != "a1:t", "errors": [{"message": "no such dealer"}]}
            for record in body["records"]
        ]
    )
    changes = [change(f"a{number}:t") for number in range(250)]
    refusals = send(crm, *changes, **RECORDS, batch=200, token="t0k3n")
    assert [method for method, _, _ in crm.got] == ["PATCH", "PATCH"]
    assert [len(body["records"]) for body in crm.bodies()] == [200, 50]
    assert crm.bodies()[0]["allOrNone"] is False
    assert crm.bodies()[0]["records"][0] == {
        "attributes": {"type": "Certification__c"},
        "Hub_Id__c": "a0:t",
        "Active__c": "true",
    }
    assert crm.got[0][1]["Authorization"] == "Bearer t0k3n"
    assert refusals.reasons == {"a1:t": "no such dealer"}


def test_answer_without_one_for_each_record_is_no_success(crm: Crm) -> None:
    crm.answer = lambda body: flask.jsonify([])
    with pytest.raises(OutsideFailed, match="each record"):
        send(crm, change("a:t"), **RECORDS)


def test_inputs_are_upserted_by_a_property_of_unique_values(crm: Crm) -> None:
    send(crm, change("a:t"), gone("b:t"), **INPUTS)
    assert crm.bodies()[0]["inputs"] == [
        {
            "idProperty": "hub_id",
            "id": "a:t",
            "properties": {"hub_id": "a:t", "active": "true", "credential": "High voltage"},
        },
        {"idProperty": "hub_id", "id": "b:t", "properties": {"hub_id": "b:t", "active": "false"}},
    ]


def test_batch_of_inputs_that_is_refused_is_sent_one_by_one(crm: Crm) -> None:
    def answer(body: Any) -> flask.Response:
        if any(each["id"] == "bad:t" for each in body["inputs"]):
            return flask.make_response(flask.jsonify(message="Property values were not valid"), 400)
        return flask.Response("{}")

    crm.answer = answer
    refusals = send(crm, change("a:t"), change("bad:t"), change("c:t"), **INPUTS)
    assert refusals.reasons == {"bad:t": "Property values were not valid"}
    assert [len(body["inputs"]) for body in crm.bodies()] == [3, 1, 1, 1]


@pytest.mark.parametrize("form", [{}, RECORDS, INPUTS], ids=["signed", "records", "inputs"])
@pytest.mark.parametrize("status", [302, 401, 403, 404, 429, 500])
def test_crm_that_does_not_answer_well_is_tried_again_when_it_says(
    crm: Crm, form: dict[str, Any], status: int
) -> None:
    crm.answer = lambda body: flask.Response(status=status, headers={"Retry-After": "90"})
    with pytest.raises(OutsideFailed, match=f"dealers answered {status}") as failure:
        send(crm, change("a:t"), **form)
    assert (failure.value.retryable, failure.value.wait) == (True, 90)


@pytest.mark.parametrize(
    "wrong",
    [
        {"fields": {"id": "id", "active": "a", "salary": "s"}},
        {"fields": {"title": "t"}},
        {"secret": ""},
        {"form": "records"},
        {"batch": 201},
    ],
    ids=str,
)
def test_list_that_cannot_be_sent_stops_the_start(wrong: dict[str, Any]) -> None:
    said = {"url": "https://crm.example", "secret": "s", **wrong}
    with pytest.raises(ValidationError):
        Settings.model_validate({"lists": {"dealers": said}})


def test_lists_say_what_they_are_about() -> None:
    plugin = Plugin()
    said = {"url": "https://crm.example", "secret": "s", "targets": ["path:welcome"], "partner": "RIV"}
    plugin.settings = Settings.model_validate({"lists": {"dealers": said}})
    assert plugin.register_exports() == [Export("dealers", ("path:welcome",), "RIV")]
    assert "s3cr3t" not in repr(plugin.settings)
