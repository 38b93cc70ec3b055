"""What names a document: its context, within which its name is unique, and the name."""

import json
from dataclasses import dataclass
from typing import Literal

from hub.ids import content_hash

Kind = Literal["state", "agent_profile", "activity_profile"]


@dataclass(frozen=True)
class Context:
    """What documents are about. ``agent`` is form and subject.

    States have an agent and an activity and may have a registration; profiles have one of the first two.
    """

    connection_id: str
    kind: Kind
    agent: tuple[str, str] | None = None
    activity_id: str | None = None
    registration: str | None = None

    @property
    def hash(self) -> str:
        """The same for all that is listed together when no registration is named."""
        return _hash(self.connection_id, self.kind, self.agent, self.activity_id)


@dataclass(frozen=True)
class Key:
    """One document."""

    context: Context
    name: str

    @property
    def hash(self) -> str:
        """Different for every document there can be."""
        return _hash(self.context.hash, self.context.registration, self.name)


def _hash(*parts: object) -> str:
    return content_hash(json.dumps(parts).encode())
