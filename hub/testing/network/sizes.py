"""How large the three networks are, and how their partners' sizes are distributed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Size:
    """What sets one size apart from another; counts are exact.

    ``zipf_exponent``: the k-th largest partner owns locations in proportion to 1 / k ** zipf_exponent.
    ``history_years``: how far back the files reach; appointments that ended earlier are left out.
    """

    locations: int
    people: int
    partners: int
    zipf_exponent: float
    brands: int
    countries: int
    offices: int
    locations_per_leaf: int
    history_years: int


SIZES: Mapping[str, Size] = {
    "S": Size(100, 800, 20, 1.0, 6, 8, 3, 8, 3),
    "M": Size(5_000, 40_000, 500, 1.2, 12, 24, 12, 25, 3),
    # The deep history makes about three appointments for each person.
    "L": Size(50_000, 2_000_000, 5_000, 1.0, 24, 40, 40, 40, 12),
}
_PARTS = ("L/10", "L/100")


def find_size(name: str) -> Size:
    """S, M or L, or a part of the largest: ``L/10`` or ``L/100``, with as many people at a location as it has.

    ValueError if there is no such size.
    """
    if name in SIZES:
        return SIZES[name]
    if name not in _PARTS:
        raise ValueError(f"there is no size {name!r}; choose one of {', '.join([*SIZES, *_PARTS])}")
    whole, part = SIZES["L"], int(name.removeprefix("L/"))
    return replace(
        whole,
        locations=whole.locations // part,
        people=whole.people // part,
        partners=whole.partners // part,
        offices=max(1, whole.offices // part),
    )


def zipf_sizes(total: int, count: int, exponent: float) -> list[int]:
    """Share ``total`` locations among ``count`` partners, largest first, each at least one."""
    weights = [1 / rank**exponent for rank in range(1, count + 1)]
    scale = total / sum(weights)
    quotas = [weight * scale for weight in weights]
    sizes = [max(1, int(quota)) for quota in quotas]
    missing = total - sum(sizes)
    by_remainder = sorted(range(count), key=lambda rank: sizes[rank] - quotas[rank])
    for rank in by_remainder[: max(0, missing)]:
        sizes[rank] += 1
    # Rounding many small partners up to one can overshoot; the largest gives it back.
    sizes[0] += min(0, missing)
    return sizes


def share_out(total: int, weights: list[float]) -> list[int]:
    """Share ``total`` in proportion to the weights, by rounding running sums, so that the sum is exact."""
    scale = total / sum(weights)
    shares, running, given = [], 0.0, 0
    for weight in weights:
        running += weight * scale
        shares.append(round(running) - given)
        given = round(running)
    return shares
