"""What one kind of request costs: processor time of this process, queries, and rows the database looked at."""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import flask
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bench.xapi.touched import scanned
from hub.runtime import Hub

WARM_UP = 10
Environ = dict[str, Any]
Query = tuple[str, Any]


@dataclass(frozen=True)
class Cost:
    """Medians over many requests. ``rows`` is None where the database does not say."""

    milliseconds: float
    queries: int
    rows: float | None


def environ(path: str, method: str = "GET", **more: Any) -> Environ:
    """A request, ready to be handed to the application; made outside of what is timed."""
    return EnvironBuilder(path, method=method, **more).get_environ()


def measure(hub: Hub, app: flask.Flask, requests: Sequence[Environ], status: int) -> Cost:
    """Play the requests one after the other, each of which must be answered with ``status``.

    The first ones warm up. The last one is not timed: its queries are counted and explained.
    """
    for request in requests[:WARM_UP]:
        _play(app, request, status)
    taken = []
    for request in requests[WARM_UP:-1]:
        began = time.process_time()
        _play(app, request, status)
        taken.append((time.process_time() - began) * 1000)
    with _noted(hub) as queries:
        _play(app, requests[-1], status)
    return Cost(statistics.median(taken), len(queries), _rows(hub, queries))


def bare_signature(times: int = 300) -> tuple[float, float]:
    """Milliseconds of processor time for one bare RS256 signature and for its verification, as medians."""
    key, data = generate_private_key(65537, 2048), b"x" * 2000
    signature = key.sign(data, PKCS1v15(), SHA256())
    public = key.public_key()
    return (
        _median(lambda: key.sign(data, PKCS1v15(), SHA256()), times),
        _median(lambda: public.verify(signature, data, PKCS1v15(), SHA256()), times),
    )


def _median(call: Any, times: int) -> float:
    taken = []
    for _ in range(times):
        began = time.process_time()
        call()
        taken.append((time.process_time() - began) * 1000)
    return statistics.median(taken)


def _play(app: flask.Flask, request: Environ, status: int) -> None:
    body, answered, _ = run_wsgi_app(app, request, buffered=True)
    if not answered.startswith(str(status)):
        raise RuntimeError(f"{request['PATH_INFO']} was answered with {answered}: {b''.join(body)[:500]!r}")


@contextmanager
def _noted(hub: Hub) -> Iterator[list[Query]]:
    """Every query of the block."""
    seen: list[Query] = []

    def note(_c: object, _cursor: object, text: str, parameters: Any, *_: object) -> None:
        seen.append((text, parameters))

    sa.event.listen(hub.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(hub.engine, "before_cursor_execute", note)


def _rows(hub: Hub, queries: Sequence[Query]) -> float | None:
    """How many rows PostgreSQL's scans gave or threw away for what reads and updates; nothing stays of it."""
    if hub.engine.dialect.name != "postgresql":
        return None
    rows = 0.0
    with hub.engine.connect() as connection:
        for text, parameters in queries:
            if text.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE")):
                (plan,) = connection.exec_driver_sql(
                    f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {text}", parameters
                ).scalar_one()
                rows += sum(scanned(plan["Plan"]))
        connection.rollback()
    return rows
