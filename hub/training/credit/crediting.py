"""Which completion credits a goal: a pure rule over the goal's sources and the person's completions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, order=True)
class CompletionFact:
    """A completion of one offering; ordered by time, then by evidence, whatever the order of arrival."""

    completed_at: datetime
    statement_id: str
    policy: str = ""
    policy_version: str = ""


@dataclass(frozen=True)
class SourceWindow:
    """When a source was valid, and how far before that a completion still counts (None: any time)."""

    valid_from: datetime
    valid_to: datetime | None
    look_back_days: int | None

    @property
    def earliest(self) -> datetime | None:
        """The first instant at which a completion counts; None: any time."""
        if self.look_back_days is None:
            return None
        return self.valid_from - timedelta(days=self.look_back_days)

    def accepts(self, at: datetime) -> bool:
        """Whether a completion at this instant serves this source."""
        early = self.earliest is not None and at < self.earliest
        late = self.valid_to is not None and at >= self.valid_to
        return not early and not late


def counts_from(windows: Sequence[SourceWindow], at: datetime) -> datetime | None:
    """From when on a completion would count that came too early at ``at``; None where it came when nothing asked."""
    return min((w.earliest for w in windows if w.earliest is not None and at < w.earliest), default=None)


def decisive_completion(
    windows: Sequence[SourceWindow], steps: Sequence[str], completions: Mapping[str, Sequence[CompletionFact]]
) -> CompletionFact | None:
    """The completion that reaches a goal: the last of the earliest accepted completion of every step.

    ``steps`` are the offerings the goal needs (one, or those of a path), ``completions`` the person's by offering.
    """
    decisive: list[CompletionFact] = []
    for offering_id in steps:
        accepted = [
            c for c in completions.get(offering_id, ()) if any(w.accepts(c.completed_at) for w in windows)
        ]
        if not accepted:
            return None
        decisive.append(min(accepted))
    return max(decisive, default=None)
