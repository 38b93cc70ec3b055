"""Writes docs/hooks.md from the hook catalogue: ``make hooks``.

Prose comes from docs/hooks.template.md, examples from docs/examples, each a plugin that a test runs. Signature, shape, scope, what an
exception means, since when a hook is there and what its contract says come from ``hub.hookspecs``.
"""

import ast
import inspect
import re
import sys
from collections import Counter
from pathlib import Path

from hub import hookspecs
from hub.hooks import HookContract

DOCS = Path(__file__).parent
PAGE, TEMPLATE, EXAMPLES = DOCS / "hooks.md", DOCS / "hooks.template.md", DOCS / "examples"
MADE = "<!-- Made by `make hooks` from hooks.template.md, examples/ and hub/hookspecs.py: change those. -->"
CONTRACTS: dict[str, HookContract] = {
    name: function.hub_contract
    for name, function in vars(hookspecs).items()
    if hasattr(function, "hub_contract")
}
_MARK = re.compile(r"^\{\{(?P<what>hook|example) (?P<name>\w+)\}\}$", re.MULTILINE)


class Incomplete(Exception):
    """The template or the examples lack something; the message says what to add where."""


def signatures() -> dict[str, str]:
    """Each hook as the catalogue declares it, in its order."""
    tree = ast.parse(inspect.getsource(hookspecs))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in CONTRACTS]
    return {
        f.name: f"{f.name}({ast.unparse(f.args)}) -> {ast.unparse(f.returns or ast.Constant(None))}"
        for f in functions
    }


def contract_line(name: str) -> str:
    """What stands below a hook's heading."""
    contract = CONTRACTS[name]
    line = (
        f"Shape: **{contract.shape}** · Scope: **{contract.scope}** · If it raises: **{contract.on_error}**"
    )
    if contract.since != "1.0":
        line += f" · Since: **{contract.since}**"
    if contract.deprecated:
        line += f" · Deprecated since **{contract.deprecated.since}**: use `{contract.deprecated.successor}`"
    return line


def make_page(template: str) -> str:
    """The page; Incomplete where a hook has no place or no example in the template, or two."""
    placed = [(mark["what"], mark["name"]) for mark in _MARK.finditer(template)]
    wanted = [(what, name) for name in CONTRACTS for what in ("hook", "example")]
    missing = [f"{{{{{what} {name}}}}}" for what, name in wanted if (what, name) not in placed]
    if missing:
        raise Incomplete(f"docs/hooks.template.md lacks {', '.join(missing)}.")
    twice = [f"{{{{{what} {name}}}}}" for (what, name), times in Counter(placed).items() if times > 1]
    if twice:
        raise Incomplete(f"docs/hooks.template.md has more than once {', '.join(twice)}.")
    return f"{MADE}\n\n" + _MARK.sub(lambda mark: _WRITERS[mark["what"]](mark["name"]), template)


def _section(name: str) -> str:
    said = (inspect.getdoc(getattr(hookspecs, name)) or "").replace("``", "`")
    quoted = "\n".join(f"> {line}".rstrip() for line in said.splitlines())
    return f"### `{signatures()[name]}`\n\n{contract_line(name)}\n\n{quoted}"


def _example(name: str) -> str:
    file = EXAMPLES / f"{name}.py"
    if not file.is_file():
        raise Incomplete(f"There is no docs/examples/{name}.py.")
    return f"```python\n{file.read_text(encoding='utf-8')}```"


_WRITERS = {"hook": _section, "example": _example}


def main() -> None:
    """Write the page."""
    try:
        page = make_page(TEMPLATE.read_text(encoding="utf-8"))
    except Incomplete as lack:
        sys.exit(str(lack))
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
