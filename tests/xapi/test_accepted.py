"""What the standard allows is taken, however unusual it looks."""

import json
from typing import Any

import pytest

from hub.xapi.http.versions import ApiVersion
from hub.xapi.storing.incoming import read_statements
from tests.xapi.rig import (
    ACTIVITY,
    AGENT,
    ATTACHMENT,
    GROUP,
    OTHER_AGENT,
    changed,
    full_statement,
    new_uuid,
    statement,
)

V1, V2 = ApiVersion.V1, ApiVersion.V2
NAMED_GROUP: dict[str, Any] = {"objectType": "Group", "account": OTHER_AGENT["account"]}

_INTERACTIONS: dict[str, dict[str, Any]] = {
    "true-false": {},
    "choice": {"choices": [{"id": "a"}]},
    "fill-in": {},
    "long-fill-in": {},
    "matching": {"source": [{"id": "a"}], "target": [{"id": "a"}]},
    "performance": {"steps": []},
    "sequencing": {"choices": [{"id": "a b"}]},
    "likert": {"scale": [{"id": "1", "description": {"en": "no"}}]},
    "numeric": {},
    "other": {},
}

BOTH: dict[str, dict[str, Any]] = {
    "short": {},
    "id in capitals": {"id": new_uuid().upper()},
    "nil id": {"id": "00000000-0000-0000-0000-000000000000"},
    "mbox with a plus and other letters": {"actor.mbox": "mailto:ana+x.ö@exämple.com"},
    "sha1 in capitals": {"actor": {"mbox_sha1sum": "AB" * 20}},
    "openid": {"actor": {"openid": "https://ana.example/?x=1#y"}},
    "account of a urn": {"actor": {"account": {"homePage": "urn:uuid:1", "name": ""}}},
    "group without members but a name": {"actor": NAMED_GROUP},
    "identified group with nobody": {"actor": NAMED_GROUP | {"member": []}},
    "empty name": {"actor.name": ""},
    "verb in another script": {"verb.id": "http://example.com/فعل/خواندن"},
    "verb of a urn": {"verb.id": "urn:x:done"},
    "empty display": {"verb.display": {}},
    "empty objects": {"result": {}, "context": {}, "attachments": [], "object.definition": {}},
    "object agent": {"object": {"objectType": "Agent"} | AGENT},
    "object group": {"object": GROUP},
    "object statement": {"object": {"objectType": "StatementRef", "id": new_uuid()}},
    "object SubStatement": {"object": {"objectType": "SubStatement"} | statement(timestamp="2099-01-01T00:00:00Z")},
    "SubStatement about a person": {"object": {"objectType": "SubStatement"} | statement(object=GROUP)},
    "SubStatement about a statement": {
        "object": {"objectType": "SubStatement"} | statement(object={"objectType": "StatementRef", "id": new_uuid()})
    },
    "instructor a group": {"context.instructor": GROUP},
    "team and instructor about a person": {"context": {"team": GROUP, "instructor": AGENT}, "object": GROUP},
    "one context activity without a list": {"context.contextActivities": {"parent": ACTIVITY}},
    "no context activities": {"context.contextActivities": {}},
    "score of whole numbers": {"result.score": {"scaled": 1, "raw": 10, "min": 0, "max": 10}},
    "score with zeros": {"result.score": {"scaled": -1.0000, "raw": 0.1, "min": 0.1}},
    "length as 4.0": {"attachments": [ATTACHMENT | {"length": 4.0}]},
    "timestamp to come": {"timestamp": "2099-01-01T00:00:00Z"},
    "timestamp in small letters": {"timestamp": "2026-05-04t09:00:00z"},
    "timestamp of a leap second": {"timestamp": "2016-12-31T23:59:60Z"},
    "timestamp with nine decimals": {"timestamp": "2026-05-04T09:00:00.123456789+14:00"},
    "authority of two": {"authority": {"objectType": "Group", "member": [AGENT, OTHER_AGENT]}},
    "version": {"version": "1.0"},
    "later version": {"version": "1.0.9"},
    "any extension": {"result.extensions": {"tag:x": None, "x:y": "", "x:z": {"": [None, {"a b": None}]}}},
    "large numbers": {"result.extensions": {"x:y": [10**40, 1e300, -0.0, 12345678901234567890.5]}},
    "one attachment": {"attachments": [ATTACHMENT | {"description": {"en": ""}}]},
    "content type with parameters": {"attachments": [ATTACHMENT | {"contentType": "text/plain; charset=ascii"}]},
    **{
        f"duration {text}": {"result.duration": text}
        for text in ("PT4H35M59.14S", "P3Y1M29DT4H35M59.14S", "P3Y", "P4W", "P1DT12H36M0.12567S", "PT0S", "PT1,5H", "P0.5Y")
    },
    **{
        f"language {tag}": {"context.language": tag, "verb.display": {tag: "x"}}
        for tag in ("de", "cmn", "zh-Hant", "sr-Latn-RS", "es-419", "de-CH-1996", "sl-rozaj-biske", "x-private", "i-klingon",
                    "en-a-bbb-x-a-ccc", "zh-cmn-Hans-CN", "en-GB-oed")
    },
    **{
        f"interaction {kind}": {"object.definition": {"interactionType": kind, "correctResponsesPattern": [], **lists}}
        for kind, lists in _INTERACTIONS.items()
    },
}  # fmt: skip

ONLY_1: dict[str, dict[str, Any]] = {
    "no time zone": {"timestamp": "2026-05-04T09:00:00"},
    "basic form": {"timestamp": "20260504T090000Z"},
    "no seconds": {"timestamp": "2026-05-04T09:00+01"},
    "week date": {"timestamp": "2026-W19-1T09:00:00Z"},
}

ONLY_2: dict[str, dict[str, Any]] = {
    "context agents": {
        "context.contextAgents": [
            {"objectType": "contextAgent", "agent": AGENT, "relevantTypes": ["https://a.example/t"]}
        ]
    },
    "context groups": {"context.contextGroups": [{"objectType": "contextGroup", "group": GROUP}]},
    "version 2": {"version": "2.0.0"},
}


@pytest.mark.parametrize(
    ("version", "changes"),
    [
        pytest.param(version, changes, id=f"{version.value}: {what}")
        for version, cases in ((V1, BOTH | ONLY_1), (V2, BOTH | ONLY_2))
        for what, changes in cases.items()
    ],
)
def test_what_is_allowed_is_taken_as_it_is(version: ApiVersion, changes: dict[str, Any]) -> None:
    body = json.dumps(changed(statement(), changes)).encode()
    [taken] = read_statements(body, version)
    assert taken.raw == body


def test_a_batch_keeps_its_order_and_the_exact_bytes_of_each() -> None:
    texts = [json.dumps(full_statement(), indent=each).encode() for each in (None, 0, 3)]
    assert [each.raw for each in read_statements(b" [ " + b" ,\n".join(texts) + b" ] \n", V1)] == texts


def test_a_key_may_be_written_with_escapes() -> None:
    body = json.dumps(statement()).replace('"verb"', '"v\\u0065rb"').encode()
    [taken] = read_statements(body, V1)
    assert taken.statement.verb.id.endswith("/completed")
