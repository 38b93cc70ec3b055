"""What this hub measures of itself, for Prometheus.

With several web processes, set PROMETHEUS_MULTIPROC_DIR: then the counters of all of them are added up.
"""

import os
import time
from collections.abc import Iterator
from itertools import accumulate

import flask
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from hub.audiences.assigning.put_aside import count_put_aside
from hub.audiences.assigning.reassign import count_queue
from hub.hooks.timing import BUCKET_SECONDS
from hub.journal.health import database_answers
from hub.journal.timings import Durations, read_durations
from hub.journal.views import ReaderState, TimingRow, count_undelivered, list_readers, list_timings
from hub.runtime import Hub
from hub.training.credit.views import count_waiting
from hub.xapi.forward.views import count_parked

REGISTRY = CollectorRegistry()
_SHOWN = [place for place in range(5, len(BUCKET_SECONDS)) if place % 5 in (0, 3)]
"""Of the bounds of durations, 1 and 4 of each power of ten."""
REQUESTS = Counter("hub_requests", "Requests answered.", ["endpoint", "method", "status"], registry=REGISTRY)
SECONDS = Histogram(
    "hub_request_seconds",
    "How long requests took.",
    ["endpoint"],
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10),
)


def count_request(response: flask.Response) -> flask.Response:
    """Count one answer; registered with ``after_request``. Unknown addresses share one label."""
    endpoint = flask.request.endpoint or "none"
    REQUESTS.labels(endpoint, flask.request.method, str(response.status_code)).inc()
    if "started" in flask.g:
        SECONDS.labels(endpoint).observe(time.perf_counter() - flask.g.started)
    return response


def exposition(hub: Hub) -> bytes:
    """Everything in the text format: of the web processes, and of the database as it is now."""
    processes = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        processes = CollectorRegistry()
        MultiProcessCollector(processes)  # type: ignore[no-untyped-call]
    database = CollectorRegistry()
    database.register(_DatabaseCollector(hub))
    return generate_latest(processes) + generate_latest(database)


class _DatabaseCollector(Collector):
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def describe(self) -> Iterator[Metric]:
        """Names are not checked against other collectors, so nothing needs to be read for it."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Read everything in one unit."""
        up = database_answers(self._hub.reading)
        yield GaugeMetricFamily("hub_database_up", "Whether the database answers.", value=float(up))
        if not up:
            return
        with self._hub.reading() as uow:
            readers, timings, durations = list_readers(uow), list_timings(uow), read_durations(uow)
            undelivered, waiting, queue = count_undelivered(uow), count_waiting(uow), count_queue(uow)
            refused, aside = count_parked(uow), count_put_aside(uow)
        yield from _reader_metrics(readers)
        yield from _plugin_metrics(timings)
        yield _plugin_durations(durations)
        outbox = GaugeMetricFamily("hub_outbox", "Deliveries that have not arrived.", labels=["state"])
        for state, number in undelivered.items():
            outbox.add_metric([state], number)
        yield outbox
        parked = GaugeMetricFamily(
            "hub_forward_parked", "Statements that a receiving store refused.", labels=["store"]
        )
        for slug, number in refused.items():
            parked.add_metric([slug], number)
        yield parked
        yield GaugeMetricFamily(
            "hub_statements_waiting", "Statements of actors nobody knows yet.", value=waiting
        )
        yield GaugeMetricFamily(
            "hub_reassign_queue", "People whose goals are to be worked out anew.", value=queue
        )
        yield GaugeMetricFamily(
            "hub_reassign_put_aside", "People whose goals cannot be worked out.", value=aside
        )


def _reader_metrics(readers: list[ReaderState]) -> Iterator[Metric]:
    behind = GaugeMetricFamily("hub_reader_behind", "Positions a reader has yet to read.", labels=["reader"])
    lag = GaugeMetricFamily(
        "hub_reader_lag_seconds", "Age of the oldest row not read yet.", labels=["reader"]
    )
    failures = GaugeMetricFamily("hub_reader_failures", "Failures in a row.", labels=["reader"])
    for reader in readers:
        behind.add_metric([reader.name], reader.behind)
        lag.add_metric([reader.name], reader.waiting_for.total_seconds())
        failures.add_metric([reader.name], reader.failures)
    yield from (behind, lag, failures)


def _plugin_metrics(timings: list[TimingRow]) -> Iterator[Metric]:
    labels = ["plugin", "hook"]
    calls = CounterMetricFamily("hub_plugin_calls", "Calls of plugins.", labels=labels)
    errors = CounterMetricFamily("hub_plugin_errors", "Calls of plugins that failed.", labels=labels)
    seconds = CounterMetricFamily("hub_plugin_seconds", "Time spent in plugins.", labels=labels)
    for timing in timings:
        key = [timing.plugin, timing.hook]
        calls.add_metric(key, timing.calls)
        errors.add_metric(key, timing.errors)
        seconds.add_metric(key, timing.seconds)
    yield from (calls, errors, seconds)


def _plugin_durations(durations: list[Durations]) -> Metric:
    """A histogram with two bounds for each power of ten from 10 µs: as many as help, and not more series than that."""
    metric = HistogramMetricFamily(
        "hub_plugin_call_seconds", "How long calls of plugins took.", labels=["plugin", "hook"]
    )
    for each in durations:
        below = list(accumulate(each.buckets))
        buckets = [(str(BUCKET_SECONDS[place]), below[place]) for place in _SHOWN]
        metric.add_metric([each.plugin, each.hook], [*buckets, ("+Inf", below[-1])], each.seconds)
    return metric
