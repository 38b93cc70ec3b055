"""JSON as xAPI wants it: UTF-8, no key twice in one object, no NaN, not endlessly deep (1.0.3 Data 2.2; 2.0, 4.1.2)."""

import json
import math
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, NoReturn

from hub.errors import BadInput, Problem
from hub.xapi.problems import MAX_PROBLEMS, below

_EXACT_INTEGER = 2.0**53


class RepeatedKeys(dict[str, Any]):
    """An object in which a key stands twice."""

    twice: tuple[str, ...]


def parse_json(body: bytes) -> Any:
    """The value. Raises BadInput ``bad_json`` or ``repeated_keys``, which names every place; RecursionError if too deep.

    Numbers that are whole come as int, however they were written, so that equal numbers are equal.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _bad_json(f"is not UTF-8: byte {error.start} cannot be read") from None
    repeated: list[RepeatedKeys] = []

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        counts = Counter(key for key, _ in pairs)
        repeated.append(RepeatedKeys(found))
        repeated[-1].twice = tuple(key for key, count in counts.items() if count > 1)
        return repeated[-1]

    try:
        value = json.loads(text, object_pairs_hook=build, parse_constant=_refuse, parse_float=_number)
    except json.JSONDecodeError as error:
        raise _bad_json(f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except ValueError as error:
        raise _bad_json(f"is not JSON that can be read: {error}") from None
    if repeated:
        root = "statements" if isinstance(value, list) else "statement"
        problems = list(islice(_find_repeated(value, root), MAX_PROBLEMS))
        raise BadInput("repeated_keys", "A key stands twice in one object.", problems=problems)
    return value


def _number(text: str) -> float | int:
    value = float(text)
    if math.isinf(value):
        raise ValueError("a number is too large")
    return int(value) if value.is_integer() and abs(value) < _EXACT_INTEGER else value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def _bad_json(message: str) -> BadInput:
    return BadInput("bad_json", f"The body {message}.")


def _find_repeated(value: Any, place: str) -> Iterator[Problem]:
    if isinstance(value, RepeatedKeys):
        yield from (Problem("stands twice", below(place, key)) for key in value.twice)
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _find_repeated(item, below(place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _find_repeated(item, f"{place}[{index}]")
