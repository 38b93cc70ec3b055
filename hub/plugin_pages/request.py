"""What the view of a plugin's page gets: who looks at it, what was sent, and the people whom the viewer may see."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from hub.errors import Missing
from hub.hooks.watch import sheltered
from hub.http import OutgoingHttp
from hub.network.people.person import Person
from hub.plugin_data.storage import Storage, Writing
from hub.plugin_pages.seen import Seen, read_seen
from hub.runtime import Hub
from hub.store import UnitOfWork

ROLES = ("learner", "manager", "partner_admin", "operator")


@dataclass(frozen=True)
class Request:
    """One request of a page.

    ``viewer_id`` and ``viewer_name`` are empty where nobody is signed in; ``roles`` are those of the route's ``may`` that the
    viewer has. ``now`` is its instant. ``values`` are those in the path; ``query`` and ``form`` what was sent, the first of each name.
    """

    viewer_id: str
    viewer_name: str
    roles: tuple[str, ...]
    method: str
    values: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    now: datetime
    http: OutgoingHttp
    _plugin: str = field(repr=False)
    _hub: Hub = field(repr=False)
    _viewer: Person | None = field(repr=False)

    def people(self, words: str = "", after: str = "") -> list[Seen]:
        """Whom the viewer may see by the route's roles: 50 at most, by name. ``after`` goes on after an appointment (id).

        Where the plugin is on for few of very many, 10,000 are looked at, and fewer may be found; ``words`` narrows that down.
        """
        return self._read(words=words, after=after)

    def see(self, appointment_ids: Collection[str]) -> dict[str, Seen]:
        """Those of these appointments that the viewer may see, by id."""
        return {each.appointment_id: each for each in self._read(only=list(appointment_ids))}

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction on the plugin's own tables that cannot write."""
        with Storage(self._hub, self._plugin).reading() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """A transaction on the plugin's own tables. What is noted in it is the viewer's act, about whom the viewer may see.

        Missing ``no_appointment`` for a note about anybody else; then nothing is written.
        """
        with Storage(self._hub, self._plugin).writing(self.viewer_id or None, self._refuse_unseen) as unit:
            yield unit

    def _refuse_unseen(self, uow: UnitOfWork, appointment_ids: Collection[str]) -> None:
        with sheltered():  # as below
            seen = (
                read_seen(uow, self._plugin, self._viewer, self.roles, only=appointment_ids)
                if self._viewer
                else ()
            )
        if set(appointment_ids) - {each.appointment_id for each in seen}:
            raise Missing("no_appointment", "There is no such person here.")

    def _read(self, only: Sequence[str] | None = None, words: str = "", after: str = "") -> list[Seen]:
        if self._viewer is None:
            return []
        # A slow database is not the plugin's doing, and must not set it aside.
        with sheltered(), self._hub.reading() as uow:
            return read_seen(uow, self._plugin, self._viewer, self.roles, only=only, words=words, after=after)
