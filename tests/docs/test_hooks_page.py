"""docs/hooks.md and the hook catalogue say the same, and every hook is tested."""

import ast
import dataclasses
import inspect
from pathlib import Path

import pytest

import hub.api
from hub import hookspecs
from hub.hooks import Hooks, Plugin
from tests.docs.pages import blocks, read, sections

TESTS = Path(__file__).parents[1]
PAGE = read("hooks.md")
CONTRACTS = Hooks(hookspecs, []).contracts


def signatures() -> dict[str, str]:
    """Each hook as the catalogue declares it."""
    tree = ast.parse(inspect.getsource(hookspecs))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert all(f.returns for f in functions)
    return {
        f.name: f"{f.name}({ast.unparse(f.args)}) -> {ast.unparse(f.returns)}" for f in functions if f.returns
    }


def headings() -> dict[str, str]:
    """What the page says under the heading of each hook."""
    return sections(sections(PAGE, 2)["The hooks"], 3)


def test_every_hook_has_a_heading_with_its_exact_signature_and_no_other_is_named() -> None:
    assert list(headings()) == [f"`{signature}`" for signature in signatures().values()]


@pytest.mark.parametrize("name", list(CONTRACTS))
def test_hook_is_described_with_its_shape_its_scope_and_what_an_exception_means(name: str) -> None:
    contract = CONTRACTS[name]
    first = headings()[f"`{signatures()[name]}`"].strip().splitlines()[0]
    assert (
        first
        == f"Shape: **{contract.shape}** · Scope: **{contract.scope}** · If it raises: **{contract.on_error}**"
    )


@pytest.mark.parametrize("name", list(CONTRACTS))
def test_example_of_a_hook_is_a_plugin_that_starts(name: str) -> None:
    (example,) = blocks(headings()[f"`{signatures()[name]}`"])
    found: dict[str, type] = {}
    exec(example.text, found)
    assert Hooks(hookspecs, [Plugin("example", "1", found["Plugin"]())]).implementers(name) == ["example"]


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


@pytest.mark.parametrize("name", list(CONTRACTS))
def test_every_hook_has_a_test_of_its_own_name(name: str) -> None:
    tests = [
        node.name
        for path in TESTS.rglob("test_*.py")
        if path != Path(__file__)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert [test for test in tests if name in test] != []
