"""What follows when goals change: credits that are there already, mails about what is new, and what plugins are told."""

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from hub.audiences.plans.diff import ItemChange, Outcome, PathChange
from hub.network import tables as network
from hub.network.people.mail_address import is_address
from hub.network.people.preferences import Preferences, preferences_of
from hub.store import UnitOfWork
from hub.training import tables as training
from hub.training.credit.crediting import SourceWindow
from hub.training.goals.goal import REVIEW, GoalKey, Source
from hub.training.suppose_credits import SupposedCredits, suppose_credits

Windows = dict[GoalKey, list[SourceWindow]]


class Following:
    """Adds up, chunk after chunk of people, what follows from their sources as they are and as they would be."""

    def __init__(self, uow: UnitOfWork, changes: Sequence[ItemChange]) -> None:
        self._uow = uow
        self._paths = _steps_after(uow, changes)
        self._told = {
            name: len(uow.hooks.implementers(name)) for name in ("credit_granted", "credit_revoked")
        }
        settings = uow.settings
        self._writes = settings.digests and bool(settings.smtp_url.get_secret_value())
        self.outcome = Outcome()

    def add(self, person_ids: Sequence[str], was: Iterable[Source], becomes: Iterable[Source]) -> None:
        """Look at all sources of some people, past ones too."""
        before, after = _windows(was), _windows(becomes)
        looked: Windows = {
            goal: after.get(goal, [])
            for goal in {*before, *after, *self._on_changed_paths(person_ids)}
            if goal.target_id in self._paths or _differ(before.get(goal), after.get(goal))
        }
        if not looked:
            return
        credits = suppose_credits(self._uow, looked, self._paths)
        kinds = {goal.id: goal.kind for goal in looked}
        granted, revoked = (
            sum(kinds[id] != REVIEW for id in ids) for ids in (credits.given, credits.revoked)
        )
        so_far = self.outcome
        self.outcome = Outcome(
            so_far.credits + len(credits.given),
            so_far.revoked + len(credits.revoked),
            so_far.messages + self._messages(before, looked, credits),
            so_far.calls + granted * self._told["credit_granted"] + revoked * self._told["credit_revoked"],
        )

    def _messages(self, before: Windows, looked: Windows, credits: SupposedCredits) -> int:
        """How many people a digest goes to because of it: of goals that nothing asked for before, and of credits."""
        news: dict[str, set[str]] = {}
        for goal, windows in looked.items():
            if all(each.valid_to is not None and each.valid_to <= self._uow.now for each in windows):
                continue
            if goal.id in credits.given:
                news.setdefault(goal.person_id, set()).add("credited")
            elif goal not in before and goal.id not in credits.reached:
                news.setdefault(goal.person_id, set()).add("new")
        if not news or not self._writes:
            return 0
        wishes = preferences_of(self._uow, list(news))
        return sum(
            bool(news[id] - wishes.get(id, Preferences()).unwanted)
            for id in self._reachable(list(news))
            if wishes.get(id, Preferences()).digests
        )

    def _reachable(self, person_ids: Sequence[str]) -> list[str]:
        person, detail = network.person, network.person_detail
        rows = self._uow.connection.execute(
            sa.select(person.c.id, detail.c.email)
            .join(detail, detail.c.person_id == person.c.id)
            .where(self._uow.among(person.c.id, person_ids), sa.not_(person.c.disabled))
        )
        return [row.id for row in rows if is_address(row.email)]

    def _on_changed_paths(self, person_ids: Sequence[str]) -> list[GoalKey]:
        goal = training.goal
        query = sa.select(*(goal.c[name] for name in GoalKey._fields)).where(
            self._uow.among(goal.c.person_id, person_ids), goal.c.target_id.in_(sorted(self._paths))
        )
        return [GoalKey(*row) for row in self._uow.connection.execute(query)] if self._paths else []


def _steps_after(uow: UnitOfWork, changes: Sequence[ItemChange]) -> Mapping[str, list[str]]:
    """Offering ids of the paths that change, by path."""
    changed = [change for change in changes if isinstance(change, PathChange) and change.path_id]
    offering, keys = training.offering, {key for change in changed for key in change.after.steps}
    query = sa.select(offering.c.key, offering.c.id).where(offering.c.key.in_(sorted(keys)))
    ids = {row.key: row.id for row in uow.connection.execute(query)} if keys else {}
    return {str(change.path_id): [ids[key] for key in change.after.steps] for change in changed}


def _windows(sources: Iterable[Source]) -> Windows:
    found: Windows = {}
    for source in sources:
        window = SourceWindow(source.valid_from, source.valid_to, source.look_back_days)
        found.setdefault(source.goal, []).append(window)
    return found


def _differ(one: Sequence[SourceWindow] | None, other: Sequence[SourceWindow] | None) -> bool:
    return set(one or ()) != set(other or ())
