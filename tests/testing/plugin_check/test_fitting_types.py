"""Which annotations say no more than others."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from hub.api import Opinion, Panel
from hub.testing.plugin_check.fitting_types import fits, name_of


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (Iterator[Opinion], Iterable[Opinion]),
        (list[Opinion], Iterable[Opinion]),
        (Generator[Opinion, None, None], Iterable[Opinion]),
        (tuple[Panel, ...], Sequence[Panel]),
        (Panel, Panel | None),
        (Panel | None, Panel | None),
        (bool, int),
        (dict[str, int], Mapping[str, Any]),
        (list[Panel], Sequence),
    ],
)
def test_what_fits(said: Any, wanted: Any) -> None:
    assert fits(said, wanted)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (Panel, Sequence[Panel]),
        (Panel | None, Panel),
        (list[Panel], Iterable[Opinion]),
        (Iterable[Opinion], list[Opinion]),
        (str, int),
        (list, Sequence[Panel]),
    ],
)
def test_what_does_not_fit(said: Any, wanted: Any) -> None:
    assert not fits(said, wanted)


def test_types_are_named_as_one_writes_them() -> None:
    assert name_of(Sequence[Panel]) == "Sequence[Panel]"
    assert name_of(Panel | None) == "Panel | None"
    assert name_of(tuple[Panel, ...]) == "tuple[Panel, ...]"
