"""What an audience and a rule of its profile ask together, of the same appointment. Pure."""

from collections.abc import Callable

from hub.audiences.rules.conditions import Conditions


class CannotHold(ValueError):
    """The two can never hold on one appointment, or cannot be said as one; its text says why."""


def join(audience: Conditions, own: Conditions) -> Conditions:
    """The conditions under which both hold. CannotHold where one names what the other leaves out, or both name regions."""
    if audience.nodes and own.nodes and audience.nodes != own.nodes:
        raise CannotHold("names regions, and so does the audience: name them in one place")
    activities = {activity for activity in (audience.activity, own.activity) if activity}
    classes = {each for each in (audience.audience_class, own.audience_class) if each}
    if len(classes) > 1:
        raise CannotHold("is for another class than the audience")
    if len(activities) > 1:
        raise CannotHold("asks for another activity than the audience")
    return Conditions(
        positions=_both("positions", audience.positions, own.positions),
        brands=_both("brands", audience.brands, own.brands),
        activity=next(iter(activities), None),
        audience_class=next(iter(classes), None),
        nodes=audience.nodes or own.nodes,
        partners=_both("partners", audience.partners, own.partners),
        attributes=tuple(sorted({*audience.attributes, *own.attributes}, key=repr)),
        tenure_at_least=_bound(max, audience.tenure_at_least, own.tenure_at_least),
        tenure_at_most=_bound(min, audience.tenure_at_most, own.tenure_at_most),
    )


def _both(what: str, audience: tuple[str, ...], own: tuple[str, ...]) -> tuple[str, ...]:
    if not audience or not own:
        return audience or own
    common = tuple(sorted({*audience} & {*own}))
    if not common:
        raise CannotHold(f"asks for {what} of which the audience has none")
    return common


def _bound(choose: Callable[[list[int]], int], *bounds: int | None) -> int | None:
    given = [bound for bound in bounds if bound is not None]
    return choose(given) if given else None
