"""Filling a store with many statements, through its own door."""

from bench.xapi.load import send
from bench.xapi.readback import Sent
from bench.xapi.run import Run
from bench.xapi.served import Served
from bench.xapi.statements import Series

SIZE, CLIENTS = 500, 4
AT_ONCE = 40_000


def fill(run: Run, running: Served, series: Series, sent: Sent, total: int) -> None:
    """Send statements until there are ``total``, a multiple of ``SIZE * CLIENTS``."""
    while (first := sent.next(series)) < total:
        count = min(AT_ONCE, total - first)
        measured = send(running.port, running.authorization, series, first, count, SIZE, CLIENTS)
        sent.add(series, first, count)
        if (first + count) % (5 * AT_ONCE) == 0 or first + count == total:
            run.say(f"{first + count:,} statements, at {measured.rate:,.0f}/s")
