"""Every reason for which a client is refused is explained: what it means, and what to change."""

import ast
import re
from pathlib import Path

import hub.sso.provider
from hub.sso.provider.words import WORDS

ROOM = Path(hub.sso.provider.__file__).parent
FIRST = {"Refused", "invalid_grant", "invalid_client", "_no_access", "_denied"}
ABOUT_SETTINGS = {"bad_client", "not_a_system", "no_client", "no_secret"}
"""Codes that an operator meets in a form, with words of their own."""


def codes() -> set[str]:
    """First texts of every call that makes a refusal, in all modules."""
    found: set[str] = set()
    for path in (*ROOM.glob("*.py"), ROOM.parent / "waiting.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            name, first = node.func.id, node.args[0]
            makes = name in FIRST | {"BadInput", "NotAllowed", "OutsideFailed"}
            texts = [one.value for one in ast.walk(first) if isinstance(one, ast.Constant)]
            if makes and not isinstance(first, ast.JoinedStr | ast.Name):
                found |= {text for text in texts if isinstance(text, str)}
            elif name == "_refused" and path.name == "client_assertion.py" and texts:
                found.add(f"assertion_{texts[0]!s}")
    return {code for code in found if re.fullmatch(r"[a-z_]+", code)}


def test_every_code_is_explained_and_nothing_else_is() -> None:
    assembled = {f"no_{name}" for name in ("code", "redirect_uri", "code_verifier")}
    assembled |= {f"assertion_{name}" for name in ("iat", "nbf")} | {
        f"bad_{name}" for name in ("state", "nonce")
    }
    assembled |= {f"{name}_not_supported" for name in ("request", "request_uri", "registration")}
    assert codes() - ABOUT_SETTINGS | assembled == set(WORDS)


def test_words_are_whole_sentences() -> None:
    for words, change in WORDS.values():
        assert words[0].isupper()
        assert change[0].isupper()
        assert words.endswith(".")
        assert change.endswith(".")
