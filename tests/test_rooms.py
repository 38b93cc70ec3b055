"""The rules of who may import whom leave no room out."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_built_in_plugins_may_import_no_room_but_the_api() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    rules = {contract["id"]: contract for contract in config["tool"]["importlinter"]["contracts"]}
    rooms = {f"hub.{path.stem}" for path in (ROOT / "hub").iterdir() if path.suffix == ".py" or path.is_dir()}
    rooms -= {"hub.__init__", "hub.__main__", "hub.__pycache__"}
    assert rooms - {"hub.api", "hub.plugins"} <= set(rules["plugins-import-api"]["forbidden_modules"])
