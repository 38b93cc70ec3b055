"""The first admin page: does anything need somebody, and what happened last."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import flask

from hub.audiences.reassign import count_queue
from hub.flask_hub import current_hub
from hub.journal.views import (
    ReaderState,
    TimingRow,
    count_undelivered,
    list_audit,
    list_readers,
    list_timings,
)
from hub.training.views import count_waiting
from hub.web.admin.blueprint import blueprint
from hub.web.admin.history import happenings
from hub.web.timings import save_web_timings
from hub.web.words import count, span

LATEST = 10
SLOW = timedelta(seconds=30)
RECENT = timedelta(days=1)


@dataclass(frozen=True)
class Concern:
    """Something that needs somebody: what is wrong, what it means, and the page about it."""

    title: str
    meaning: str
    endpoint: str
    arguments: dict[str, str]


@blueprint.get("")
def overview() -> str:
    """What needs attention, the state of every moving part, and the latest activity."""
    hub = current_hub()
    save_web_timings(hub)
    with hub.reading() as uow:
        readers, timings = list_readers(uow), list_timings(uow)
        undelivered, waiting, queue = count_undelivered(uow), count_waiting(uow), count_queue(uow)
        latest = list_audit(uow, limit=LATEST).rows
        recent = [t for t in timings if t.last_error_at and uow.now - t.last_error_at < RECENT]
    concerns = [*_of_readers(readers), *_of_deliveries(undelivered), *_of_plugins(recent)]
    return flask.render_template(
        "admin/overview.html",
        concerns=concerns,
        readers=readers,
        behind=max((reader.behind for reader in readers), default=0),
        undelivered=undelivered,
        waiting=waiting,
        queue=queue,
        plugins=hub.hooks.plugins,
        latest=happenings(latest),
    )


def _of_readers(readers: list[ReaderState]) -> Iterator[Concern]:
    if not readers:
        yield Concern(
            "No worker has run yet",
            "Statements are kept, but nothing is credited until a worker runs.",
            "admin.readers",
            {},
        )
    for reader in readers:
        if reader.failures:
            yield Concern(
                f"The reader {reader.name} fails",
                f"It has failed {count(reader.failures, 'time')} in a row and keeps its place until it succeeds.",
                "admin.readers",
                {},
            )
        elif reader.waiting_for > SLOW:
            yield Concern(
                f"The reader {reader.name} is {span(reader.waiting_for)} behind",
                "Nothing is lost. Check that a worker runs.",
                "admin.readers",
                {},
            )


def _of_deliveries(undelivered: dict[str, int]) -> Iterator[Concern]:
    parked = undelivered["parked"]
    if parked:
        yield Concern(
            f"{count(parked, 'delivery', 'deliveries')} could not be made",
            "They are parked until somebody sends them again.",
            "admin.deliveries",
            {"state": "parked"},
        )


def _of_plugins(timings: list[TimingRow]) -> Iterator[Concern]:
    for timing in timings:
        yield Concern(
            f"The plugin {timing.plugin} has failed {count(timing.errors, 'time')}",
            f"In {timing.hook}: {timing.last_error}",
            "admin.plugins",
            {},
        )
