"""Whether a why tree is right: reckoned again from its own leaves, from the facts, and against what is kept (I9)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.why_scope import WhyScope
from hub.audiences.why.read_why import Target, narrowed, read_whole
from hub.audiences.why.tree import WhyTree, first_verdict
from hub.errors import BadInput
from hub.store import UnitOfWork, valid_at
from hub.training import tables


@dataclass(frozen=True)
class Verified:
    """``tree`` as it is found now; every ``difference`` of what was claimed from it, or of what is kept."""

    tree: WhyTree
    differences: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether the claim is right."""
        return not self.differences


def to_json(tree: WhyTree) -> dict[str, Any]:
    """A tree with its verdicts as plain values; instants in ISO 8601."""
    goals = [{**_plain(goal), "verdict": goal.verdict} for goal in tree.goals]
    return {**_plain(tree), "goals": goals, "verdict": tree.verdict}


def claim_of(claimed: Mapping[str, Any]) -> tuple[str, Target, datetime]:
    """Person, target and instant of a tree that somebody claims. BadInput ``bad_why`` for what is none."""
    with _claimed():
        at = datetime.fromisoformat(claimed["at"])
        if at.tzinfo is None:
            raise ValueError("no time zone")
        return str(claimed["person_id"]), (str(claimed["target_kind"]), str(claimed["target_id"])), at


def verify_why(
    uow: UnitOfWork,
    claimed: Mapping[str, Any],
    scope: WhyScope,
    narrow: Callable[[WhyTree], WhyTree] | None = None,
    tell: Callable[[WhyTree], dict[str, Any]] = to_json,
) -> Verified:
    """Reckon a tree again, as of its instant, that ``tell`` made plain. BadInput ``bad_why`` for what is none; else as ``read_whole``.

    ``narrow`` leaves of a whole tree what the viewer is told; what the scope says unless it is given.
    """
    person_id, target, at = claim_of(claimed)
    with _claimed():
        own = dict(_from_leaves(claimed))
    (whole,) = read_whole(uow, person_id, [target], scope, at)
    tree = narrow(whole) if narrow else narrowed(whole, scope)
    found = [f"{what} is not what its leaves say" for what, right in own.items() if not right]
    found += _differences(tell(tree), claimed, "")
    # Only of goals that are told as they are: of the others what is kept is not the viewer's to know.
    told = {goal.id: goal.verdict for goal in tree.goals}
    mine = tuple(goal for goal in whole.goals if told.get(goal.id) == goal.verdict)
    found += _against_what_is_kept(uow, replace(whole, goals=mine), at)
    return Verified(tree, tuple(found))


@contextmanager
def _claimed() -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadInput("bad_why", "This is not a tree that the hub gave.") from None


def _from_leaves(claimed: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Each verdict of a claim, put together again from what it claims of its leaves."""
    for goal in claimed["goals"]:
        live = [ask for ask in goal["asks"] if _holds(ask)]
        binding = {ask["audience_class"] for ask in live if ask["binding"]}
        waivers = [] if goal["kind"] == "compliance" else [w for w in goal["waivers"] if _holds(w)]
        left = [
            ask
            for ask in live
            if (ask["audience_class"] in binding or "" in binding or (binding and not ask["audience_class"]))
            or not any(_takes(waiver, ask) for waiver in waivers)
        ]
        said = ("reached" if goal["credit"] else "open") if left else "waived" if live else "not_asked"
        yield f"goal {goal['id']}", said == goal["verdict"]
    yield "the verdict", first_verdict(goal["verdict"] for goal in claimed["goals"]) == claimed["verdict"]


def _holds(branch: Mapping[str, Any]) -> bool:
    return all(leaf["holds"] is True for leaf in branch["leaves"])


def _takes(waiver: Mapping[str, Any], ask: Mapping[str, Any]) -> bool:
    if ask["kind"] == "elsewhere":
        return False
    if waiver["kind"] == "decision":
        return True
    return bool(ask["kind"] in ("rule", "plugin") and ask["appointment_id"] == waiver["appointment_id"])


def _differences(right: Any, claimed: Any, place: str) -> list[str]:
    """Where a claim is other than it should be, by the way there."""
    if isinstance(right, dict) and isinstance(claimed, dict):
        keys = sorted({*right, *claimed})
        pairs = [(key, right.get(key, _NOTHING), claimed.get(key, _NOTHING)) for key in keys]
    elif isinstance(right, list) and isinstance(claimed, list | tuple) and len(right) == len(claimed):
        pairs = [(str(n), one, other) for n, (one, other) in enumerate(zip(right, claimed, strict=True))]
    else:
        return [] if right == claimed else [f"{place.strip('.') or 'the tree'} is other than it is now"]
    return [said for key, one, other in pairs for said in _differences(one, other, f"{place}.{key}")]


def _against_what_is_kept(uow: UnitOfWork, tree: WhyTree, at: datetime) -> list[str]:
    """Where what is reckoned from facts differs from the goals that are kept: then somebody waits to be worked out anew."""
    ids = [goal.id for goal in tree.goals]
    goal, s, w = tables.goal, tables.goal_source, tables.waived_source
    asked, waived = (
        set(uow.connection.scalars(sa.select(t.c.goal_id).where(t.c.goal_id.in_(ids), valid_at(t, at))))
        for t in (s, w)
    )
    reached = sa.select(goal.c.id).where(goal.c.id.in_(ids), goal.c.reached_at.is_not(None))
    credited = set(uow.connection.scalars(reached))
    kept = {
        id: ("reached" if id in credited else "open")
        if id in asked
        else "waived"
        if id in waived
        else "not_asked"
        for id in ids
    }
    return [
        f"goal {each.id} is kept as {kept[each.id]}" for each in tree.goals if kept[each.id] != each.verdict
    ]


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


_NOTHING = object()
