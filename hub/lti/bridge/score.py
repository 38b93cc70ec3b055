"""Exact scores: the numbers of a statement as they were written, in the scale of another gradebook."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

MAX_DIGITS = 12
"""Digits of a score that is scaled by the hub; what needs more is sent as it came, and the gradebook scales it."""
_LARGEST, _SMALLEST = 15, -20
"""Powers of ten between which numbers of statements are taken for scores."""


@dataclass(frozen=True)
class ExactScore:
    """``given`` of ``maximum``, as exact as the sender wrote them; ``given`` may be above (extra credit), never below 0."""

    given: Fraction
    maximum: Fraction

    def scaled_to(self, maximum: float | None) -> "ExactScore":
        """The score in a gradebook's own scale, 7 of 10 as 70 of 100; as it is where that takes more than MAX_DIGITS."""
        if maximum is None:
            return self
        wanted = Fraction(Decimal(repr(maximum)))
        scaled = ExactScore(self.given * wanted / self.maximum, wanted)
        digits = decimal_text(scaled.given)
        return self if digits is None or sum(c.isdigit() for c in digits) > MAX_DIGITS else scaled


def read_score(payload: bytes, public_url: str) -> ExactScore | None:
    """The score in a statement's result (xAPI 1.0.3 Data 2.4.5.1), or None where it has none that can be passed on.

    Points count from ``min``, where there is one. Points above the maximum, which xAPI cannot say, are told by the hub's
    own extension. Without points, ``scaled`` is the score of a maximum of 1; below 0 it is 0.
    """
    told = json.loads(payload, parse_float=Decimal, parse_int=Decimal)
    score = _part(_part(told, "result"), "score")
    extensions = _part(_part(told, "context"), "extensions")
    numbers = {name: _number(score.get(name)) for name in ("raw", "min", "max", "scaled")}
    extra = _number(extensions.get(f"{public_url}/xapi/extensions/ags-score-maximum"))
    raw, low = numbers["raw"], numbers["min"] or Fraction(0)
    high = numbers["max"] if numbers["max"] is not None else extra
    if raw is not None and high is not None and high > low:
        return ExactScore(max(raw - low, Fraction(0)), high - low)
    if numbers["scaled"] is not None:
        return ExactScore(max(numbers["scaled"], Fraction(0)), Fraction(1))
    return None


def decimal_text(number: Fraction) -> str | None:
    """The number as a finite decimal, as JSON has it: ``70``, ``66.5``; None where there is none, as for a third."""
    rest, places = number.denominator, 0
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest //= prime
            power += 1
        places = max(places, power)
    if rest != 1:
        return None
    digits = str(abs(number.numerator) * 10**places // number.denominator).rjust(places + 1, "0")
    whole, part = (digits[:-places], digits[-places:]) if places else (digits, "")
    return ("-" if number < 0 else "") + whole + (f".{part}" if part else "")


def _part(of: Any, name: str) -> Mapping[str, Any]:
    value = of.get(name) if isinstance(of, dict) else None
    return value if isinstance(value, dict) else {}


def _number(value: object) -> Fraction | None:
    if not isinstance(value, Decimal) or not value.is_finite():
        return None
    exponent = value.as_tuple().exponent
    if value.adjusted() > _LARGEST or (isinstance(exponent, int) and exponent < _SMALLEST):
        return None
    return Fraction(value)
