"""Which goals would be credited, and which would lose their credit, if other things asked for them. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.store import UnitOfWork
from hub.training.courses.offerings import read_steps
from hub.training.credit.credit_goals import completions_of, last_entries, still_standing
from hub.training.credit.crediting import SourceWindow, decisive_completion
from hub.training.goals.goal import GoalKey


@dataclass(frozen=True)
class SupposedCredits:
    """Ids of goals: credited anew, without their credit, and reached then, whether anew or not."""

    given: frozenset[str]
    revoked: frozenset[str]
    reached: frozenset[str]


def suppose_credits(
    uow: UnitOfWork,
    windows: Mapping[GoalKey, Sequence[SourceWindow]],
    paths: Mapping[str, Sequence[str]],
) -> SupposedCredits:
    """What crediting would do to these goals if ``windows`` were all that asks for them; ``paths`` have other steps then (ids)."""
    by_path = read_steps(
        uow, {goal.target_id for goal in windows if goal.target_kind == "path"} - paths.keys()
    )
    by_path |= {path_id: list(steps) for path_id, steps in paths.items()}
    steps = {
        goal: [goal.target_id] if goal.target_kind == "offering" else by_path.get(goal.target_id, [])
        for goal in windows
    }
    completions = completions_of(
        uow, {(goal.person_id, offering_id) for goal, mine in steps.items() for offering_id in mine}
    )
    entries = last_entries(uow, [goal.id for goal in windows])
    given, revoked, reached = set(), set(), set()
    for goal, asked in windows.items():
        mine, last = completions.get(goal.person_id, {}), entries.get(goal.id)
        live = last if last is not None and last.kind == "credit" else None
        if asked:
            due = decisive_completion(asked, steps[goal], mine)
        else:
            due = still_standing(live, steps[goal], mine)
        if due is not None:
            reached.add(goal.id)
        if due is not None and live is None:
            given.add(goal.id)
        elif due is None and live is not None:
            revoked.add(goal.id)
    return SupposedCredits(frozenset(given), frozenset(revoked), frozenset(reached))
