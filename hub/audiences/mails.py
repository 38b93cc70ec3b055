"""Mails that plugins ask the hub to write: they leave by its own mail server, and not before what they are about is done."""

from collections.abc import Sequence
from dataclasses import dataclass, field

LINES = 200


@dataclass(frozen=True)
class MailWanted:
    """One mail to one address."""

    to: str
    subject: str
    lines: tuple[str, ...]


@dataclass
class Mails:
    """Takes mails from a plugin while it is called; they are written when it has returned, each once."""

    wanted: list[MailWanted] = field(default_factory=list)

    def write(self, to: str, subject: str, lines: Sequence[str]) -> None:
        """Write to an address; of the lines, the first two hundred. An address that is none parks what is told."""
        self.wanted.append(MailWanted(to, " ".join(subject.split())[:200], tuple(lines[:LINES])))
