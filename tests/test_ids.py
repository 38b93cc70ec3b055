"""Ids do not count, sort by time where they are new, and are the same again where they are derived."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from hub import ids


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_derived_id_is_the_standards_uuid5(parts: list[str]) -> None:
    expected = uuid.uuid5(ids._DERIVED, "\x1f".join(parts))
    assert ids.derived_id(*parts) == str(expected)


def test_new_ids_are_uuid7_and_differ() -> None:
    made = [ids.new_id() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert {uuid.UUID(id).version for id in made} == {7}
    assert all(ids.is_id(id) for id in made)


def test_other_text_is_no_id() -> None:
    for text in (
        "",
        "1",
        "not-an-id",
        "0190a7a0-0000-7000-8000-00000000000",
        "0190a7a0-0000-7000-8000-0000000000011",
    ):
        assert not ids.is_id(text)
