"""Every reason for which somebody is not signed in is explained: what it means, and what to change."""

import ast
from pathlib import Path

import pytest

import hub.sso
from hub.sso.words import EXPLANATIONS, explain

ROOM = Path(hub.sso.__file__).parent
RAISED = {"BadInput", "NotAllowed", "Missing", "Conflict", "OutsideFailed", "HubError"}
OF_FORMS = {
    *(
        "address_taken",
        "bad_client",
        "bad_email",
        "bad_policy",
        "bad_provider",
        "bad_slug",
        "door_taken",
        "has_account",
    ),
    *("has_role", "incomplete", "no_door", "no_name", "no_partner", "no_person", "no_secret"),
    *("not_a_system", "own_access", "slug_taken"),
}
"""Codes that stand beside a field of a form, which says itself what to change; they refuse nobody a sign-in."""


def codes_of(path: Path) -> set[str]:
    """Codes that a module raises: first texts of calls of error classes, and of functions that make one error."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    makers = RAISED | {"bad_callback", "not_verified"}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in makers:
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(first.value)
    return found


MODULES = sorted(
    path
    for path in ROOM.rglob("*.py")
    if path.relative_to(ROOM).parts[0] != "onboarding"  # its steps are forms
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOM)))
def test_every_code_of_signing_in_is_explained(path: Path) -> None:
    unknown = explain("nobody knows this")
    assert {code for code in codes_of(path) - OF_FORMS if explain(code) is unknown} == set()


@pytest.mark.parametrize("code", sorted(EXPLANATIONS))
def test_words_are_whole_sentences_that_say_what_to_do(code: str) -> None:
    told = EXPLANATIONS[code]
    for text in (told.words, told.change):
        assert text[0].isupper()
        assert text.endswith(".")


def test_the_calls_own_codes_are_known_under_the_providers_name_too() -> None:
    assert explain("idp_timeout") == explain("timeout")
    assert explain("idp_error") != explain("error")
