"""Requests that arrive while another one is being stored share the next unit of work: one commit serves them all.

Who finds nobody at work leads: it stores what waits, its own request first, and hands on to the next that came meanwhile.
So a lone request waits for nobody, and many at a time cost little more than one. What is wrong with one of them is never
told to another: if they cannot be stored together, each is stored by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from hub.errors import HubError
from hub.runtime import Hub
from hub.xapi.callers.credentials import Credential
from hub.xapi.http.versions import ApiVersion
from hub.xapi.storing.incoming import Incoming
from hub.xapi.storing.store_statements import store_statements

MAX_TOGETHER = 200
"""Statements in one shared unit."""
BY_ITSELF = 25
"""A request of so many statements has a unit of its own: to wait for another would take longer than its commit costs."""


@dataclass(eq=False)
class _Request:
    """One request, until it has ids or an error. ``turn`` is set when it has, or when it is to lead."""

    incoming: Sequence[Incoming]
    turn: Event = field(default_factory=Event)
    ids: list[str] | None = None
    error: Exception | None = None

    def answer(self) -> list[str]:
        """The ids, or the error raised."""
        if self.ids is None:
            raise self.error or RuntimeError("whoever stored this request stopped half-way")
        return self.ids


_Key = tuple[str, frozenset[str], ApiVersion]


class _Gathering:
    """Who waits, by credential, what it may do, and version. A key is there while somebody leads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: dict[_Key, list[_Request]] = {}

    def leads(self, key: _Key, request: _Request) -> bool:
        """Let a request wait, unless it is the first."""
        with self._lock:
            others = self._waiting.setdefault(key, [])
            others.append(request)
            return len(others) == 1

    def take(self, key: _Key) -> list[_Request]:
        """Those that fit one unit, the leader first. They stay in their places until ``hand_on``."""
        with self._lock:
            taken: list[_Request] = []
            size = 0
            for request in self._waiting[key]:
                size += len(request.incoming)
                if taken and size > MAX_TOGETHER:
                    break
                taken.append(request)
            return taken

    def hand_on(self, key: _Key, taken: Sequence[_Request]) -> None:
        """Wake those that are done, and let the next lead."""
        with self._lock:
            rest = self._waiting[key][len(taken) :]
            if rest:
                self._waiting[key] = rest
            else:
                del self._waiting[key]
        for request in [*taken, *rest[:1]]:
            request.turn.set()


_gatherings: WeakKeyDictionary[sa.Engine, _Gathering] = WeakKeyDictionary()


def store_together(
    hub: Hub, credential: Credential, incoming: Sequence[Incoming], version: ApiVersion
) -> list[str]:
    """``store_statements`` in a unit of work that it may share with other requests of the same credential."""
    if len(incoming) >= BY_ITSELF:
        return _store(hub, credential, incoming, version)
    gathering = _gatherings.setdefault(hub.engine, _Gathering())
    key, request = (credential.id, credential.scopes, version), _Request(incoming)
    if not gathering.leads(key, request):
        request.turn.wait()
        if request.ids is not None or request.error is not None:
            return request.answer()
    taken = gathering.take(key)
    try:
        _store_all(hub, credential, version, taken)
    finally:
        gathering.hand_on(key, taken)
    return request.answer()


def _store_all(hub: Hub, credential: Credential, version: ApiVersion, requests: Sequence[_Request]) -> None:
    """Give each request its ids or its error."""
    together = [each for request in requests for each in request.incoming]
    try:
        ids = iter(_store(hub, credential, together, version))
    except HubError as error:
        if len(requests) == 1:
            requests[0].error = error
            return
    except Exception as error:
        # Whether it was stored is not known: a second try could store twice what has no id of its sender.
        for request in requests:
            request.error = error
        raise
    else:
        for request in requests:
            request.ids = [next(ids) for _ in request.incoming]
        return
    for request in requests:
        _store_all(hub, credential, version, [request])


def _store(hub: Hub, credential: Credential, incoming: Sequence[Incoming], version: ApiVersion) -> list[str]:
    with hub.unit_of_work() as uow:
        return store_statements(uow, credential, incoming, version)
