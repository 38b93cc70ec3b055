"""A protocol exchange that was tried, step by step, for people: what was sent, what came back, what to change."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["done", "failed", "skipped"]
MAX_SHOWN = 300
"""Characters of one received value."""

_MAIL = re.compile(r"[^\s\"'<>:@]+@[^\s\"'<>@]+")


@dataclass(frozen=True)
class Step:
    """One request of the exchange. ``request`` is method and address, ``code`` the reason that the audit trail has too.

    ``message`` says what happened, ``advice`` what to change; ``received`` are values of the answer, without secrets
    and personal data.
    """

    title: str
    outcome: Outcome
    message: str
    request: str = ""
    status: int | None = None
    code: str = ""
    advice: str = ""
    received: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Exchange:
    """All steps, in the order in which they were tried."""

    steps: Sequence[Step]

    @property
    def failed(self) -> int:
        """How many steps did not do what they should."""
        return sum(step.outcome == "failed" for step in self.steps)

    @property
    def tried(self) -> int:
        """How many steps sent something."""
        return sum(step.outcome != "skipped" for step in self.steps)


def shown(value: object, *secrets: str) -> str:
    """A received value as a page may show it: shortened, on one line, without these secrets and e-mail addresses."""
    text = " ".join(str(value).split())
    for secret in secrets:
        if secret:
            text = text.replace(secret, "••••")
    text = _MAIL.sub("••••@••••", text)
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def masked(secret: str) -> str:
    """The first characters of a secret, enough to tell it from another one: ``q3Xf…``."""
    return f"{secret[:4]}…" if len(secret) > 12 else "••••"
