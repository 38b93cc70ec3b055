"""Time comes from one injected clock, always as aware UTC."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the time."""

    def now(self) -> datetime:
        """The present instant as aware UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant as aware UTC."""
        return datetime.now(UTC)


class SettableClock:
    """A clock that stands still until it is moved; for tests and what-if runs."""

    def __init__(self, start: datetime) -> None:
        self.set(start)

    def now(self) -> datetime:
        """The instant the clock was last set to, as aware UTC."""
        return self._now

    def advance(self, **delta: float) -> None:
        """Move forward by ``timedelta(**delta)``."""
        self._now += timedelta(**delta)

    def set(self, instant: datetime) -> None:
        """Let it be another instant, which must be aware."""
        if instant.tzinfo is None:
            raise ValueError("the clock needs an aware instant")
        self._now = instant.astimezone(UTC)
