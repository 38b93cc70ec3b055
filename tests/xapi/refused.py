"""Statements that must be refused: what is wrong, what is changed in a good statement, and the place that must be named."""

import json
from typing import Any

from tests.xapi.refused_things import ACTORS, INTERACTIONS, OBJECTS, SOME_ID, Case
from tests.xapi.rig import ACTIVITY, AGENT, ATTACHMENT, GONE, GROUP, statement

_IRI_PLACES = {
    "verb.id": "verb.id",
    "object.id": "object.id",
    "object.definition.type": "object.definition.type",
    "object.definition.moreInfo": "object.definition.moreInfo",
    "actor": "actor.account.homePage",
    "context.contextActivities.parent": "context.contextActivities.parent[0].id",
    "attachments": "attachments[0].usageType",
}
_NO_IRIS = {
    "no scheme": "completed",
    "space": "https://example.com/a b",
    "scheme": "ab=c://example.com",
    "empty": "",
}


def _with_iri(place: str, value: Any) -> Any:
    """What to put at a place so that the wrong IRI stands where it is named."""
    return {
        "actor": {"account": {"homePage": value, "name": "x"}},
        "context.contextActivities.parent": [{"id": value}],
        "attachments": [ATTACHMENT | {"usageType": value}],
    }.get(place, value)


IRIS: list[Case] = [
    (f"{what} in {place}", {place: _with_iri(place, value)}, named)
    for place, named in _IRI_PLACES.items()
    for what, value in {**_NO_IRIS, "number": 5, "null": None}.items()
]

SHAPES: list[Case] = [
    *((f"no {name}", {name: GONE}, name) for name in ("actor", "verb", "object")),
    *(
        (f"{name} in capitals", {name.upper(): "x"}, name.upper())
        for name in ("id", "timestamp", "version", "attachments")
    ),
    *(
        (f"{name} null", {name: None}, name)
        for name in (
            "id",
            "actor",
            "verb",
            "object",
            "result",
            "context",
            "timestamp",
            "stored",
            "authority",
            "version",
        )
    ),
    ("attachments null", {"attachments": None}, "attachments"),
    ("unknown property", {"foo": 1}, "foo"),
    ("unknown property of the verb", {"verb.name": "x"}, "verb.name"),
    ("unknown property of the result", {"result.score.best": 1}, "result.score.best"),
    ("id no UUID", {"id": "1"}, "id"),
    ("id too long", {"id": "aa97b177-9383-4934-8543-0f91a7a028368"}, "id"),
    ("id with a letter beyond f", {"id": "ma97b177-9383-4934-8543-0f91a7a02836"}, "id"),
    ("id without hyphens", {"id": "aa97b177938349348543 0f91a7a02836".replace(" ", "")}, "id"),
    ("id with a newline", {"id": "aa97b177-9383-4934-8543-0f91a7a02836\n"}, "id"),
    ("statement is a verb's sentence", {"verb": "completed"}, "verb"),
    ("version of another time", {"version": "0.9.9"}, "version"),
    ("version to come", {"version": "1.1.0"}, "version"),
    ("version as words", {"version": "new"}, "version"),
    ("authority a named group", {"authority": GROUP | {"mbox": "mailto:t@example.com"}}, "authority"),
    ("authority of one", {"authority": GROUP}, "authority"),
    ("authority of three", {"authority": {"objectType": "Group", "member": [AGENT] * 3}}, "authority"),
    (
        "nested too deep",
        {"result.extensions": {"https://example.com/x": json.loads("[" * 98 + "]" * 98)}},
        "",
    ),
]

RESULTS: list[Case] = [
    ("scaled over 1", {"result.score.scaled": 1.01}, "result.score.scaled"),
    ("scaled under -1", {"result.score.scaled": -1.00001}, "result.score.scaled"),
    ("scaled a string", {"result.score.scaled": "0.5"}, "result.score.scaled"),
    ("raw a boolean", {"result.score.raw": True}, "result.score.raw"),
    ("raw over max", {"result.score": {"raw": 11, "max": 10}}, "result.score.raw"),
    ("raw under min", {"result.score": {"raw": -1, "min": 0}}, "result.score.raw"),
    ("min over max", {"result.score": {"min": 10, "max": 5}}, "result.score.min"),
    ("min as large as max", {"result.score": {"min": 10, "max": 10}}, "result.score.min"),
    ("score a number", {"result.score": 5}, "result.score"),
    ("success a string", {"result.success": "true"}, "result.success"),
    ("completion a number", {"result.completion": 1}, "result.completion"),
    ("response an object", {"result.response": {}}, "result.response"),
    *(
        (f"duration {text!r}", {"result.duration": text}, "result.duration")
        for text in (
            "1 h",
            "PA1H0M0S",
            "P",
            "PT",
            "P1YT",
            "P4W1D",
            "P16559.14S",
            "PT1.5H3M",
            "PT1S\n",
            "-PT1S",
            "pt1s",
            "P1H",
        )
    ),
    ("duration a number", {"result.duration": 12345}, "result.duration"),
    ("duration as a time", {"result.duration": "P0003-06-04T12:30:05"}, "result.duration"),
    ("duration in Arabic digits", {"result.duration": "PT\u0661S"}, "result.duration"),
    ("extension key", {"result.extensions": {"should fail": 1}}, 'result.extensions["should fail"]'),
    ("extensions an array", {"result.extensions": []}, "result.extensions"),
]

CONTEXTS: list[Case] = [
    ("registration no UUID", {"context.registration": "x"}, "context.registration"),
    ("instructor without identifier", {"context.instructor": {"name": "x"}}, "context.instructor"),
    ("team an agent", {"context.team": AGENT}, "context.team"),
    ("context activities an array", {"context.contextActivities": []}, "context.contextActivities"),
    (
        "unknown relation",
        {"context.contextActivities.sibling": ACTIVITY},
        "context.contextActivities.sibling",
    ),
    (
        "no activity",
        {"context.contextActivities.other": [ACTIVITY, {}]},
        "context.contextActivities.other[1].id",
    ),
    (
        "one that is none",
        {"context.contextActivities.category": {"id": "x"}},
        "context.contextActivities.category.id",
    ),
    ("revision a number", {"context.revision": 1}, "context.revision"),
    ("platform an object", {"context.platform": {}}, "context.platform"),
    *(
        (
            f"{name} about an agent",
            {f"context.{name}": "x", "object": {"objectType": "Agent"} | AGENT},
            f"context.{name}",
        )
        for name in ("revision", "platform")
    ),
    (
        "platform in a SubStatement about an agent",
        {"object": {"objectType": "SubStatement"} | statement(object=GROUP, context={"platform": "x"})},
        "object.context.platform",
    ),
    ("language", {"context.language": "something"}, "context.language"),
    ("language with an underscore", {"context.language": "en_US"}, "context.language"),
    ("statement without type", {"context.statement": {"id": SOME_ID}}, "context.statement.objectType"),
    (
        "statement no UUID",
        {"context.statement": {"objectType": "StatementRef", "id": "x"}},
        "context.statement.id",
    ),
]

TIMESTAMPS: list[Case] = [
    (f"{name} {text!r}", {name: text}, name)
    for name in ("timestamp", "stored")
    for text in (
        "should fail",
        "01/011/2015",
        "2026-05-04",
        "2026-05-04 09:00:00Z",
        "2026-13-04T09:00:00Z",
        "2026-02-29T09:00:00Z",
        "2026-05-04T24:01:00Z",
        "2026-05-04T09:00:61Z",
        "2026-05-04T09:00:00.601-00",
        "2026-05-04T09:00:00.601-0000",
        "2026-05-04T09:00:00.601-00:00",
        "0001-01-01T00:00:00+14:00",
        "2026-05-04T09:00:00Z\n",
    )
] + [("timestamp a number", {"timestamp": 1_770_000_000}, "timestamp")]

ATTACHMENTS: list[Case] = [
    ("no array", {"attachments": ATTACHMENT}, "attachments"),
    ("a number", {"attachments": [5]}, "attachments[0]"),
    *(
        (
            f"without {name}",
            {"attachments": [{key: value for key, value in ATTACHMENT.items() if key != name}]},
            f"attachments[0].{name}",
        )
        for name in ATTACHMENT
    ),
    *(
        (f"{name} {value!r}", {"attachments": [ATTACHMENT | {name: value}]}, f"attachments[0].{name}")
        for name, value in {
            "display": "Certificate",
            "contentType": "pdf",
            "length": "4",
            "sha2": "not hexadecimal",
            "fileUrl": "certificate.pdf",
        }.items()
    ),
    ("negative length", {"attachments": [ATTACHMENT | {"length": -1}]}, "attachments[0].length"),
    ("half a byte", {"attachments": [ATTACHMENT | {"length": 1.5}]}, "attachments[0].length"),
    ("unknown property", {"attachments": [ATTACHMENT | {"name": "x"}]}, "attachments[0].name"),
    (
        "in a SubStatement, without address",
        {
            "object": {"objectType": "SubStatement"}
            | statement(attachments=[{k: v for k, v in ATTACHMENT.items() if k != "fileUrl"}])
        },
        "object.attachments[0].fileUrl",
    ),
]

ONLY_IN_1: list[Case] = [
    (
        "contextAgents",
        {"context.contextAgents": [{"objectType": "contextAgent", "agent": AGENT}]},
        "context.contextAgents",
    ),
    (
        "contextGroups",
        {"context.contextGroups": [{"objectType": "contextGroup", "group": GROUP}]},
        "context.contextGroups",
    ),
    (
        "contextAgents in a SubStatement",
        {"object": {"objectType": "SubStatement"} | statement(context={"contextAgents": []})},
        "object.context.contextAgents",
    ),
    ("version 2", {"version": "2.0.0"}, "version"),
]

ONLY_IN_2: list[Case] = [
    ("no time zone", {"timestamp": "2026-05-04T09:00:00"}, "timestamp"),
    ("basic form", {"timestamp": "20260504T090000Z"}, "timestamp"),
    ("no seconds", {"stored": "2026-05-04T09:00Z"}, "stored"),
    (
        "no time zone in a SubStatement",
        {"object": {"objectType": "SubStatement"} | statement(timestamp="2026-05-04T09:00:00")},
        "object.timestamp",
    ),
    (
        "other type",
        {"context.contextAgents": [{"objectType": "Agent", "agent": AGENT}]},
        "context.contextAgents[0].objectType",
    ),
    ("no type", {"context.contextAgents": [{"agent": AGENT}]}, "context.contextAgents[0].objectType"),
    (
        "no agent",
        {"context.contextAgents": [{"objectType": "contextAgent"}]},
        "context.contextAgents[0].agent",
    ),
    (
        "group as agent",
        {"context.contextAgents": [{"objectType": "contextAgent", "agent": GROUP}]},
        "context.contextAgents[0].agent",
    ),
    (
        "agent as group",
        {"context.contextGroups": [{"objectType": "contextGroup", "group": AGENT}]},
        "context.contextGroups[0].group",
    ),
    (
        "no relevant types",
        {"context.contextGroups": [{"objectType": "contextGroup", "group": GROUP, "relevantTypes": []}]},
        "context.contextGroups[0].relevantTypes",
    ),
    (
        "relevant type no IRI",
        {"context.contextAgents": [{"objectType": "contextAgent", "agent": AGENT, "relevantTypes": ["abc"]}]},
        "context.contextAgents[0].relevantTypes[0]",
    ),
]

IN_BOTH = IRIS + SHAPES + ACTORS + OBJECTS + INTERACTIONS + RESULTS + CONTEXTS + TIMESTAMPS + ATTACHMENTS
