"""Taking an actor out of somebody else's statement."""

import json
from typing import Any

import pytest

from hub.lifecycle.anonymize import SIGNATURE, Anonymizer

HUB = "https://hub.example"
LENA = {"mbox": "mailto:lena@x.example", "name": "Lena Möller"}
BEN = {"mbox": "mailto:ben@x.example"}
NOBODY = {"objectType": "Agent", "account": {"homePage": HUB, "name": "erased"}}
REST = {"verb": {"id": "urn:v"}, "object": {"id": "urn:a"}}
ANONYMIZER = Anonymizer(
    frozenset({("mbox", LENA["mbox"]), ("account", "https://lms|lm7"), ("mbox_sha1sum", "ab" * 20)}),
    ("lena@x.example", "Lena Möller"),
    HUB,
)


def rewrite(told: dict[str, Any]) -> dict[str, Any]:
    rewritten: dict[str, Any] = json.loads(ANONYMIZER.statement(json.dumps(told).encode())[0])
    return rewritten


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"actor": BEN, "authority": LENA}, {"actor": BEN, "authority": NOBODY}),
        (
            {"context": {"instructor": LENA, "language": "en"}},
            {"context": {"instructor": NOBODY, "language": "en"}},
        ),
        (
            {"context": {"team": {"objectType": "Group", "member": [BEN, LENA]}}},
            {"context": {"team": {"objectType": "Group", "member": [BEN, NOBODY]}}},
        ),
        (
            {"context": {"contextAgents": [{"objectType": "contextAgent", "agent": LENA}]}},
            {"context": {"contextAgents": [{"objectType": "contextAgent", "agent": NOBODY}]}},
        ),
        (
            {
                "context": {
                    "contextGroups": [
                        {"objectType": "contextGroup", "group": {"objectType": "Group", "member": [LENA]}}
                    ]
                }
            },
            {
                "context": {
                    "contextGroups": [
                        {"objectType": "contextGroup", "group": {"objectType": "Group", "member": [NOBODY]}}
                    ]
                }
            },
        ),
        (
            {"object": {"objectType": "SubStatement", "actor": LENA, **REST}},
            {"object": {"objectType": "SubStatement", "actor": NOBODY, **REST}},
        ),
        ({"actor": {"account": {"homePage": "https://lms", "name": "lm7"}}}, {"actor": NOBODY}),
        ({"actor": {"mbox_sha1sum": "AB" * 20}}, {"actor": NOBODY}),
        ({"result": {"response": "by Lena Möller"}}, {"result": {"response": "by erased"}}),
    ],
)
def test_wherever_the_actor_stands_nobody_does(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert rewrite(REST | before) == REST | after


def test_names_go_however_json_spells_them() -> None:
    for spelled in ('"Lena M\\u00f6ller"', '"Lena Möller"'):
        body = b'{"verb":{"id":"urn:v"},"result":{"response":%b}}' % spelled.encode()
        assert ANONYMIZER.statement(body)[0] == b'{"verb":{"id":"urn:v"},"result":{"response":"erased"}}'


def test_a_signature_goes_and_other_files_stay() -> None:
    signature = {"usageType": SIGNATURE, "sha2": "CD" * 32}
    other = {"usageType": "urn:photo", "sha2": "ef" * 32}
    told = REST | {"attachments": [signature, other]}
    payload, gone = ANONYMIZER.statement(json.dumps(told).encode())
    assert json.loads(payload)["attachments"] == [other]
    assert gone == ("cd" * 32,)
    payload, _ = ANONYMIZER.statement(json.dumps(REST | {"attachments": [signature]}).encode())
    assert "attachments" not in json.loads(payload)


def anonymized(words: tuple[str, ...], body: str) -> str:
    return Anonymizer(frozenset(), words, HUB).statement(body.encode())[0].decode()


@pytest.mark.parametrize(
    ("words", "text", "after"),
    [
        (("ana@example.com",), "ana@example.com", "erased"),
        (("ana@example.com",), "Ask <Ana@Example.com>, or mailto:ana@example.com.", "Ask <erased>, or mailto:erased."),
        (("ana@example.com",), "juana@example.com", None),
        (("ana@example.com",), "x.ana@example.com ana@example.com.au ana@example.community", None),
        (("mailto:ana@example.com",), "mailto:ana@example.com", "erased"),
        (("https://id.example/1",), "by https://id.example/1, today", "by erased, today"),
        (("https://id.example/1",), "https://id.example/10 https://id.example/1/x", None),
        (("Page",), "Page, 3", "erased, 3"),
        (("Page",), "Pages of the homePage", None),
        (("Möller",), "Möllerin", None),
        (("田中太郎",), "田中太郎さんへ", "erasedさんへ"),
    ],
)  # fmt: skip
def test_words_go_as_wholes_and_out_of_nothing_longer(
    words: tuple[str, ...], text: str, after: str | None
) -> None:
    body = '{"result":{"response":"%s","score":{"raw":1.50e1, "max":20.0}}}'
    assert anonymized(words, body % text) == body % (after or text)


def test_keys_and_identifiers_of_others_stay_byte_for_byte() -> None:
    """A person named Page erases nobody's home page; whoever holds a longer address keeps it."""
    words = ("mailto:ana@example.com", "ana@example.com", "homePage", "Page", "name", "Ana Ruiz")
    body = (
        '{"actor":{"mbox":"mailto:juana@example.com","name":"Page"},'
        '"verb":{"id":"urn:x:Page","display":{"id":"Page","Page":"Page"}},'
        '"object":{"id":"https:\\/\\/x/ana@example.com" , "definition":{"type":"urn:Page",'
        '"name":{"en":"Page of Ana Ruiz"},"extensions":{"urn:Page":{"id":"Ana Ruiz","Page":[1.0,"Page",1e3]}}}},'
        '"context":{"instructor":{"account":{"homePage":"https://x/Page","name":"Page"}},"platform":"Page \\u0041"},'
        '"attachments":[{"usageType":"urn:Page","sha2":"Page","description":{"en":"\\"Page\\""}}]}'
    )
    after = (
        '{"actor":{"mbox":"mailto:juana@example.com","name":"erased"},'
        '"verb":{"id":"urn:x:Page","display":{"id":"erased","Page":"erased"}},'
        '"object":{"id":"https:\\/\\/x/ana@example.com" , "definition":{"type":"urn:Page",'
        '"name":{"en":"erased of erased"},"extensions":{"urn:Page":{"id":"erased","Page":[1.0,"erased",1e3]}}}},'
        '"context":{"instructor":{"account":{"homePage":"https://x/Page","name":"Page"}},"platform":"erased A"},'
        '"attachments":[{"usageType":"urn:Page","sha2":"Page","description":{"en":"\\"erased\\""}}]}'
    )
    assert anonymized(words, body) == after
