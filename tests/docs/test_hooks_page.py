"""docs/hooks.md and the hook catalogue say the same, and every hook is tested."""

import dataclasses
import re
from pathlib import Path

import pytest

import hub.api
from docs.hooks_page import CONTRACTS, EXAMPLES, TEMPLATE, Incomplete, contract_line, make_page, signatures
from hub.hooks import Deprecated, HookContract
from tests.docs.pages import blocks, read, sections

TESTS = Path(__file__).parents[1]
PAGE = read("hooks.md")


def headings() -> dict[str, str]:
    """What the page says under the heading of each hook."""
    return sections(sections(PAGE, 2)["The hooks"], 3)


def test_every_hook_has_a_heading_with_its_exact_signature_and_no_other_is_named() -> None:
    assert list(headings()) == [f"`{signature}`" for signature in signatures().values()]


@pytest.mark.parametrize("name", list(CONTRACTS))
def test_hook_is_described_with_its_contract_and_an_example(name: str) -> None:
    said = headings()[f"`{signatures()[name]}`"].strip()
    assert said.splitlines()[0] == contract_line(name)
    (example,) = blocks(said)
    assert example.text == (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")


def test_page_is_what_would_be_made_now() -> None:
    assert make_page(TEMPLATE.read_text(encoding="utf-8")) == PAGE, "run make hooks"


def test_hook_without_a_place_or_an_example_is_missed() -> None:
    with pytest.raises(Incomplete, match=r"lacks \{\{hook register_settings\}\}"):
        make_page(TEMPLATE.read_text(encoding="utf-8").replace("{{hook register_settings}}", ""))


def test_hook_with_two_places_is_told() -> None:
    with pytest.raises(Incomplete, match=r"more than once \{\{hook register_settings\}\}"):
        make_page(TEMPLATE.read_text(encoding="utf-8") + "\n{{hook register_settings}}")


def test_what_is_new_or_on_its_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    old = HookContract("tell", "hub", "retry", "1.1", Deprecated("1.2", "news_gathered"))
    monkeypatch.setitem(CONTRACTS, "goal_added", old)
    assert contract_line("goal_added").endswith(
        "Since: **1.1** · Deprecated since **1.2**: use `news_gathered`"
    )


def test_words_for_shapes_and_exceptions_are_explained() -> None:
    shapes = sections(PAGE, 2)["The five shapes"]
    for contract in CONTRACTS.values():
        assert f"| {contract.shape} |" in shapes
        assert f"**{contract.on_error}**" in shapes
        assert f"- **{contract.scope}**" in sections(PAGE, 2)["Scope"]


@pytest.mark.parametrize("name", hub.api.__all__)
def test_everything_plugins_can_import_is_explained_with_its_fields(name: str) -> None:
    explained = [
        text
        for text in sections(PAGE, 2)["What comes and what goes"].split("\n\n")
        if f"**`{name}`**" in text
    ]
    assert len(explained) == 1
    thing = getattr(hub.api, name)
    fields = [field.name for field in dataclasses.fields(thing)] if dataclasses.is_dataclass(thing) else []
    assert [field for field in fields if f"`{field}`" not in explained[0]] == []


def test_every_hook_has_a_test_of_its_own_name() -> None:
    files = (path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py") if path != Path(__file__))
    tests = [test for text in files for test in re.findall(r"^def (test_\w+)", text, re.MULTILINE)]
    assert [name for name in CONTRACTS if not any(name in test for test in tests)] == []
