"""A statement on its way into the journal."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from hub.journal.terms import ACTIVITY, AGENT, REGISTRATION, VERB, Key


class NewStatement(msgspec.Struct, frozen=True):
    """A validated statement on its way into the journal.

    ``payload`` is the statement's JSON as it will be given back, ``content_hash`` the hash of what was sent: what has
    the same came twice, what has another may be the same in other words. ``keys`` are what it can be found by, as
    ``hub.journal.find_keys`` tells; without them it is found by what the columns hold.
    """

    id: str
    timestamp: datetime
    actor_form: str
    actor_subject: str
    verb: str
    object_id: str
    payload: bytes
    content_hash: str
    registration: str | None = None
    keys: Collection[Key] | None = None

    def known_by(self) -> Collection[Key]:
        """What it can be found by."""
        if self.keys is not None:
            return self.keys
        keys = {(VERB, self.verb), (ACTIVITY, self.object_id)}
        if self.actor_form != "group":
            keys.add((AGENT, f"{self.actor_form}:{self.actor_subject}"))
        if self.registration:
            keys.add((REGISTRATION, self.registration))
        return keys
