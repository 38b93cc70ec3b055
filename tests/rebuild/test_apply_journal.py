"""Every kind of change that is recorded anywhere has its place in a rebuild."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import hub
from hub.errors import HubError
from hub.journal import Change, record_changes
from hub.network.apply_changes import CHANGE_KINDS
from hub.rebuild.apply_journal import APPLY, KEPT_BY_ADAPTERS
from hub.rebuild.verify import verify
from tests.databases import Kind
from tests.journeys.world import new_world

ROOT = Path(hub.__file__).parent


def recorded_kinds() -> Iterator[str]:
    """The kinds in every ``Change("kind", …)`` of the code; those of network imports are named by the area."""
    yield from CHANGE_KINDS
    for file in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Change":
                kind = node.args[0]
                if isinstance(kind, ast.Constant):
                    yield str(kind.value)
                elif isinstance(kind, ast.Name):  # a constant of its module; what is none is a parameter
                    name = ".".join(("hub", *file.relative_to(ROOT).with_suffix("").parts))
                    value = getattr(importlib.import_module(name), kind.id, None)
                    if isinstance(value, str):
                        yield value


def test_every_recorded_kind_is_applied_or_known_to_decide_nothing() -> None:
    recorded = set(recorded_kinds())
    assert len(recorded) > 15
    assert recorded - set(APPLY) - KEPT_BY_ADAPTERS == set()
    assert recorded >= KEPT_BY_ADAPTERS
    assert not KEPT_BY_ADAPTERS & set(APPLY)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_kind_nobody_knows_stops_the_rebuild(database_kind: Kind) -> None:
    with new_world(database_kind) as world:
        with world.hub.unit_of_work() as uow:
            record_changes(uow, [Change("moon_changed", "1", {})])
        world.drain()
        with pytest.raises(HubError, match="moon_changed"):
            verify(world.hub, patience=0)
