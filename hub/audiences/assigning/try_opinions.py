"""Asking plugins about one person, to see what they would say and what would come of it. Reads only; nothing is kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import sqlalchemy as sa

from hub.audiences.assigning.derive_sources import RuleIndex, StoredOpinion, derive_goals
from hub.audiences.assigning.opinion import Opinion, check_opinion
from hub.audiences.assigning.opinions import (
    HOOK,
    make_candidates,
    opinion_body,
    opinions_in,
    read_opinions,
)
from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.assigning.suppose_on import suppose_on
from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.rules.conditions import AppointmentFacts
from hub.audiences.rules.rule import SwitchedPlugin, read_rules, read_switched
from hub.errors import BadInput, Missing
from hub.hooks import Failure, tracing
from hub.network import tables as network
from hub.store import UnitOfWork
from hub.training.courses.offerings import find_target
from hub.training.goals.decisions import read_decisions
from hub.training.goals.goal import Source

Target = tuple[str, str, str]
"""Kind and id of a target, and the dimension."""


@dataclass(frozen=True)
class TriedOpinions:
    """What one plugin said about the person. ``problems`` are opinions that cannot be used, each with why; ``error`` is what it raised.

    ``audiences`` are those it was asked for; ``is_supposed`` where it is on for none of them and was asked as if it were.
    """

    plugin: str
    version: str
    audiences: tuple[str, ...]
    is_supposed: bool
    opinions: tuple[Opinion, ...] = ()
    problems: tuple[str, ...] = ()
    error: str = ""
    milliseconds: float = 0.0
    bodies: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class TriedGoals:
    """What is asked of the person from now on, and what would be if these answers counted."""

    stays: tuple[Target, ...]
    gained: tuple[Target, ...]
    lost: tuple[Target, ...]
    waived: tuple[Target, ...]


def try_opinions(
    uow: UnitOfWork, person_id: str, *, suppose: str = "", audience: str = ""
) -> tuple[list[TriedOpinions], TriedGoals]:
    """Ask every plugin about the person. ``suppose`` is one that is asked even where it is on for nobody; then for ``audience``."""
    facts = read_facts(uow, [person_id])
    known = [s for s in read_switched(uow) if s.during[1] is None]
    supposed = suppose_on(uow, suppose, facts, audience) if suppose else []
    tried = [
        _ask(uow, plugin, person_id, facts, [s for s in (*known, *supposed) if s.plugin == plugin], supposed)
        for plugin in uow.hooks.implementers(HOOK)
    ]
    return tried, _compare(uow, person_id, facts, supposed, tried)


def _ask(
    uow: UnitOfWork,
    plugin: str,
    person_id: str,
    facts: Mapping[str, Sequence[AppointmentFacts]],
    switched: Sequence[SwitchedPlugin],
    supposed: Sequence[SwitchedPlugin],
) -> TriedOpinions:
    candidates = (
        make_candidates(uow, facts, switched, read_setups(uow)).get(person_id, []) if switched else []
    )
    audiences = tuple(sorted({candidate.audience for candidate in candidates}))
    so_far = TriedOpinions(
        plugin, uow.hooks.version_of(plugin) or "", audiences, any(s.plugin == plugin for s in supposed)
    )
    if not candidates:
        return so_far
    with tracing() as calls:
        answer = uow.hooks.ask_plugin(HOOK, plugin, candidates=candidates)
    told = {**vars(so_far), "milliseconds": sum(call.milliseconds for call in calls)}
    if isinstance(answer, Failure):
        return TriedOpinions(**{**told, "error": answer.error})
    value = answer.value if answer else None
    if not isinstance(value, Sequence | None):
        return TriedOpinions(**{**told, "error": f"answered {type(value).__name__}, not opinions"})
    asked = {candidate.appointment_id: candidate for candidate in candidates}
    dimensions = set(uow.connection.scalars(sa.select(network.dimension.c.key)))
    good: list[Opinion] = []
    bodies: list[Mapping[str, Any]] = []
    problems: list[str] = []
    for opinion in value or ():
        try:
            check_opinion(opinion, asked, dimensions)
            target_id = find_target(uow, opinion.target_kind, opinion.target)
        except (BadInput, Missing) as error:
            problems.append(error.message)
            continue
        good.append(opinion)
        bodies.append(opinion_body(opinion, asked[opinion.appointment_id], target_id))
    if problems:  # then its last answer about this person stays
        bodies = []
    return TriedOpinions(
        **{**told, "opinions": tuple(good), "problems": tuple(problems), "bodies": tuple(bodies)}
    )


def _compare(
    uow: UnitOfWork,
    person_id: str,
    facts: Mapping[str, Sequence[AppointmentFacts]],
    supposed: Sequence[SwitchedPlugin],
    tried: Sequence[TriedOpinions],
) -> TriedGoals:
    rules, switched = RuleIndex(read_rules(uow)), read_switched(uow)
    decisions = read_decisions(uow, [person_id]).get(person_id, ())
    stored = cast("list[StoredOpinion]", read_opinions(uow, [person_id]).get(person_id, []))
    heard = [each for each in tried if each.audiences and not each.error and not each.problems]
    again = {each.plugin for each in heard}
    bodies = [
        {"person_id": person_id, "plugin": e.plugin, "plugin_version": e.version, "opinions": e.bodies}
        for e in heard
    ]
    new = [cast("StoredOpinion", SimpleNamespace(**row)) for row in opinions_in(bodies)]
    then = [*(each for each in stored if each.plugin not in again), *new]
    mine = facts.get(person_id, ())
    was, _ = derive_goals(mine, rules, switched, stored, decisions)
    becomes, waived = derive_goals(
        mine, rules, [*switched, *supposed], sorted(then, key=lambda e: e.id), decisions
    )
    before, after = _ahead(uow, was), _ahead(uow, becomes)
    return TriedGoals(
        tuple(sorted(before & after)),
        tuple(sorted(after - before)),
        tuple(sorted(before - after)),
        tuple(sorted(_ahead(uow, (each.source for each in waived)))),
    )


def _ahead(uow: UnitOfWork, sources: Iterable[Source]) -> set[Target]:
    """What these sources ask for now or later."""
    return {
        (s.goal.target_kind, s.goal.target_id, s.goal.dimension)
        for s in sources
        if s.valid_to is None or s.valid_to > uow.now
    }
