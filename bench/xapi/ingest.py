"""POST: the hub and both limits take turns, so that what else the machine does touches all of them."""

import statistics
from dataclasses import dataclass, field

from bench.xapi.limits import Limit
from bench.xapi.load import Measured, send
from bench.xapi.readback import Sent, check, check_count
from bench.xapi.report import Line, against
from bench.xapi.run import Run
from bench.xapi.served import Served, add_sender, make_hub, served
from bench.xapi.statements import Series


@dataclass(frozen=True)
class Work:
    """Batches of a size from so many clients; ``count`` statements a round."""

    size: int
    clients: int
    count: int
    reach: float

    @property
    def name(self) -> str:
        what = "one statement" if self.size == 1 else f"{self.size} a batch"
        return f"POST {what}, {self.clients} client{'s' if self.clients > 1 else ''}"


@dataclass
class Rounds:
    """What each round reached, in statements a second, and the latencies."""

    hub: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    reference: list[float] = field(default_factory=list)
    p95: list[float] = field(default_factory=list)


def works(scale: int) -> list[Work]:
    """The rows of the table; ``scale`` 1 takes a few seconds a round."""
    return [
        Work(50, 4, 6_000 * scale, 0.8),
        Work(500, 1, 8_000 * scale, 0.4),
        Work(500, 4, 12_000 * scale, 0.6),
        Work(1, 8, 800 * scale, 1.0),
    ]


def measure_ingest(run: Run) -> None:
    """Add the lines of POST to the report."""
    url = run.server.create("ingest")
    hub = make_hub(url)
    sender = add_sender(hub)
    limit = Limit(url, run.server.create("own"), run.server.create("reference", migrated=False))
    results = {work: Rounds() for work in works(1 if run.quick else 5)}
    series, sent = Series("ingest"), Sent()
    with served(run.folder, url, sender, processes=run.processes) as running:
        _warm_up(running, sent, run.processes)
        for number in range(run.rounds):
            for work, result in results.items():
                after = limit.last_position()
                measured = _send(running, series, sent, work)
                own, reference = limit.measure(after, work.size, work.count)
                result.hub.append(measured.rate)
                result.p95.append(measured.p95)
                result.own.append(own)
                result.reference.append(reference)
                limits = f"own {own:,.0f}, reference {reference:,.0f}"
                run.say(f"round {number + 1}, {work.name}: {measured.rate:,.0f}/s, {limits}")
        sampled = check(running, sent)
    limit.close()
    check_count(hub, sent)
    hub.close()
    run.report.facts["ingest read back"] = f"{sent.total:,} statements counted, {sampled} sampled"
    for work, result in results.items():
        reach = f"{work.reach} of the reference"
        run.report.lines.append(against(work.name, result.hub, result.own, result.reference, reach))
        p95 = Line("  its p95", statistics.median(result.p95), "ms", runs=tuple(result.p95))
        run.report.lines.append(p95)
    run.report.lines.append(running.memory_line("ingest"))


def _warm_up(running: Served, sent: "Sent", processes: int) -> None:
    """Requests that are not measured, for imports and connections."""
    series = Series("warm-up")
    send(running.port, running.authorization, series, 0, 200 * processes, 50, clients=4 * processes)
    sent.add(series, 0, 200 * processes)


def _send(running: Served, series: Series, sent: "Sent", work: Work) -> Measured:
    first = sent.next(series)
    measured = send(
        running.port, running.authorization, series, first, work.count, work.size, clients=work.clients
    )
    sent.add(series, first, work.count)
    return measured
