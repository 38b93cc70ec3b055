"""JSON as xAPI wants it: UTF-8, no key twice in one object, no NaN, not endlessly deep (1.0.3 Data 2.2; 2.0, 4.1.2)."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, NoReturn

import msgspec

from hub.errors import BadInput, Problem
from hub.xapi.statements.problems import MAX_PROBLEMS, below

_EXACT_INTEGER = 2.0**53
_TEXT_OR_MARK = re.compile(rb'"[^"]*"|[,\[{]')
_QUOTE = ord('"')
_HIDDEN_COLON = re.compile(rb"\\u003[aA]")


class WideNumber(float):
    """A number that Python and msgspec write in different ways, because it has an exponent."""


class NotPlain(ValueError):
    """A key may stand twice: that is to be told exactly."""


class RepeatedKeys(dict[str, Any]):
    """An object in which a key stands twice."""

    twice: tuple[str, ...]


def has_more_parts(body: bytes, limit: int) -> bool:
    """Whether JSON has more objects, arrays and commas than a limit: how much room its value takes, told before it is read.

    Those inside of texts do not count, but are looked at only if they could make the difference.
    """
    if body.count(b",") + body.count(b"[") + body.count(b"{") <= limit:
        return False
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"")  # so that every quote begins or ends a text
    marks = (found for found in _TEXT_OR_MARK.finditer(plain) if plain[found.start()] != _QUOTE)
    return next(islice(marks, limit, None), None) is not None


def parse_json(body: bytes) -> Any:
    """The value. Raises BadInput ``bad_json`` or ``repeated_keys``, which names every place; RecursionError if too deep.

    Numbers that are whole come as int, however they were written, so that equal numbers are equal.
    """
    try:
        return parse_plain(body)
    except (NotPlain, msgspec.DecodeError, UnicodeDecodeError):
        return parse_slowly(body)


def parse_plain(body: bytes) -> Any:
    """The value of what can be read quickly, as nearly everything can; ``parse_slowly`` must look at what cannot.

    Raises NotPlain, msgspec.DecodeError, UnicodeDecodeError, and RecursionError if it is nested too deep.
    """
    value = _DECODER.decode(body)
    check_keys(body, value)
    return value


def parse_slowly(body: bytes) -> Any:
    """As ``parse_json``, in Python, which sees every key as it comes and says what is wrong and where."""
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


def check_keys(body: bytes, value: object) -> None:
    """Raise NotPlain unless it is plain that no key was lost to another of the same name when JSON was read as a value.

    After each key comes a colon. The colons inside of texts are the same in the body and in the value written anew,
    unless one is written as an escape. So as many colons in both mean that nothing was lost.
    """
    if (b"\\" in body and _HIDDEN_COLON.search(body)) or body.count(b":") != _ENCODER.encode(value).count(
        b":"
    ):
        raise NotPlain


def _number(text: str) -> float | int:
    value = float(text)
    if math.isinf(value):
        raise ValueError("a number is too large")
    if value.is_integer() and abs(value) < _EXACT_INTEGER:
        return int(value)
    return WideNumber(value) if "e" in repr(value) else value


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


_DECODER = msgspec.json.Decoder(float_hook=_number)
_ENCODER = msgspec.json.Encoder(enc_hook=float.__repr__)
