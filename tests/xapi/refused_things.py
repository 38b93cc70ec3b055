"""Actors and objects that must be refused, as in ``refused``."""

from typing import Any

from tests.xapi.rig import ACTIVITY, AGENT, GROUP, OTHER_AGENT, VERBS, statement

Case = tuple[str, dict[str, Any], str]

SOME_ID = "aa97b177-9383-4934-8543-0f91a7a02836"

ACTORS: list[Case] = [
    ("no identifier", {"actor": {"name": "Ana"}}, "actor"),
    ("two identifiers", {"actor": AGENT | OTHER_AGENT}, "actor"),
    ("three identifiers in a group", {"actor": GROUP | AGENT | {"openid": "https://a.example"}}, "actor"),
    ("unknown type", {"actor.objectType": "Person"}, "actor.objectType"),
    ("type in lower case", {"actor.objectType": "agent"}, "actor.objectType"),
    ("type a number", {"actor.objectType": 1}, "actor.objectType"),
    ("name a number", {"actor.name": 1}, "actor.name"),
    ("mbox without scheme", {"actor.mbox": "ana@example.com"}, "actor.mbox"),
    ("mbox of a web page", {"actor.mbox": "https://example.com"}, "actor.mbox"),
    ("mbox without at", {"actor.mbox": "mailto:example.com"}, "actor.mbox"),
    ("mbox too long to look up", {"actor.mbox": f"mailto:{'é' * 600}@example.com"}, "actor"),
    ("sha1 too short", {"actor": {"mbox_sha1sum": "ab"}}, "actor.mbox_sha1sum"),
    ("sha1 not hexadecimal", {"actor": {"mbox_sha1sum": "z" * 40}}, "actor.mbox_sha1sum"),
    ("openid no URI", {"actor": {"openid": "ana"}}, "actor.openid"),
    ("account without name", {"actor": {"account": {"homePage": "https://a.example"}}}, "actor.account.name"),
    ("account without home page", {"actor": {"account": {"name": "x"}}}, "actor.account.homePage"),
    (
        "account name a number",
        {"actor": {"account": {"homePage": "https://a.example", "name": 5}}},
        "actor.account.name",
    ),
    (
        "account name with NUL",
        {"actor": {"account": {"homePage": "https://a.example", "name": "\0"}}},
        "actor.account.name",
    ),
    (
        "account with more",
        {"actor": {"account": {"homePage": "https://a.example", "name": "x", "id": 1}}},
        "actor.account.id",
    ),
    ("agent with members", {"actor.member": [AGENT]}, "actor.member"),
    ("anonymous group without members", {"actor": {"objectType": "Group"}}, "actor.member"),
    ("anonymous group with no one", {"actor": {"objectType": "Group", "member": []}}, "actor.member"),
    ("group in a group", {"actor": {"objectType": "Group", "member": [AGENT, GROUP]}}, "actor.member[1]"),
    ("member without identifier", {"actor": {"objectType": "Group", "member": [{}]}}, "actor.member[0]"),
    ("members no array", {"actor": {"objectType": "Group", "member": AGENT}}, "actor.member"),
]

OBJECTS: list[Case] = [
    ("unknown type", {"object.objectType": "Course"}, "object.objectType"),
    ("type in lower case", {"object.objectType": "activity"}, "object.objectType"),
    ("type an object", {"object.objectType": {}}, "object.objectType"),
    ("activity without id", {"object": {"definition": {}}}, "object.id"),
    ("activity id too long to look up", {"object.id": "https://example.com/" + "x" * 1000}, "object.id"),
    ("definition a string", {"object.definition": "x"}, "object.definition"),
    ("name no map", {"object.definition.name": "x"}, "object.definition.name"),
    ("no language", {"object.definition.name": {"a12345678": "x"}}, "object.definition.name.a12345678"),
    ("no language either", {"verb.display": {"something": "x"}}, "verb.display.something"),
    (
        "description a number",
        {"object.definition.description": {"en-US": 5}},
        'object.definition.description["en-US"]',
    ),
    (
        "extension key no IRI",
        {"object.definition.extensions": {"x y": 1}},
        'object.definition.extensions["x y"]',
    ),
    ("agent without type", {"object.mbox": AGENT["mbox"]}, "object.mbox"),
    ("agent without identifier", {"object": {"objectType": "Agent"}}, "object"),
    ("reference without id", {"object": {"objectType": "StatementRef"}}, "object.id"),
    ("reference no UUID", {"object": {"objectType": "StatementRef", "id": "x"}}, "object.id"),
    ("reference with more", {"object": {"objectType": "StatementRef", "id": SOME_ID, "x": 1}}, "object.x"),
    ("voiding of an activity", {"verb.id": VERBS + "voided"}, "object"),
    *(
        (
            f"SubStatement with {name}",
            {"object": {"objectType": "SubStatement"} | statement(**{name: value})},
            f"object.{name}",
        )
        for name, value in {
            "id": SOME_ID,
            "stored": "2026-05-04T09:00:00Z",
            "version": "1.0.0",
            "authority": AGENT,
        }.items()
    ),
    (
        "SubStatement in a SubStatement",
        {
            "object": {"objectType": "SubStatement"}
            | statement(object={"objectType": "SubStatement"} | statement())
        },
        "object.object.objectType",
    ),
    (
        "SubStatement without verb",
        {"object": {"objectType": "SubStatement", "actor": AGENT, "object": ACTIVITY}},
        "object.verb",
    ),
    (
        "bad score in a SubStatement",
        {"object": {"objectType": "SubStatement"} | statement(result={"score": {"scaled": 2}})},
        "object.result.score.scaled",
    ),
]

INTERACTIONS: list[Case] = [
    ("unknown type", {"object.definition.interactionType": "quiz"}, "object.definition.interactionType"),
    (
        "type in other case",
        {"object.definition.interactionType": "true-False"},
        "object.definition.interactionType",
    ),
    (
        "pattern without type",
        {"object.definition.correctResponsesPattern": ["a"]},
        "object.definition.interactionType",
    ),
    (
        "pattern a string",
        {"object.definition": {"interactionType": "other", "correctResponsesPattern": "a"}},
        "object.definition.correctResponsesPattern",
    ),
    (
        "pattern of numbers",
        {"object.definition": {"interactionType": "numeric", "correctResponsesPattern": [4]}},
        "object.definition.correctResponsesPattern[0]",
    ),
    (
        "scale of a choice",
        {"object.definition": {"interactionType": "choice", "scale": [{"id": "a"}]}},
        "object.definition.scale",
    ),
    (
        "component without id",
        {"object.definition": {"interactionType": "likert", "scale": [{"description": {"en": "x"}}]}},
        "object.definition.scale[0].id",
    ),
    (
        "component twice",
        {"object.definition": {"interactionType": "performance", "steps": [{"id": "a"}, {"id": "a"}]}},
        "object.definition.steps",
    ),
]
