"""A hub that forwards to simulated record stores, and what tests do to both."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.http import OutgoingHttp
from hub.ids import content_hash, new_id
from hub.journal import NewStatement, append_statements
from hub.journal.tables import reader as reader_table
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.testing.faults import Faults, faults_of
from hub.testing.receiving_store import (
    ReceivingStore,
    ReceivingStoreConfig,
    create_receiving_store,
    store_of,
)
from hub.testing.serve import serve
from hub.xapi.forward.filters import StatementFilter
from hub.xapi.forward.forwarder import Forwarder
from hub.xapi.forward.stores import StoreConfig, add_store
from hub.xapi.forward.tables import forward_parked

VERB = "http://adlnet.gov/expapi/verbs/"
COURSE = "https://lms.example/course/"


@dataclass
class Receiver:
    """A simulated record store and its address."""

    url: str
    store: ReceivingStore
    faults: Faults

    @property
    def endpoint(self) -> str:
        """Where statements are sent."""
        return f"{self.url}/xapi"


@contextmanager
def receiver(**config: Any) -> Iterator[Receiver]:
    """A record store on a loopback port until the block ends."""
    app = create_receiving_store(ReceivingStoreConfig(**config))
    with serve(app) as url:
        yield Receiver(url, store_of(app), faults_of(app))


@dataclass
class Sender:
    """A hub with a system whose statements it forwards."""

    hub: Hub
    connection_id: str
    positions: dict[str, int] = field(default_factory=dict)

    def allow(self, *receivers: Receiver | str) -> None:
        """Let the hub call these receivers, or addresses, which are on loopback."""
        urls = [each if isinstance(each, str) else each.url for each in receivers]
        hosts = [url.removeprefix("http://") for url in urls]
        self.hub = replace(self.hub, http=OutgoingHttp(hosts))

    def forward_to(self, to: Receiver | str, slug: str = "away", **options: Any) -> str:
        """Forward to a receiver, or an endpoint; its id. Options are fields of StoreConfig, or ``password``, ``from_beginning``, ``verbs``…"""
        filter = StatementFilter(
            **{name: tuple(options.pop(name)) for name in tuple(options) if name in vars(StatementFilter())}
        )
        password = options.pop("password", "") or ("" if isinstance(to, str) else to.store.config.password)
        from_beginning = options.pop("from_beginning", False)
        values = {
            "name": slug.title(),
            "endpoint": to if isinstance(to, str) else to.endpoint,
            "version": "1.0.3",
            "auth": "basic",
            "key": "hub",
        }
        with self.hub.unit_of_work() as uow:
            return add_store(
                uow,
                self.hub.sealer,
                slug,
                StoreConfig(**{**values, **options}, filter=filter),
                password,
                from_beginning=from_beginning,
            )

    def learn(
        self, count: int = 1, verb: str = "completed", course: str = "brakes", **columns: Any
    ) -> list[str]:
        """Store so many statements; their ids in order."""
        connection_id = columns.pop("connection_id", self.connection_id)
        with self.hub.unit_of_work() as uow:
            new = [new_statement(uow.now, verb, course, **columns) for _ in range(count)]
            append_statements(uow, connection_id, new)
        return [each.id for each in new]

    def forwarder(self, worker: str = "here", jitter: float = 1.0) -> Forwarder:
        """A forwarder of its own."""
        return Forwarder(self.hub, worker, lambda: jitter)

    def send(self) -> None:
        """Let everything go out that can go out now."""
        forwarder = self.forwarder()
        while forwarder.turn():
            pass

    def state(self, slug: str = "away") -> sa.Row[Any]:
        """The row of the store's reader."""
        with self.hub.reading() as uow:
            name = f"forward:{slug}"
            return uow.connection.execute(sa.select(reader_table).where(reader_table.c.name == name)).one()

    def parked(self) -> list[sa.Row[Any]]:
        """What was refused, in order."""
        with self.hub.reading() as uow:
            return list(uow.connection.execute(sa.select(forward_parked).order_by(forward_parked.c.position)))

    def waits(self, slug: str = "away") -> timedelta:
        """How long it will not try again."""
        retry_at = self.state(slug).retry_at
        return retry_at - self.hub.clock.now() if retry_at else timedelta()


def new_statement(at: Any, verb: str, course: str, **columns: Any) -> NewStatement:
    """A statement as the store keeps it."""
    id = columns.pop("id", None) or new_id()
    subject = columns.pop("subject", "mailto:ana@harbor.example")
    object_id = columns.pop("object_id", COURSE + course)
    verb, filler = verb if ":" in verb else VERB + verb, columns.pop("filler", "")
    payload = (
        columns.pop("payload", None)
        or (
            f'{{"id": "{id}", "actor": {{"mbox": "{subject}"}}, "verb": {{"id": "{verb}"}},'
            f' "object": {{"id": "{object_id}"}}, "timestamp": "{at.isoformat()}",'
            f' "result": {{"response": "{filler}"}}}}'
        ).encode()
    )
    values = {"timestamp": at, "actor_form": "mbox", "actor_subject": subject, **columns}
    return NewStatement(
        id=id, verb=verb, object_id=object_id, payload=payload, content_hash=content_hash(payload), **values
    )


def new_sender(hub: Hub) -> Sender:
    """A hub with one system."""
    with hub.unit_of_work() as uow:
        return Sender(hub, create_connection(uow, "south", "lms", "LMS South"))


@contextmanager
def running(forwarder: Forwarder) -> Iterator[None]:
    """The forwarder in threads, as a worker has it."""
    stop = threading.Event()
    thread = threading.Thread(target=forwarder.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
