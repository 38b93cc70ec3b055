"""What every system has in which people sign in with the hub, by whichever protocol: the same rules hold for all."""

from typing import Protocol


class Served(Protocol):
    """A system as the rules see it: who may sign in there, and how it knows people."""

    @property
    def client_id(self) -> str:
        """Its id."""

    @property
    def connection_id(self) -> str:
        """The connection whose pairwise subjects it gets."""

    @property
    def name(self) -> str:
        """What people read."""

    @property
    def partner_id(self) -> str | None:
        """The owner of its connection, whose people alone may sign in; None for a shared one."""

    @property
    def partner_ids(self) -> tuple[str, ...]:
        """Partners whose people may sign in; empty for everybody's."""

    @property
    def audiences(self) -> tuple[str, ...]:
        """Keys of audiences that it is for; empty for all."""

    @property
    def subject_type(self) -> str:
        """``pairwise`` or ``public``."""
