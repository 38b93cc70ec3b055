"""Whose request this is: the client of one connection of one partner. Everything it may see hangs from that connection."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Caller:
    """A SCIM client that showed a token in force."""

    token_id: str
    connection_id: str
    partner_id: str
    last_used_at: datetime | None = None

    @property
    def source(self) -> str:
        """Under which name its places stand among those of other sources."""
        return f"scim:{self.connection_id}"
