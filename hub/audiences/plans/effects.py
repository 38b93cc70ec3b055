"""What a planned change does to goals: they are worked out twice for each person, as it is and as it would be.

With what people decided, and what plugins said last. These are asked where other appointments, audiences or switches mean that they
will be, and what they say is kept nowhere.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import SimpleNamespace
from typing import cast

from hub.audiences.assigning.derive_sources import RuleIndex, StoredOpinion, derive_goals
from hub.audiences.assigning.opinions import hear_plugins, opinions_in, read_opinions
from hub.audiences.plans.diff import AudienceChange, Effects, ItemChange, RuleChange, SwitchChange
from hub.audiences.plans.following import Following
from hub.audiences.profiles.profile import Setup
from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.rules.conditions import AppointmentFacts
from hub.audiences.rules.partner_switches import read_off_times
from hub.audiences.rules.rule import SwitchedPlugin, read_rules, read_switched
from hub.network.validity.intervals import Intervals, subtract, union
from hub.store import UnitOfWork
from hub.training.goals.decisions import read_decisions
from hub.training.goals.goal import Source
from hub.training.goals.waivers import WaivedSource

SAMPLES = 20
Times = tuple[datetime, datetime | None, datetime | None, int | None]
"""From, to, due, and how many days back a completion counts."""


@dataclass(frozen=True)
class _Config:
    rules: RuleIndex
    switched: Sequence[SwitchedPlugin]


@dataclass(frozen=True)
class _Goals:
    """Of one person, from now on, by id: when each goal is asked for, when through external appointments, and what is waived."""

    asked: Mapping[str, set[Times]]
    external: Mapping[str, set[Times]]
    waived: frozenset[str]


def asks_plugins(changes: Sequence[ItemChange]) -> bool:
    """Whether plugins may be asked newly because of it."""
    return any(isinstance(change, SwitchChange | AudienceChange) for change in changes)


class Reckoning:
    """Adds up, chunk after chunk of people in one order, what the changes do to their goals."""

    def __init__(
        self,
        uow: UnitOfWork,
        changes: Sequence[ItemChange],
        setups: Mapping[str, Setup] | None = None,
        *,
        ask: bool = True,
    ) -> None:
        """``setups`` of audiences as they would be, where they change. Without ``ask`` plugins are not asked."""
        self._uow = uow
        self._setups = setups
        self._ask = ask and asks_plugins(changes)
        rules = {rule.key: rule for rule in read_rules(uow)}
        after = rules | {change.key: change.after for change in changes if isinstance(change, RuleChange)}
        switched = read_switched(uow)
        self._is = _Config(RuleIndex(rules.values()), switched)
        becomes = _switched_after(switched, changes, read_off_times(uow), uow.now)
        self._would_be = _Config(RuleIndex(after.values()), becomes)
        self._digest = hashlib.sha256()
        self._effects = Effects()
        self._following = Following(uow, changes)

    def add(
        self,
        person_ids: Sequence[str],
        facts: Mapping[str, Sequence[AppointmentFacts]],
        becoming: Mapping[str, Sequence[AppointmentFacts]] | None = None,
    ) -> None:
        """Look at some people. ``becoming``: their appointments as they would be, where it is these that change."""
        said = read_opinions(self._uow, person_ids)
        then = self._heard(said, facts if becoming is None else becoming, becoming is not None)
        decisions = read_decisions(self._uow, person_ids)
        all_was: list[Source] = []
        all_become: list[Source] = []
        for id in person_ids:
            decided = decisions.get(id, ())
            both = []
            for config, people, opinions, every in (
                (self._is, facts, said, all_was),
                (self._would_be, facts if becoming is None else becoming, then, all_become),
            ):
                mine = people.get(id, ())
                left, waived = derive_goals(
                    mine, config.rules, config.switched, opinions.get(id, ()), decided
                )
                every += left
                both.append(self._goals(mine, left, waived))
            self._compare(id, *both)
        self._following.add(person_ids, all_was, all_become)

    def _heard(
        self,
        said: Mapping[str, Sequence[StoredOpinion]],
        facts: Mapping[str, Sequence[AppointmentFacts]],
        is_elsewhere: bool,
    ) -> Mapping[str, Sequence[StoredOpinion]]:
        """What plugins would have said: they are asked about people of whom they would be asked, and nothing of it is kept."""
        if not self._ask and not is_elsewhere:
            return said
        if self._setups is None:
            self._setups = read_setups(self._uow)
        bodies = hear_plugins(self._uow, facts, self._would_be.switched, self._setups)
        again = {(body["person_id"], body["plugin"]) for body in bodies}
        found = {id: [each for each in mine if (id, each.plugin) not in again] for id, mine in said.items()}
        for row in opinions_in(bodies):
            found.setdefault(row["person_id"], []).append(cast("StoredOpinion", SimpleNamespace(**row)))
        return {id: sorted(mine, key=lambda each: each.id) for id, mine in found.items()}

    def result(self) -> Effects:
        """What it comes to."""
        return replace(self._effects, digest=self._digest.hexdigest(), outcome=self._following.outcome)

    def _goals(
        self, mine: Sequence[AppointmentFacts], left: Iterable[Source], waived: Iterable[WaivedSource]
    ) -> _Goals:
        outside = {a.id for a in mine if a.audience_class == "external"}
        still = [s for s in left if self._is_ahead(s)]
        return _Goals(
            _times(still),
            _times(s for s in still if s.appointment_id in outside),
            frozenset(w.source.goal_id for w in waived if self._is_ahead(w.source)),
        )

    def _is_ahead(self, source: Source) -> bool:
        return source.valid_to is None or source.valid_to > self._uow.now

    def _compare(self, person_id: str, was: _Goals, becomes: _Goals) -> None:
        gained = sorted(becomes.asked.keys() - was.asked.keys())
        lost = sorted(was.asked.keys() - becomes.asked.keys())
        both = was.asked.keys() & becomes.asked.keys()
        changed = sorted(goal for goal in both if was.asked[goal] != becomes.asked[goal])
        waived = sorted(becomes.waived - was.waived)
        samples = self._effects.samples
        if gained or lost or changed or waived:
            samples = (*samples, person_id)[:SAMPLES]
            self._digest.update(repr((gained, lost, changed, waived)).encode())
        so_far = self._effects
        self._effects = Effects(
            so_far.gained + len(gained),
            so_far.lost + len(lost),
            so_far.changed + len(changed),
            so_far.waived + len(waived),
            so_far.gaining + bool(gained),
            so_far.losing + bool(lost),
            so_far.external + (was.external != becomes.external),
            samples,
        )


def _times(sources: Iterable[Source]) -> Mapping[str, set[Times]]:
    asked: dict[str, set[Times]] = defaultdict(set)
    for s in sources:
        asked[s.goal_id].add((s.valid_from, s.valid_to, s.due_at, s.look_back_days))
    return asked


def _switched_after(
    switched: Sequence[SwitchedPlugin],
    changes: Sequence[ItemChange],
    off: Mapping[str, Mapping[str, Intervals]],
    now: datetime,
) -> list[SwitchedPlugin]:
    after = {change.key: change.after for change in changes if isinstance(change, AudienceChange)}
    becomes = [replace(s, audience=after.get(s.audience.key, s.audience)) for s in switched]
    switches = [change for change in changes if isinstance(change, SwitchChange)]
    for change in (each for each in switches if each.partner_id is None):
        if change.on:
            there = off.get(change.plugin, {})
            becomes.append(SwitchedPlugin(change.audience, change.plugin, (now, None), there))
            continue
        becomes = [
            replace(s, during=(s.during[0], now))
            if (s.plugin, s.audience.key, s.during[1]) == (change.plugin, change.audience.key, None)
            else s
            for s in becomes
        ]
    for change in switches:
        if change.partner_id is not None:
            partner = change.partner_id
            becomes = [
                replace(s, off={**s.off, partner: _off_after(s.off.get(partner, ()), change.on, now)})
                if s.plugin == change.plugin
                else s
                for s in becomes
            ]
    return sorted(becomes, key=lambda each: (each.audience.key, each.plugin))


def _off_after(off: Intervals, on: bool, now: datetime) -> Intervals:
    """When a plugin is off for a partner, once it was switched there now."""
    return subtract(off, ((now, None),)) if on else union((*off, (now, None)))
