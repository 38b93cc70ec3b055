"""Ids do not count, sort by time where they are new, and are the same again where they are derived."""

import os
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
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


def test_new_ids_of_threads_differ() -> None:
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: [ids.new_id() for _ in range(5000)], range(4)))
    assert len({id for some in made for id in some}) == 4 * 5000


@pytest.mark.filterwarnings(
    "ignore:.*multi-threaded.*fork.*:DeprecationWarning"
)  # since Python 3.12; the copy needs no lock
def test_a_copy_of_the_process_makes_other_ids() -> None:
    made = [ids.new_id()]  # from here on there is randomness to copy
    reads, writes = os.pipe()
    copy = os.fork()
    if not copy:
        os.write(writes, "\n".join(ids.new_id() for _ in range(100)).encode())
        os._exit(0)
    os.close(writes)
    made += [ids.new_id() for _ in range(100)]
    with os.fdopen(reads) as told:
        theirs = told.read().split("\n")
    os.waitpid(copy, 0)
    assert len({id[13:] for id in (*made, *theirs)}) == 201  # without the time, which may be another


def test_other_text_is_no_id() -> None:
    for text in (
        "",
        "1",
        "not-an-id",
        "0190a7a0-0000-7000-8000-00000000000",
        "0190a7a0-0000-7000-8000-0000000000011",
    ):
        assert not ids.is_id(text)
