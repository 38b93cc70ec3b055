"""Mails that plugins ask the hub to write: they leave by its own mail server, and not before what they are about is done."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.errors import OutsideFailed
from hub.ids import is_id
from hub.network.people.mail_address import is_address

LINES = 200


@dataclass(frozen=True)
class MailWanted:
    """One mail to one address."""

    to: str
    subject: str
    lines: tuple[str, ...]


@dataclass
class Mails:
    """Takes mails from a plugin while it is called; they are written when it has returned or raised, each once."""

    wanted: list[MailWanted] = field(default_factory=list)

    def write(self, to: str, subject: str, lines: Sequence[str]) -> None:
        """Write to an address; of the lines, the first two hundred.

        OutsideFailed ``bad_email`` for what is none: it parks what is told, as it would be none the next time either.
        """
        to = to.strip()
        if not (is_address(to) or is_id(to)):
            help = "Write one address, such as tess@example.com."
            raise OutsideFailed("bad_email", "This is no e-mail address.", help, retryable=False)
        self.wanted.append(MailWanted(to, " ".join(subject.split())[:200], tuple(lines[:LINES])))
