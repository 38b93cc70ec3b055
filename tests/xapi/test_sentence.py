"""Statements as sentences."""

from typing import Any

import pytest

from hub.xapi.statements.sentence import pick_language, tell
from tests.xapi.rig import VERBS, full_statement, statement, sub_statement


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"result": {"score": {"scaled": 0.853}}}, "ana@example.com completed brakes with 85 %"),
        ({"result": {"score": {"raw": 17, "max": 20}}}, "ana@example.com completed brakes with 17 of 20"),
        ({"result": {"score": {"raw": 17.5}}}, "ana@example.com completed brakes with 17.5"),
        ({"result": {"success": False}}, "ana@example.com completed brakes without success"),
        (
            {"result": {"completion": False, "score": {"scaled": -0.1}}},
            "ana@example.com completed brakes with -10 %, not yet complete",
        ),
        ({"verb": {"id": VERBS + "experienced"}}, "ana@example.com looked at brakes"),
        (
            {"verb": {"id": "urn:x", "display": {"de": "lernte", "en-GB": "learned"}}},
            "ana@example.com learned brakes",
        ),
        ({"verb": {"id": "https://example.com/did-well/"}}, "ana@example.com did well brakes"),
        (
            {"object": {"id": "https://x.example/", "definition": {"name": {"fr": "Les freins"}}}},
            "ana@example.com completed Les freins",
        ),
        ({"object": {"objectType": "Agent", "name": "Ben"}}, "ana@example.com completed Ben"),
        (
            {"object": {"objectType": "StatementRef", "id": "i"}},
            "ana@example.com completed on another statement",
        ),
        (
            {"verb": {"id": VERBS + "voided"}, "object": {"objectType": "StatementRef", "id": "i"}},
            "ana@example.com voided another statement",
        ),
        ({"actor": {"account": {"homePage": "https://h", "name": "ben"}}}, "ben completed brakes"),
        ({"actor": {"objectType": "Group", "member": [{}, {}]}}, "a group of 2 completed brakes"),
        ({"actor": {"objectType": "Group", "name": "Shift", "member": [{}]}}, "Shift completed brakes"),
        ({"actor": {"mbox_sha1sum": "ab12"}}, "ab12 completed brakes"),
    ],
)
def test_who_did_what_and_how_well(parts: dict[str, Any], sentence: str) -> None:
    assert str(tell(statement(**parts))) == sentence


def test_names_the_hub_knows_go_first() -> None:
    told = tell(full_statement(), "Lena Moreno", "Brakes 2")
    assert (told.who, told.what) == ("Lena Moreno", "Brakes 2")


def test_a_sub_statement_is_told_within() -> None:
    assert str(tell(sub_statement())) == "ana@example.com completed “ana@example.com completed brakes”"


def test_a_statement_of_columns_alone_is_told_somehow() -> None:
    assert str(tell({"result": {}})) == "somebody"
    assert pick_language({}) == ""


def test_nothing_is_so_long_that_it_fills_the_page() -> None:
    told = tell(statement(actor={"mbox": "mailto:a@b", "name": "x" * 500}))
    assert len(told.who) == 120
