"""Every reason for which a system that knows only SAML is refused is explained, and nothing else is."""

import ast
from pathlib import Path

import hub.sso.saml_provider
from hub.sso.refusals import not_verified
from hub.sso.saml_provider.refusals import STATUSES, not_trusted
from hub.sso.saml_provider.words import WORDS
from hub.sso.words import explain

ROOM = Path(hub.sso.saml_provider.__file__).parent
MAKERS = {"not_here", "told_to_system", "Refused", "BadInput", "NotAllowed", "Conflict", "unusable"}
ABOUT_SETTINGS = {"bad_client", "not_a_system", "no_metadata", "too_large"}
"""Codes that an operator meets in a form, with words of their own."""


def codes() -> set[str]:
    """First texts of every call that makes a refusal, and what the shared reading of messages is called here."""
    found: set[str] = set()
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Dict) and path.name == "refusals.py":
                found |= {str(one.value) for one in node.values if isinstance(one, ast.Constant)}
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            first = node.args[0]
            if node.func.id in MAKERS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(first.value)
    return found | {not_trusted(not_verified("anything")).code}


def test_every_code_is_explained_and_nothing_else_is() -> None:
    assert {
        code for code in codes() - ABOUT_SETTINGS if explain(code) is explain("nobody knows this")
    } == set()
    assert set(WORDS) <= codes()


def test_what_a_system_is_told_is_a_status_of_the_standard() -> None:
    told = set()
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "told_to_system"
            ):
                last = node.args[2]
                assert isinstance(last, ast.Constant)
                told.add(last.value)
    assert told == STATUSES
