"""What there is to tell somebody about their goals: pure rules."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hub.network.people.preferences import NewsKind, Preferences
from hub.training.goals.open_goals import GoalState

SOON = timedelta(days=7)
"""How long before a due date somebody is reminded, and how long after it told that it has passed."""


class Told(NamedTuple):
    """What makes two pieces of news the same: nothing is told twice."""

    goal_id: str
    kind: str
    about: datetime


@dataclass(frozen=True)
class News:
    """One line of a digest, about ``goal``: ``about`` is the due date, or when it was announced."""

    kind: NewsKind
    goal: GoalState
    about: datetime

    @property
    def told(self) -> list[Told]:
        """What need not be told again. A new goal is told with its date, so its reminder is spared where that is near."""
        said = [Told(self.goal.goal_id, self.kind, self.about)]
        if self.kind == "new" and self.goal.due_at is not None and self.goal.due_at - self.about <= SOON:
            said.append(Told(self.goal.goal_id, "soon", self.goal.due_at))
        return said


def news_of(
    goals: Sequence[GoalState],
    announced: Mapping[tuple[str, str], datetime],
    told: Collection[Told],
    preferences: Preferences,
    now: datetime,
) -> list[News]:
    """What to tell now, one line for each goal at most. ``announced`` is by goal and kind (new or credited)."""
    found = []
    for goal in goals:
        one = _news(goal, announced, told, preferences, now)
        if one is not None:
            found.append(one)
    far = datetime.max.replace(tzinfo=now.tzinfo)
    return sorted(found, key=lambda one: (one.goal.due_at or far, one.goal.title))


def next_look(goals: Sequence[GoalState], now: datetime) -> datetime | None:
    """When there may next be something to tell; None while nothing is dated."""
    instants: list[datetime] = []
    for goal in goals:
        if goal.reached_at is not None:
            continue
        if goal.is_asked and goal.due_at is not None:
            instants += [goal.due_at - SOON, goal.due_at]
        if goal.begins_at is not None:  # what begins may bring an earlier date
            instants.append(goal.begins_at)
    return min((at for at in instants if at > now), default=None)


def may_come(goals: Sequence[GoalState], announced: Collection[tuple[str, str]], now: datetime) -> bool:
    """Whether there is something to tell, or will be, to somebody who cannot be told now."""
    near = any(goal.due_at is not None and abs(goal.due_at - now) <= SOON for goal in goals)
    return near or bool(announced) or next_look(goals, now) is not None


def is_quiet(now: datetime, zone: str, preferences: Preferences) -> bool:
    """Whether somebody in a time zone is not to be written to."""
    hour, begin, end = now.astimezone(ZoneInfo(zone)).hour, preferences.quiet_from, preferences.quiet_to
    return begin <= hour < end if begin <= end else hour >= begin or hour < end


def end_of_quiet(now: datetime, zone: str, preferences: Preferences) -> datetime:
    """The next instant at which the quiet hours are over; on a day whose clock is set forward an hour later, never earlier."""
    local = now.astimezone(ZoneInfo(zone))
    end = local.replace(hour=preferences.quiet_to, minute=0, second=0, microsecond=0, fold=0)
    if end <= local:
        end = (local + timedelta(days=1)).replace(
            hour=preferences.quiet_to, minute=0, second=0, microsecond=0
        )
    return end.astimezone(now.tzinfo)


def tomorrow(now: datetime, zone: str, preferences: Preferences) -> datetime:
    """The first instant of the next day, where somebody works, at which they may be written to."""
    local = now.astimezone(ZoneInfo(zone))
    begin = (
        (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(now.tzinfo)
    )
    return end_of_quiet(begin, zone, preferences) if is_quiet(begin, zone, preferences) else begin


def still_holds(kind: str, about: datetime, goal: GoalState | None) -> bool:
    """Whether what was written is still true when it is sent: nobody is reminded of what they have done meanwhile."""
    if goal is None:
        return False
    if kind == "credited":
        return goal.reached_at is not None
    return goal.reached_at is None and goal.is_asked and (kind == "new" or goal.due_at == about)


def _news(
    goal: GoalState,
    announced: Mapping[tuple[str, str], datetime],
    told: Collection[Told],
    preferences: Preferences,
    now: datetime,
) -> News | None:
    order: tuple[NewsKind, ...] = ("overdue", "new", "soon", "credited")
    for kind in order:
        if kind in preferences.unwanted:
            continue
        about = _about(kind, goal, announced, now)
        if about is not None and Told(goal.goal_id, kind, about) not in told:
            return News(kind, goal, about)
    return None


def _about(
    kind: str, goal: GoalState, announced: Mapping[tuple[str, str], datetime], now: datetime
) -> datetime | None:
    """What such news about the goal would be about; None where there is none."""
    if kind == "credited":
        return announced.get((goal.goal_id, kind)) if goal.reached_at is not None else None
    if goal.reached_at is not None or not goal.is_asked:
        return None
    if kind == "new":
        return announced.get((goal.goal_id, kind))
    if goal.due_at is None:
        return None
    is_over, near = goal.due_at <= now, abs(goal.due_at - now) <= SOON
    return goal.due_at if near and is_over == (kind == "overdue") else None
