"""Reading why trees: everything that could ask one person for a course or a path, weighed against the facts (D1)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.why_scope import WhyScope
from hub.audiences.assigning.opinions import read_opinions
from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.rules.conditions import AppointmentFacts, Conditions
from hub.audiences.rules.explain import Names, explain
from hub.audiences.rules.rule import Rule, SwitchedPlugin, read_rules, read_switched
from hub.audiences.why.names import read_names
from hub.audiences.why.tree import Ask, Credited, Leaf, Letting, WhyGoal, WhyTree, leaf
from hub.errors import Missing
from hub.ids import is_id
from hub.network import tables as network
from hub.network.validity.intervals import union
from hub.store import UnitOfWork
from hub.training import tables as training
from hub.training.goals.decisions import Decision, read_decisions, read_words
from hub.training.goals.goal import REVIEW, GoalKey
from hub.training.goals.waivers import is_one_class

Target = tuple[str, str]
"""Kind, offering or path, and id."""


@dataclass(frozen=True)
class _Person:
    """All that is known of one person, whatever the question."""

    id: str
    facts: Mapping[str, AppointmentFacts]
    rules: Sequence[Rule]
    switched: Sequence[SwitchedPlugin]
    opinions: Sequence[Any]
    decisions: Sequence[Decision]


def read_why_tree(
    uow: UnitOfWork, person_id: str, target: Target, scope: WhyScope, at: datetime | None = None
) -> WhyTree:
    """Why a person is asked for a course or a path, or why not, now or as of an instant. Missing ``no_person``, ``no_target``."""
    return narrowed(read_whole(uow, person_id, [target], scope, at)[0], scope)


def read_whole(
    uow: UnitOfWork, person_id: str, targets: Sequence[Target], scope: WhyScope, at: datetime | None = None
) -> list[WhyTree]:
    """The same for several, in their order, and not narrowed yet to what the viewer is told: that is for ``narrowed``."""
    if not is_id(person_id) or uow.find(network.person, id=person_id) is None:
        raise Missing("no_person", "There is no such person.")
    about = _targets(uow, targets)
    person = _read(uow, person_id, {each for mine in about.values() for each in mine})
    at = at or uow.now
    names = read_names(uow, person.facts.values(), person.rules, person.switched, scope.everything)
    goals = _goals(uow, person, about, names, at)
    return [
        WhyTree(person_id, *target, about[target][target], at, tuple(goals.get(target, ())))
        for target in targets
    ]


def narrowed(tree: WhyTree, scope: WhyScope) -> WhyTree:
    """What the viewer is told of a tree."""
    goals = tuple(_narrowed(goal, scope) for goal in tree.goals if scope.sees(goal.kind, goal.dimension))
    if scope.through is not None:
        goals = tuple(goal for goal in goals if goal.asks or goal.waivers or goal.credit)
    return replace(tree, goals=goals)


def _targets(uow: UnitOfWork, targets: Sequence[Target]) -> dict[Target, dict[Target, str]]:
    """What is asked about, each with its title and the paths that have it as a step."""
    offering, path, step = training.offering, training.path, training.path_step
    titles: dict[Target, str] = {}
    for kind, table in (("offering", offering), ("path", path)):
        ids = {id for each, id in targets if each == kind and is_id(id)}
        rows = uow.connection.execute(
            sa.select(table.c.id, table.c.title).where(uow.among(table.c.id, list(ids)))
        )
        titles |= {(kind, row.id): row.title for row in rows}
    if any(target not in titles for target in targets):
        raise Missing("no_target", "There is no such course.", "Name a course or a path of the catalogue.")
    found = {target: {target: titles[target]} for target in targets}
    courses = [id for kind, id in targets if kind == "offering"]
    query = sa.select(step.c.offering_id, path.c.id, path.c.title).join(path, path.c.id == step.c.path_id)
    for row in uow.connection.execute(query.where(uow.among(step.c.offering_id, courses))):
        found["offering", row.offering_id]["path", row.id] = row.title
    return found


def _read(uow: UnitOfWork, person_id: str, targets: set[Target]) -> _Person:
    """All about these targets. Rules for other partners alone are as if they were not: their titles would tell of those."""
    facts = read_facts(uow, [person_id]).get(person_id, [])
    partners = {each.partner_id for each in facts}
    return _Person(
        person_id,
        {each.id: each for each in facts},
        [
            rule
            for rule in read_rules(uow)
            if rule.status == "live"
            and (rule.target_kind, rule.target_id) in targets
            and (not rule.conditions.partners or partners & set(rule.conditions.partners))
        ],
        read_switched(uow),
        [
            o
            for o in read_opinions(uow, [person_id]).get(person_id, [])
            if (o.target_kind, o.target_id) in targets
        ],
        [d for d in read_decisions(uow, [person_id]).get(person_id, []) if d.goal[1:3] in targets],
    )


def _goals(
    uow: UnitOfWork, person: _Person, about: Mapping[Target, Mapping[Target, str]], names: Names, at: datetime
) -> dict[Target, list[WhyGoal]]:
    asks: dict[GoalKey, list[Ask]] = {}
    waivers: dict[GoalKey, list[Letting]] = {}
    for goal, ask in _asks(uow, person, names, at):
        asks.setdefault(goal, []).append(ask)
    for goal, waiver in _lettings(uow, person, names, at):
        waivers.setdefault(goal, []).append(waiver)
    credits = _credits(uow, person.id, {each for mine in about.values() for each in mine})
    dimensions = {row.key: row.name for row in uow.connection.execute(sa.select(network.dimension))}
    found: dict[Target, list[WhyGoal]] = {}
    for key in sorted({*asks, *waivers, *credits}):
        made = WhyGoal(
            key.id, key.target_kind, key.target_id, "", key.kind, key.dimension, dimensions[key.dimension],
            tuple(asks.get(key, ())), tuple(waivers.get(key, ())), credits.get(key),
        )  # fmt: skip
        for target, mine in about.items():
            if (key.target_kind, key.target_id) in mine:
                title = mine[key.target_kind, key.target_id]
                found.setdefault(target, []).append(replace(made, title=title))
    return found


def _asks(uow: UnitOfWork, person: _Person, names: Names, at: datetime) -> Iterator[tuple[GoalKey, Ask]]:
    facts = list(person.facts.values())
    for rule in person.rules:
        goal = GoalKey(person.id, rule.target_kind, rule.target_id, rule.kind, rule.dimension)
        said = (rule.key, str(rule.version), rule.title)
        in_force = leaf("rule", ((rule.valid_from, rule.valid_to),), at, found=[rule.title])
        for each in facts:
            leaves = (in_force, _works(each, names, at), *explain(rule.conditions, each, names, at))
            role = _role(each, names)
            yield goal, Ask("rule", *said, each.id, role, rule.binding, leaves, each.audience_class)
        if not facts:
            yield (
                goal,
                Ask("rule", *said, None, "", rule.binding, (in_force, Leaf("appointment", holds=False))),
            )
    for opinion in person.opinions:
        if opinion.verdict == "assign" and opinion.appointment_id in person.facts:
            each = person.facts[opinion.appointment_id]
            said = (opinion.plugin, opinion.plugin_version, opinion.reason)
            leaves = _of_opinion(opinion, person, names, at)
            role = _role(each, names)
            made = Ask("plugin", *said, each.id, role, False, leaves, each.audience_class)
            yield _goal(opinion, person.id), made
    words = read_words(uow, {d.id for d in person.decisions})
    for decision in person.decisions:
        by = words[decision.id].by
        ours = leaf("decision", (decision.during,), at, found=filter(None, [by]))
        if decision.verdict == "choose":
            yield decision.goal, Ask("self", decision.id, "1", "", None, "", decision.binding, (ours,))
        for id in decision.appointments if decision.verdict == "give" else ():
            if id in person.facts:
                each = person.facts[id]
                leaves = (ours, _works(each, names, at))
                role, of_class = _role(each, names), each.audience_class
                made = Ask("manager", decision.id, "1", by, id, role, decision.binding, leaves, of_class)
                yield decision.goal, made


def _lettings(
    uow: UnitOfWork, person: _Person, names: Names, at: datetime
) -> Iterator[tuple[GoalKey, Letting]]:
    for opinion in person.opinions:
        if opinion.verdict == "waive" and opinion.appointment_id in person.facts:
            leaves = _of_opinion(opinion, person, names, at)
            said = (opinion.plugin, opinion.reason, opinion.appointment_id)
            yield _goal(opinion, person.id), Letting("plugin", *said, leaves)
    waived = [d for d in person.decisions if d.verdict == "waive"]
    words = read_words(uow, {d.id for d in waived})
    for d in waived:
        ours = leaf("decision", (d.during,), at, found=filter(None, [words[d.id].by]))
        yield d.goal, Letting("decision", d.id, words[d.id].reason, None, (ours,))


def _of_opinion(opinion: Any, person: _Person, names: Names, at: datetime) -> tuple[Leaf, ...]:
    """What a plugin's answer rests on: it is on for the audience, to which the appointment belongs, and was not switched off there."""
    facts = person.facts[opinion.appointment_id]
    mine = [s for s in person.switched if (s.plugin, s.audience.key) == (opinion.plugin, opinion.audience)]
    conditions = mine[0].audience.conditions if mine else Conditions()
    name = mine[0].audience.name if mine else opinion.audience
    return (
        leaf("opinion", ((opinion.valid_from, opinion.valid_to),), at, found=[opinion.reason]),
        leaf("plugin", union(s.during for s in mine), at, found=[opinion.plugin], title=name),
        *_not_off(facts, mine, names, at),
        _works(facts, names, at),
        *explain(conditions, facts, names, at),
    )


def _not_off(
    facts: AppointmentFacts, mine: Sequence[SwitchedPlugin], names: Names, at: datetime
) -> Iterator[Leaf]:
    """That the plugin is on for the partner as well, where it ever was off."""
    if any(facts.partner_id in each.off for each in mine):
        times = union(time for each in mine for time in each.times_at(facts.partner_id))
        yield leaf("plugin_here", times, at, found=names.of([facts.partner_id]))


def _works(facts: AppointmentFacts, names: Names, at: datetime) -> Leaf:
    return leaf("appointment", (facts.during,), at, found=[_role(facts, names)])


def _role(facts: AppointmentFacts, names: Names) -> str:
    return ", ".join((*names.of([facts.position_id]), *names.of([facts.location_id])))


def _goal(opinion: Any, person_id: str) -> GoalKey:
    about = (opinion.target_kind, opinion.target_id, opinion.kind, opinion.dimension)
    return GoalKey(person_id, *about)


def _credits(uow: UnitOfWork, person_id: str, targets: set[Target]) -> dict[GoalKey, Credited]:
    """The live credits of goals about these targets."""
    goal, ledger = training.goal, training.credit_ledger
    later = ledger.alias()
    last = sa.select(sa.func.max(later.c.turn)).where(later.c.goal_id == goal.c.id).scalar_subquery()
    rows = uow.connection.execute(
        sa.select(*(goal.c[name] for name in GoalKey._fields), ledger)
        .select_from(goal)
        .join(ledger, sa.and_(ledger.c.goal_id == goal.c.id, ledger.c.turn == last))
        .where(goal.c.person_id == person_id, ledger.c.kind == "credit")
    )
    return {
        key: Credited(row.completed_at, row.statement_id, row.policy, row.policy_version)
        for row in rows
        if (key := GoalKey(*row[:5]))[1:3] in targets
    }


def _narrowed(goal: WhyGoal, scope: WhyScope) -> WhyGoal:
    def seen(appointment_id: str | None) -> bool:
        return scope.sees_appointment(goal.kind, appointment_id)

    asks = tuple(ask for ask in goal.asks if seen(ask.appointment_id))
    if scope.through is not None:
        asks = tuple(ask for ask in asks if not ask.is_for_others)
        if (
            goal.kind == REVIEW
        ):  # it is told where it rests on an appointment that is looked after, or not at all
            rests = any(ask.holds for ask in asks)
            waivers = goal.waivers if rests else ()
            return replace(goal, asks=asks, waivers=waivers, credit=goal.credit if rests else None)
    hidden = [ask for ask in goal.asking if not seen(ask.appointment_id)]
    if hidden:
        # Of what binds elsewhere as much is told as explains what is seen: of which class it is.
        here = {ask.audience_class for ask in asks}
        binding = {
            ask.audience_class
            for ask in hidden
            if ask.binding and any(is_one_class(ask.audience_class, each) for each in here)
        }
        of_class = min(binding) if len(binding) == 1 else ""
        leaves = (Leaf("elsewhere", holds=True),)
        asks = (*asks, Ask("elsewhere", "", "", "", None, "", bool(binding), leaves, of_class))
    return replace(goal, asks=asks, waivers=tuple(w for w in goal.waivers if seen(w.appointment_id)))
