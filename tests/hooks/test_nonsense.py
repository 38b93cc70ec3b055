"""Answers that no plugin should give: none of them reaches the database or a page, and what others answered counts."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from hub.api import Candidate, CatalogueRow, Completion, Evidence, Offering, Opinion, Panel, hookimpl
from hub.audiences.rules.rule import switch_plugin
from hub.errors import OutsideFailed
from hub.hooks.nonsense import problem_of_text
from hub.journal.tables import reader as reader_table
from hub.training.completing.completion import problem_of_completion
from hub.training.courses.sync_catalogue import sync_catalogue
from hub.training.my_training.panel import problem_of_panels
from hub.training.tables import completion as completion_table
from hub.training.tables import offering as offering_table
from tests.hooks.conftest import MakeWorld
from tests.world import World

BAD_NUMBERS: list[Any] = ["1", True, float("nan"), float("inf"), []]
NOW = datetime(2026, 3, 2, tzinfo=UTC)
BAD_TEXTS: list[Any] = [
    None,
    7,
    b"text",
    "",
    " ",
    "a\0b",
    "\ud800",
    "x" * 100_000,
    ["text"],
    type("S", (str,), {})("x"),
]
BAD_COMPLETIONS: list[Any] = [
    True,
    "yes",
    {},
    Completion,
    object(),
    *(Completion(text, "1") for text in BAD_TEXTS),
    *(Completion("attended", text) for text in BAD_TEXTS),
    *(Completion("attended", "1", score) for score in [*BAD_NUMBERS, 2.0, 10**400]),
    Completion("attended", "1", -1.01),
]
BAD_PANELS: list[Any] = [
    None,
    7,
    "text",
    {"title": "x"},
    Panel("x", "y"),
    ["x"],
    [Panel],
    [Panel("x", "y")] * 21,
    *([Panel(text, "y")] for text in BAD_TEXTS),
    *([Panel("x", text)] for text in BAD_TEXTS),
    *([Panel("x", "y", progress)] for progress in BAD_NUMBERS),
]


@pytest.mark.parametrize("text", BAD_TEXTS)
def test_bad_texts_have_a_problem(text: object) -> None:
    assert problem_of_text(text, 1000)
    assert problem_of_text("Grüße, 你好", 1000) is None


@pytest.mark.parametrize("answer", BAD_COMPLETIONS)
def test_bad_completions_have_a_problem(answer: object) -> None:
    assert len(problem_of_completion(answer) or "") in range(1, 200)
    assert problem_of_completion(Completion("attended", "1", -1)) is None


@pytest.mark.parametrize("answer", BAD_PANELS)
def test_bad_panels_have_a_problem(answer: object) -> None:
    assert len(problem_of_panels(answer) or "") in range(1, 200)
    assert problem_of_panels([Panel("x", "y", 0.5), Panel("x", "y", 3)]) is None


class Answers:
    """Takes what it is asked about apart, and answers this."""

    hub_api = "1.1"

    def __init__(self, answer: Callable[[], Any]) -> None:
        self.answer = answer

    @hookimpl
    def recognize_completion(self, statement: Any, offering: Any) -> Any:
        for mapping in (statement.result, statement.context_extensions, offering.launch):
            mapping.clear()
        for thing in (statement, offering):
            object.__setattr__(thing, "activity_id", "elsewhere")
        return self.answer()

    @hookimpl
    def decide_assignments(self, candidates: Any) -> Any:
        appointments = [c.appointment_id for c in candidates]
        candidates.clear()
        return [self.answer(), *(wish(appointment, reason="a\0b") for appointment in appointments)]


class Good:
    """Takes a good score as completion, and wants the batteries course for everybody."""

    hub_api = "1.1"

    @hookimpl
    def recognize_completion(self, statement: Evidence, offering: Offering) -> Completion | None:
        is_good = statement.result["score"]["scaled"] > 0.5 and offering.activity_id == statement.activity_id
        return Completion("scored", "1", statement.result["score"]["scaled"]) if is_good else None

    @hookimpl
    def decide_assignments(self, candidates: Sequence[Candidate]) -> list[Opinion]:
        return [wish(c.appointment_id) for c in candidates]


def wish(appointment: str, **other: Any) -> Opinion:
    said = {"target_kind": "offering", "target": "batteries", "reason": "everybody needs it", "since": NOW}
    return Opinion(appointment, **{**said, **other})


def completions(world: World) -> list[tuple[str, float | None]]:
    with world.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(completion_table))
        return [(row.recognized_by, row.score) for row in rows]


def test_what_one_plugin_does_to_a_statement_is_nothing_to_the_next(world_with: MakeWorld) -> None:
    world = world_with(standard_completion=Answers(lambda: None), good=Good())
    world.send("ann", "brakes", result={"score": {"scaled": 0.9}})
    world.drain()
    assert completions(world) == [("good", 0.9)]


def test_nonsense_stops_the_reader_and_credits_nobody_until_it_is_mended(world_with: MakeWorld) -> None:
    plugin = Answers(lambda: Completion("a\0b", "1"))
    world = world_with(standard_completion=plugin, good=Good())
    world.send("ann", "brakes", result={"score": {"scaled": 0.9}})
    world.drain()
    assert completions(world) == []
    with world.hub.reading() as uow:
        error = uow.connection.scalar(
            sa.select(reader_table.c.last_error).where(reader_table.c.name == "recognize")
        )
    assert "The plugin standard_completion failed on statement" in str(error)
    assert "policy has characters that are none" in str(error)
    plugin.answer = lambda: None
    world.hub.clock.advance(minutes=10)  # type: ignore[attr-defined]
    world.drain()
    assert completions(world) == [("good", 0.9)]


@pytest.mark.parametrize("answer", [None, 7, "x", object(), Opinion])
def test_opinions_that_are_none_keep_nobody_elses_from_counting(
    world_with: MakeWorld, answer: object
) -> None:
    world = world_with(bad=Answers(lambda: answer), good=Good())
    with world.hub.unit_of_work() as uow:
        for plugin in ("bad", "good"):
            switch_plugin(uow, "technicians", plugin, on=True)
    world.drain()
    assert list(world.live_goals("ann")) == [("batteries", "general")]


BAD_ROWS: list[Any] = [
    None,
    "row",
    ("1", "k"),
    CatalogueRow(None, "k", "t", "a"),  # type: ignore[arg-type]
    CatalogueRow("1", "k\0", "t", "a"),
    CatalogueRow("1", "k", "t", "a", minutes="5"),  # type: ignore[arg-type]
    CatalogueRow("1", "k", "t", "a", launch={"x": 7}),  # type: ignore[dict-item]
]


@pytest.mark.parametrize("row", BAD_ROWS)
def test_one_row_that_is_none_ends_the_sync_and_changes_nothing(world_with: MakeWorld, row: object) -> None:
    class Reads:
        hub_api = "1.1"

        @hookimpl
        def read_catalogue(self) -> Any:
            return iter([CatalogueRow("9", "new", "New", "https://lms.example/new"), row])

    world = world_with(reads=Reads())
    with pytest.raises(OutsideFailed, match="The plugin reads is wrong: row 2 "):
        sync_catalogue(world.hub, "south", "https://lms.example", "reads")
    with world.hub.reading() as uow:
        keys = set(uow.connection.scalars(sa.select(offering_table.c.key)))
    assert keys == {"brakes", "batteries"}
